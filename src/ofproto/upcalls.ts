import type { DatapathAction } from "#datapath/actions.js";
import type { HeldFlow, Upcall } from "#datapath/datapath.js";
import type { Packet } from "#datapath/packet.js";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import { HostError, UserError } from "#util/errors.js";
import { handleAction } from "./action-upcalls.js";
import type { Backer } from "./backer.js";
import type { DropReason } from "./drop-reason.js";
import { applyEffects, type Effect } from "./effect.js";
import { type Birth, Megaflow } from "./megaflow.js";
import { sameActions } from "./same-actions.js";
import { sharedEffects } from "./shared-outcomes.js";
import type { Translation } from "./translate/context.js";
import { installedActions, translateKey } from "./translate-key.js";

const NONE: readonly Effect[] = [];

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
  /** Ports whose flows have had too many masks. */
  readonly #crowded = new Set<string>();
  #now = 0;
  /** Of the flows that this batch makes. */
  #birth: Birth = { time: 0 };
  /** Flows have been put down that the revalidator is to look after. */
  #hasPut = false;
  /** What was credited last, and packets that are still to be credited to the same. */
  #credited: readonly Effect[] = NONE;
  readonly #more = { packets: 0, bytes: 0, tcpFlags: 0 };

  constructor(backer: Backer) {
    this.#backer = backer;
  }

  /**
   * In order, each seeing what those before have taught. Packets of one flow that came up before the flow was there are
   * each translated, since each has to be sent; the flow is put down once.
   */
  handle(batch: readonly Upcall[]): void {
    this.#now = this.#backer.clock.now();
    this.#birth = { time: this.#now };
    try {
      for (const upcall of batch) {
        if (upcall.kind === "miss") this.#miss(upcall);
        else this.#action(upcall);
      }
    } finally {
      this.#credit(NONE);
      if (this.#hasPut) {
        this.#hasPut = false;
        this.#backer.wake(this.#backer.revalidator.interval);
      }
    }
  }

  #miss({ key, packet }: Upcall): void {
    this.counters.misses++;
    const backer = this.#backer;
    const port = backer.origin(key);
    if (!port) {
      this.drop(key[W.recircId] === 0 ? "unknown_port" : "no_recirculation");
      return;
    }
    // What the packet itself changes, by `learn`, makes its own translation stale.
    const { generation } = backer.revalidator;
    const answer = translateKey(backer, port, key);
    this.#credit(sharedEffects(answer.effects), packet.length ?? packet.data.length, key[W.l4]! & 0xfff);
    const actions = this.#install(key, answer, generation);
    if (actions.length === 0) return;
    backer.counters.packetsExecuted.add();
    this.execute(packet, key, actions);
  }

  /**
   * Credits a packet to what it touched: the first of its kind at once, since what comes after it may depend on that, those that touch exactly the same
   * after it when something else comes. `NONE` comes at the end of a batch.
   */
  #credit(effects: readonly Effect[], bytes = 0, tcpFlags = 0): void {
    const more = this.#more;
    if (effects === this.#credited && effects !== NONE) {
      more.packets++;
      more.bytes += bytes;
      more.tcpFlags |= tcpFlags;
      return;
    }
    if (more.packets > 0) applyEffects(this.#credited, { ...more, used: this.#now });
    more.packets = more.bytes = more.tcpFlags = 0;
    this.#credited = effects;
    applyEffects(effects, { packets: 1, bytes, used: this.#now, tcpFlags });
  }

  /** Sends a packet on by the datapath; what that cannot do drops it. */
  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    const { datapath, log } = this.#backer;
    try {
      datapath.execute(packet, key, actions);
    } catch (error) {
      if (!(error instanceof HostError || error instanceof UserError)) throw error;
      this.drop("not_supported");
      log.limited(60, 5).warn(`${datapath.name}: execute failed (${error.message})`);
    }
  }

  /** A packet that a flow's `userspace` action sent up. */
  #action(upcall: Upcall): void {
    this.counters.actions++;
    const dropped = handleAction(this.#backer, upcall);
    if (dropped !== undefined) this.drop(dropped);
  }

  /** Counts a packet that no bridge can be blamed for. */
  drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    this.#backer.counters.dropped(reason, 1);
  }

  /**
   * Returns the actions to execute: those of a flow that is there already, where they are the same, for the datapath knows these. Frozen states are
   * the flow's from then on, or are let go.
   */
  #install(key: Uint32Array, answer: Translation, generation: number): readonly DatapathAction[] {
    const wanted = installedActions(this.#backer, key, answer);
    const megaflow = this.#put(key, answer, wanted, generation);
    if (megaflow === undefined || megaflow.frozen !== answer.frozen) this.#backer.frozen.release(answer.frozen);
    // What the slow path does is not what the flow says.
    if (answer.slow !== 0) return answer.actions;
    return megaflow !== undefined && sameActions(megaflow.held.actions, wanted) ? megaflow.held.actions : wanted;
  }

  /** The flow for a key: made now, or there already. Undefined where there can be none. */
  #put(
    key: Uint32Array,
    answer: Translation,
    actions: readonly DatapathAction[],
    generation: number,
  ): Megaflow | undefined {
    const { flows, flowLimit, megaflows } = this.#backer;
    if (flows.size >= flowLimit.value) {
      this.counters.flowLimitHit++;
      this.#backer.counters.flowLimitHit.add();
      return undefined;
    }
    const mask = megaflows ? this.#bounded(key, answer.mask) : exactMask();
    const held = this.#tryInstall(key, mask, actions);
    if (held?.owner instanceof Megaflow) return held.owner;
    if (held === undefined) return undefined;
    this.#backer.counters.flowsPut.add();
    const flow = new Megaflow(held, answer, generation, this.#birth);
    flows.add(flow);
    this.#hasPut = true;
    return flow;
  }

  /** The mask under which a flow is put down. Where that is another one, its port is named in the log, once. */
  #bounded(key: FlowKey, mask: FlowMask): FlowMask {
    const { counters, datapath, log } = this.#backer;
    const bounded = datapath.boundedMask(key, mask);
    if (bounded === mask) return mask;
    counters.masksBounded.add();
    const number = key[W.inPort]!;
    const name = datapath.port(number)?.name ?? `port ${number}`;
    if (!this.#crowded.has(name)) {
      this.#crowded.add(name);
      log.warn(
        `${datapath.name}: too many masks for packets from ${name}: new flows of its are told apart by more than they need`,
      );
    }
    return bounded;
  }

  /** The flow, which may be there already; undefined where the datapath refuses it. */
  #tryInstall(key: FlowKey, mask: FlowMask, actions: readonly DatapathAction[]): HeldFlow | undefined {
    try {
      return this.#backer.datapath.install(key, mask, actions);
    } catch (error) {
      if (!(error instanceof HostError || error instanceof UserError)) throw error;
      this.counters.refused++;
      this.#backer.log.limited(60, 5).warn(`${this.#backer.datapath.name}: failed to put flow (${error.message})`);
      return undefined;
    }
  }
}

/** Every bit of a packet and of where it came in: what flows look at while megaflows are disabled. */
function exactMask(): FlowMask {
  const mask = newKey();
  mask.fill(0xffffffff, PACKET_START, CORE_WORDS);
  mask.fill(0xffffffff, W.inPort, W.packetType + 1);
  mask[W.ctState] = 0xff;
  mask[W.ctZone] = 0xffff;
  mask.fill(0xffffffff, W.ctMark, W.ctLabel + 4);
  return mask;
}
