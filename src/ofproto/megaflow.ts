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

/** When flows were made, in clock milliseconds: one for all flows of a batch, since each number of its own would be an object, too. */
export interface Birth {
  readonly time: number;
}

/** What has been credited of a flow, and when it was last used. */
interface Credited {
  packets: number;
  bytes: number;
  used: number;
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
  readonly #birth: Birth;
  /** Of most flows of a flood nothing ever is. */
  #credited: Credited | undefined = undefined;

  constructor(held: HeldFlow, answer: Translation, generation: number, birth: Birth) {
    this.held = held;
    this.effects = sharedEffects(answer.effects);
    this.macs = kept(answer.macs);
    this.frozen = kept(answer.frozen);
    this.generation = generation;
    this.#birth = birth;
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
    this.#credited = { packets, bytes, used: this.created };
  }

  get created(): number {
    return this.#birth.time;
  }

  /** When a packet last used it, or when it was made. */
  get lastUse(): number {
    return this.#credited === undefined ? this.created : this.#credited.used;
  }

  /** Credits what the datapath has counted since the last time, to what the flow touched then; how many packets that was. */
  credit(): number {
    const packets = this.held.packets() - (this.#credited === undefined ? 0 : this.#credited.packets);
    return packets > 0 ? this.#credit(this.held.stats()) : 0;
  }

  #credit(stats: FlowStats): number {
    const credited = (this.#credited ??= { packets: 0, bytes: 0, used: this.created });
    const packets = stats.packets - credited.packets;
    const bytes = stats.bytes - credited.bytes;
    credited.packets = stats.packets;
    credited.bytes = stats.bytes;
    credited.used = Math.max(credited.used, stats.used);
    applyEffects(this.effects, { packets, bytes, used: stats.used, tcpFlags: stats.tcpFlags });
    return packets;
  }
}
