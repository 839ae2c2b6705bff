import { type DatapathDropReason, datapathDropReasons } from "../drop-reasons.js";

/**
 * Counters of one datapath, as positions in a `Float64Array` that the forwarding thread writes and the main thread reads without
 * locks (an aligned 8-byte store is never torn).
 */
export const Counter = {
  received: 0,
  receivedBytes: 1,
  recirculated: 2,
  /** Found by the exact-match cache, by the masked table, not found. */
  cacheHits: 3,
  megaflowHits: 4,
  missed: 5,
  /** Upcalls, of any kind, that could not be queued. */
  lost: 6,
  /** Misses that could not be queued. */
  missedLost: 7,
  /** Masks tried for all megaflow hits. */
  maskLookups: 8,
  sent: 9,
  turns: 10,
  /** Found by a signature cache, where these are counted (`smc-enable`); else they are `megaflowHits` of one mask. */
  signatureHits: 11,
  /** First of the drop reasons, in the order of `dropReasons`. */
  drops: 16,
} as const;

const dropReasons = Object.keys(datapathDropReasons) as readonly DatapathDropReason[];

/** Position of a drop reason's counter. */
export function dropCounter(reason: DatapathDropReason): number {
  return Counter.drops + dropReasons.indexOf(reason);
}

/** 64-bit numbers that a counter block takes. */
export const COUNTERS: number = Counter.drops + dropReasons.length;

/** The drop reasons that happened, with their counts. */
export function readDrops(counters: Float64Array): Map<string, number> {
  const drops = new Map<string, number>();
  dropReasons.forEach((reason, i) => {
    const n = counters[Counter.drops + i]!;
    if (n > 0) drops.set(reason, n);
  });
  return drops;
}
