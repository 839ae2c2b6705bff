import type { Program } from "./ops.js";

/** A flow as the forwarding core knows it. Its counters are `stats[statsAt …]`, see `flow-slots.ts`. */
export interface Flow {
  readonly id: number;
  program: Program;
  readonly stats: Float64Array;
  readonly statsAt: number;
  /** Its packets are another thread's, which tracks connections. */
  isElsewhere: boolean;
  /** Removed from the table; a cache entry may still name it. */
  dead: boolean;
  /** Its place in the megaflow table, -1 before it is added. */
  index: number;
}

/** Counts a packet of so many bytes, in whose key the word of TCP's flags is `l4`. */
export function countOn({ stats, statsAt: at }: Flow, now: number, length: number, l4: number): void {
  stats[at]!++;
  stats[at + 1]! += length;
  stats[at + 2] = now;
  stats[at + 3]! |= l4 & 0xfff;
}
