import type { DatapathAction } from "#datapath/actions.js";
import type { Upcall } from "#datapath/datapath.js";
import { type FlowMask, newKey } from "#flow/key.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import { HostError, UserError } from "#util/errors.js";
import type { Backer } from "./backer.js";
import type { DropReason } from "./drop-reason.js";
import { applyEffects } from "./effect.js";
import { Megaflow } from "./megaflow.js";
import type { OfPort } from "./port.js";
import { sameActions } from "./same-actions.js";
import type { Translation } from "./translate/context.js";
import { translate } from "./translate/translate.js";
import { ufidOf } from "./ufid.js";
import { narrowVlans, widenMask } from "./vlan-limit.js";

/** What happened to packets that came up. */
export interface UpcallCounters {
  misses: number;
  actions: number;
  /** Flows that were not put down because there were too many. */
  flowLimitHit: number;
  /** Flows the datapath refused. */
  refused: number;
}

/** Answers a datapath's upcalls: translates the packet, remembers the answer as a megaflow, sends the packet on. */
export class Upcalls {
  readonly counters: UpcallCounters = { misses: 0, actions: 0, flowLimitHit: 0, refused: 0 };
  /** Drops that no bridge can be blamed for. */
  readonly drops: Map<DropReason, number> = new Map();
  readonly #backer: Backer;

  constructor(backer: Backer) {
    this.#backer = backer;
  }

  /**
   * In order, each seeing what those before it have taught. Packets of one flow that came up before the flow was there are
   * each translated, since each has to be sent; the flow is put down once.
   */
  handle(batch: readonly Upcall[]): void {
    for (const upcall of batch) {
      if (upcall.kind === "miss") this.#miss(upcall);
      else this.#action(upcall);
    }
  }

  #miss({ key, packet }: Upcall): void {
    this.counters.misses++;
    const backer = this.#backer;
    const port = backer.port(key[W.inPort]!);
    if (!port) {
      this.#drop("unknown_port");
      return;
    }
    const now = backer.clock.now();
    // What the packet itself changes, by `learn`, makes its own translation stale.
    const { generation } = backer.revalidator;
    const answer = translateKey(backer, port, key);
    applyEffects(answer.effects, { packets: 1, bytes: packet.data.length, used: now, tcpFlags: key[W.l4]! & 0xfff });
    const actions = this.#install(key, answer, now, generation);
    if (actions.length === 0) return;
    backer.counters.packetsExecuted.add();
    backer.datapath.execute(packet, key, actions);
  }

  /** A packet that a flow's `userspace` action sent up: for a controller. None can be connected yet. */
  #action({ key }: Upcall): void {
    this.counters.actions++;
    const port = this.#backer.port(key[W.inPort]!);
    if (port) port.bridge.dropped(port.name, "no_controller", 1);
    else this.#drop("unknown_port");
  }

  #drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    this.#backer.counters.dropped(reason, 1);
  }

  /** Returns the actions to execute: those of a flow that is there already, where they are the same, for the datapath knows these. */
  #install(key: Uint32Array, answer: Translation, now: number, generation: number): readonly DatapathAction[] {
    const { flows, flowLimit, datapath, megaflows } = this.#backer;
    if (flows.size >= flowLimit.value) {
      this.counters.flowLimitHit++;
      this.#backer.counters.flowLimitHit.add();
      return answer.actions;
    }
    const mask = megaflows ? answer.mask : exactMask();
    const ufid = ufidOf(key, mask);
    const known = flows.get(ufid);
    if (known && datapath.flow(ufid)) {
      return sameActions(known.actions, answer.actions) ? known.actions : answer.actions;
    }
    // Someone else removed it from the datapath.
    if (known) flows.delete(known);
    const { actions, effects, macs } = answer;
    if (!this.#put(() => datapath.putFlow({ ufid, key, mask, actions }))) return actions;
    this.#backer.counters.flowsPut.add();
    flows.add(
      new Megaflow({
        ufid,
        key: key.slice(),
        mask,
        actions,
        effects,
        macs,
        generation,
        created: now,
      }),
    );
    this.#backer.wake(this.#backer.limits.maxRevalidator);
    return actions;
  }

  #put(put: () => void): boolean {
    try {
      put();
      return true;
    } catch (error) {
      if (!(error instanceof HostError || error instanceof UserError)) throw error;
      this.counters.refused++;
      this.#backer.log.limited(60, 5).warn(`${this.#backer.datapath.name}: failed to put flow (${error.message})`);
      return false;
    }
  }
}

/** Translates a key of the datapath's, as the bridge's limit of VLAN headers has it; the mask is for the whole key. */
export function translateKey(backer: Backer, port: OfPort, key: Uint32Array): Translation {
  const narrow = narrowVlans(key, port.bridge.settings.vlanLimit);
  backer.counters.translations.add();
  const answer = translate(backer, port, narrow);
  if (narrow !== key) widenMask(answer.mask);
  return answer;
}

/** Every bit of a packet and of where it came in: what flows look at while megaflows are disabled. */
function exactMask(): FlowMask {
  const mask = newKey();
  mask.fill(0xffffffff, PACKET_START, CORE_WORDS);
  mask.fill(0xffffffff, W.inPort, W.packetType + 1);
  return mask;
}
