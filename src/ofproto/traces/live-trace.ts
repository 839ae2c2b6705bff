import type { DatapathAction } from "#datapath/actions.js";
import type { Upcall } from "#datapath/datapath.js";
import { nestedActions } from "#datapath/nested-actions.js";
import { CtState, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { Backer } from "../backer.js";
import type { BridgeState } from "../bridge-state.js";
import type { OfPort } from "../port.js";
import type { LiveFilter } from "../translate/trace-live.js";
import { formatCtStates } from "./trace-conntrack.js";
import type { Traced } from "./trace-text.js";

/** One way of a packet through the datapath: it may come back after connection tracking and the like. */
export type LivePass = Traced & {
  /** Ports that the datapath sends it to, and `controller`. */
  readonly outputs: readonly string[];
};

/** A packet that passed. */
export type LivePacket = LivePass & {
  readonly number: number;
  /** When it was seen, ISO 8601. */
  readonly time: string;
  readonly bridge: string;
  readonly port: string;
  readonly bytes: number;
  readonly passes: readonly (LivePass & { readonly title: string })[];
};

/** The packet and the numbers that it was recirculated by and has not come back with. */
interface Seen {
  readonly packet: LivePacket & { readonly passes: (LivePass & { readonly title: string })[] };
  readonly away: number[];
}

/** One asker's packets. */
export class LiveTrace implements LiveFilter {
  readonly bridge: BridgeState;
  readonly match: Match;
  readonly #count: number;
  readonly #seen: Seen[] = [];

  constructor(bridge: BridgeState, match: Match, count: number) {
    this.bridge = bridge;
    this.match = match;
    this.#count = count;
  }

  get packets(): readonly LivePacket[] {
    return this.#seen.map(({ packet }) => packet);
  }

  /** So many packets as were wanted have been seen. */
  get hasEnough(): boolean {
    return this.#seen.length >= this.#count;
  }

  /** Every packet that was recirculated has come back. */
  get isWhole(): boolean {
    return this.#seen.every(({ away }) => away.length === 0);
  }

  /** Notes a packet that came in, or one that comes back. `actions` are those of the datapath. */
  note(
    backer: Backer,
    { key, packet }: Upcall,
    port: OfPort,
    traced: Traced,
    actions: readonly DatapathAction[],
  ): void {
    const { outputs, recirculations } = endsOf(backer, actions);
    const pass: LivePass = { ...traced, outputs };
    const id = key[W.recircId]!;
    if (id !== 0) {
      const seen = this.#seen.find(({ away }) => away.includes(id));
      seen?.away.splice(seen.away.indexOf(id), 1, ...recirculations);
      seen?.packet.passes.push({ title: titleOf(key), ...pass });
      return;
    }
    if (this.hasEnough) return;
    const place = { bridge: port.bridge.name, port: port.name, bytes: packet.data.length };
    const time = new Date(backer.clock.wall()).toISOString();
    const number = this.#seen.length + 1;
    this.#seen.push({ packet: { number, time, ...place, ...pass, passes: [] }, away: recirculations });
  }
}

function titleOf(key: Uint32Array): string {
  const state = key[W.ctState]!;
  const id = `recirc(0x${key[W.recircId]!.toString(16)})`;
  if ((state & CtState.trk) === 0) return `${id} - comes back`;
  const mark = key[W.ctMark] === 0 ? "" : `, ct_mark=0x${key[W.ctMark]!.toString(16)}`;
  return `${id} - comes back from connection tracking: ct_state=${formatCtStates(state)}, ct_zone=${key[W.ctZone]! & 0xffff}${mark}`;
}

/** Where actions, however deep, send a packet. */
function endsOf(
  backer: Backer,
  actions: readonly DatapathAction[],
): { readonly outputs: string[]; readonly recirculations: number[] } {
  const ends = { outputs: [] as string[], recirculations: [] as number[] };
  const look = (list: readonly DatapathAction[]): void => {
    for (const a of list) {
      if (a.kind === "output") ends.outputs.push(backer.datapath.port(a.port)?.name ?? String(a.port));
      else if (a.kind === "recirc") ends.recirculations.push(a.id);
      else if (a.kind === "userspace" && a.cookie.kind === "controller") ends.outputs.push("controller");
      else look(nestedActions(a));
    }
  };
  look(actions);
  return ends;
}
