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
  /** First of the drop reasons, in the order of `dropReasons`. */
  drops: 16,
} as const;

/**
 * Why the datapath itself dropped a packet, by the names Open vSwitch's `coverage/show` uses for the same reasons. `tx_dropped` is a
 * port that did not take the frame.
 */
const dropReasons = [
  "datapath_drop_rx_invalid_packet",
  "datapath_drop_invalid_port",
  "datapath_drop_upcall_error",
  "datapath_drop_userspace_action_error",
  "datapath_drop_recirc_error",
  "datapath_drop_sample_error",
  "drop_action_of_pipeline",
  "drop_action_other",
  "datapath_drop_header_truncated",
  "datapath_drop_gso_segmentation",
  "datapath_drop_tx",
] as const;

export type DropReason = (typeof dropReasons)[number];

/** Position of a drop reason's counter. */
export function dropCounter(reason: DropReason): number {
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
