import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";
import { setVlanTci } from "#openflow/match/fixed-parts.js";
import { normalizeMatch } from "#openflow/match/normalize.js";
import { decodeOfp10Match, OFP10_MATCH_LENGTH } from "#openflow/match/ofp10.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { OFPP } from "#openflow/port-number.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { MacTable } from "#protocols/mac-table.js";
import { formatMacNumber, isMulticastMac, type MacNumber } from "#util/mac-number.js";

/** How a switch is made to forward. */
export interface ForwardingSettings {
  readonly hub: boolean;
  readonly normal: boolean;
  readonly installsFlows: boolean;
  /** OFPFW_* bits of OpenFlow 1.0. */
  readonly wildcards: number;
  /** Seconds. */
  readonly maxIdle: number;
  readonly defaultQueue: number | undefined;
  readonly portQueues: ReadonlyMap<string, number>;
}

/** A packet that a switch did not know what to do with. */
export interface UnknownPacket {
  readonly inPort: number;
  readonly bufferId: number;
  readonly data: Uint8Array;
}

/** What is to be done with it: a flow to install, actions for the packet itself. */
export interface Verdict {
  readonly flow: FlowMod | undefined;
  /** Undefined where the packet is left alone: the flow takes it along, or it is dropped. */
  readonly actions: readonly Action[] | undefined;
}

/** A flow that adds `actions` for packets of `match`. */
export function addFlow(
  match: Match,
  priority: number,
  actions: readonly Action[],
  more: Partial<FlowMod> = {},
): FlowMod {
  return newFlowMod({ command: "add", match, priority, actions, ...more });
}

const flowPriority = 1;

/** 01:80:c2:00:00:00 to 01:80:c2:00:00:0f: what bridges do not forward. */
const isReserved = (mac: MacNumber): boolean => Math.floor(mac / 16) === 0x0180c200000;

/** Decides for one switch where packets go: to the port where their destination was seen last, or to all. It does no I/O. */
export class LearningSwitch {
  readonly #settings: ForwardingSettings;
  readonly #learned: (mac: string, port: number) => void;
  readonly #macs = new MacTable<number>();
  readonly #queues = new Map<number, number>();
  readonly #key = newKey();
  readonly #layers = newLayers();

  /** `learned` is told of each address whose port is new. */
  constructor(settings: ForwardingSettings, learned: (mac: string, port: number) => void = () => {}) {
    this.#settings = settings;
    this.#learned = learned;
  }

  /** The switch has a port of this name: packets that come in there may have a queue of their own. */
  port(number: number, name: string): void {
    const queue = this.#settings.portQueues.get(name);
    if (queue === undefined) this.#queues.delete(number);
    else this.#queues.set(number, queue);
  }

  /** `now` in milliseconds. */
  packet(now: number, packet: UnknownPacket): Verdict {
    const { data, inPort, bufferId } = packet;
    const key = this.#key.fill(0);
    key[W.inPort] = inPort;
    extractKey(data, 0, data.length, key, key, this.#layers);
    const port = this.#destination(now, inPort);
    const actions = this.#actions(port, inPort);
    const { installsFlows, hub, wildcards, maxIdle } = this.#settings;
    const isBuffered = bufferId !== NO_BUFFER;
    if (installsFlows && (hub || port !== OFPP.flood)) {
      const flow = addFlow(matchOf(key, wildcards), flowPriority, actions, {
        idleTimeout: maxIdle,
        bufferId,
        outGroup: 0,
      });
      return { flow, actions: isBuffered || actions.length === 0 ? undefined : actions };
    }
    // A packet that the switch keeps is told to be dropped, so that it makes room.
    return { flow: undefined, actions: isBuffered || actions.length > 0 ? actions : undefined };
  }

  /** The port to send to; `OFPP.none` drops. */
  #destination(now: number, inPort: number): number {
    const key = this.#key;
    const destination = key[W.eth]! * 0x10000 + (key[W.eth + 1]! >>> 16);
    const source = (key[W.eth + 1]! & 0xffff) * 2 ** 32 + key[W.eth + 2]!;
    const { hub, normal } = this.#settings;
    if (!hub) this.#learn(now, source, inPort);
    if (isReserved(destination)) return OFPP.none;
    if (hub || isMulticastMac(destination)) return OFPP.flood;
    this.#macs.expire(now);
    const entry = this.#macs.lookup(0, destination);
    if (entry === undefined) return OFPP.flood;
    // Back to where it came from: the address was seen there.
    if (entry.port === inPort) return OFPP.none;
    return normal ? OFPP.normal : entry.port;
  }

  #learn(now: number, mac: MacNumber, port: number): void {
    const learning = this.#macs.learn(now, port, 0, mac);
    if (learning === "learned" || learning === "moved") this.#learned(formatMacNumber(mac), port);
  }

  #actions(port: number, inPort: number): readonly Action[] {
    if (port === OFPP.none) return [];
    const queueId = this.#queues.get(inPort) ?? this.#settings.defaultQueue;
    if (queueId === undefined || port >= OFPP.max) return [{ kind: "output", port }];
    return [{ kind: "enqueue", port, queueId }];
  }
}

/** OFPFW10_DL_VLAN, OFPFW10_DL_VLAN_PCP. */
const [WILD_VLAN, WILD_PCP] = [1 << 1, 1 << 20];

/**
 * The match of packets like one, but for what OpenFlow 1.0's `wildcards` leave out, in any version: it goes through that version's `ofp_match`,
 * which has all the fields that are looked at.
 */
function matchOf(key: Uint32Array, wildcards: number): Match {
  const w = new WireWriter(new Uint8Array(OFP10_MATCH_LENGTH));
  const ethernet = [key[W.eth]!, key[W.eth + 1]!, key[W.eth + 2]!] as const;
  w.u32(wildcards | WILD_VLAN | WILD_PCP).u16(key[W.inPort]!);
  w.u16(ethernet[1] & 0xffff).u32(ethernet[2]);
  w.u32(ethernet[0]).u16(ethernet[1] >>> 16);
  w.u32(0).u16(key[W.ethType]!);
  w.u8((key[W.nw]! >>> 16) & 0xfc)
    .u8(key[W.nw]! & 0xff)
    .u16(0);
  w.u32(key[W.nwSrc]!).u32(key[W.nwDst]!).u32(key[W.tp]!);
  const match = decodeOfp10Match(new WireReader(w.done()));
  // Either half of the tag says whether there is one.
  const vid = (wildcards & WILD_VLAN) === 0 ? VLAN_PRESENT | 0xfff : 0;
  const pcp = (wildcards & WILD_PCP) === 0 ? VLAN_PRESENT | 0xe000 : 0;
  setVlanTci(match, key[W.vlan0]! & 0xffff, vid | pcp);
  return normalizeMatch(match);
}
