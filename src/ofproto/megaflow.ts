import type { FlowStats, HeldFlow } from "#datapath/datapath.js";
import type { MacNumber } from "#util/mac-number.js";
import type { Listed } from "#util/roster.js";
import { applyEffects, type Effect } from "./effect.js";
import { sharedEffects } from "./shared-outcomes.js";
import type { Translation } from "./translate/context.js";

const NONE: readonly never[] = [];

/** Most lists are empty, and need not be kept each. */
function kept<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list;
}

/** What `ofproto` remembers of a flow it put into the datapath (upstream's ukey). */
export class Megaflow implements Listed {
  place = -1;
  /** The flow itself, with the key of the packet it was made for, which has the datapath's `in_port`. */
  readonly held: HeldFlow;
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
  #used: number;

  constructor(held: HeldFlow, answer: Translation, generation: number, created: number) {
    this.held = held;
    this.effects = sharedEffects(answer.effects);
    this.macs = kept(answer.macs);
    this.frozen = kept(answer.frozen);
    this.generation = generation;
    this.created = created;
    this.#used = created;
    held.owner = this;
  }

  /** Takes over what a later translation says; `macs` are the index's to change. */
  update(answer: Translation, generation: number): void {
    this.effects = sharedEffects(answer.effects);
    this.frozen = kept(answer.frozen);
    this.generation = generation;
  }

  /** What was counted by then is nobody's to be credited. */
  beginHere({ packets, bytes }: FlowStats): void {
    this.#packets = packets;
    this.#bytes = bytes;
  }

  /** When a packet last used it, or when it was made. */
  get lastUse(): number {
    return this.#used;
  }

  /** Credits what the datapath has counted since the last time, to what the flow touched then; how many packets that was. */
  credit(): number {
    const packets = this.held.packets() - this.#packets;
    return packets > 0 ? this.#credit(this.held.stats()) : 0;
  }

  #credit(stats: FlowStats): number {
    const packets = stats.packets - this.#packets;
    const bytes = stats.bytes - this.#bytes;
    this.#packets = stats.packets;
    this.#bytes = stats.bytes;
    this.#used = Math.max(this.#used, stats.used);
    applyEffects(this.effects, { packets, bytes, used: stats.used, tcpFlags: stats.tcpFlags });
    return packets;
  }
}
