import { processorRow } from "#bpf/forward/layout.js";
import { LEASE_ROW_WORDS, LEASE_ROWS, leaseTable } from "#bpf/forward/track-layout.js";
import type { LeaseHandle, LeaseMemory } from "../lease-memory.js";
import { Memory } from "./memory.js";
import { waitForProcessors } from "./wait-for-programs.js";

/** The memory that a handle tells of, in this thread. Who made the handle keeps it mapped. */
export function attachLeases({ rows, table, running, processors }: LeaseHandle): LeaseMemory {
  const processorInts = Memory.of(running).ints;
  return {
    rows: Memory.of(rows).words.subarray(0, LEASE_ROWS * LEASE_ROW_WORDS),
    table: Memory.of(table).words.subarray(0, leaseTable.size >> 2),
    waitForPrograms: () => waitForProcessors(processorInts, processors, processorRow),
    monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  };
}
