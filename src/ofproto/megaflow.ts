import type { DatapathAction } from "#datapath/actions.js";
import type { FlowStats } from "#datapath/datapath.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import type { MacNumber } from "#util/mac-number.js";
import { applyEffects, type Effect } from "./effect.js";

/** What `ofproto` remembers of a flow it put into the datapath (upstream's ukey). */
export class Megaflow {
  readonly ufid: string;
  /** The key of the packet it was made for, with the datapath's `in_port`. */
  readonly key: FlowKey;
  readonly mask: FlowMask;
  actions: readonly DatapathAction[];
  effects: readonly Effect[];
  macs: readonly MacNumber[];
  /** Numbers of the frozen states that the actions name, which stay as long as the flow does. */
  frozen: readonly number[];
  /** The generation of settings under which the actions are right. */
  generation: number;
  readonly created: number;
  /** What has been credited so far. */
  #packets = 0;
  #bytes = 0;
  #used = 0;

  constructor(init: {
    ufid: string;
    key: FlowKey;
    mask: FlowMask;
    actions: readonly DatapathAction[];
    effects: readonly Effect[];
    macs: readonly MacNumber[];
    frozen: readonly number[];
    generation: number;
    created: number;
  }) {
    this.ufid = init.ufid;
    this.key = init.key;
    this.mask = init.mask;
    this.actions = init.actions;
    this.effects = init.effects;
    this.macs = init.macs;
    this.frozen = init.frozen;
    this.generation = init.generation;
    this.created = init.created;
  }

  /** When a packet last used it, or when it was made. */
  get lastUse(): number {
    return Math.max(this.created, this.#used);
  }

  /** Credits what the datapath has counted since the last time, to what the flow touched then. */
  credit(stats: FlowStats): void {
    const packets = stats.packets - this.#packets;
    const bytes = stats.bytes - this.#bytes;
    if (packets <= 0) return;
    this.#packets = stats.packets;
    this.#bytes = stats.bytes;
    this.#used = Math.max(this.#used, stats.used);
    applyEffects(this.effects, { packets, bytes, used: stats.used, tcpFlags: stats.tcpFlags });
  }
}
