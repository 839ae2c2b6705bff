import type { SharedPlace } from "./lease-memory.js";

/** Memory that programs in the kernel share with the threads of this process for good: it stays as long as the process lives. */
export interface SharedMeters {
  readonly place: SharedPlace;
  /** Rows as `#bpf/forward/layout.js` has them in `meterTable`, which are those of the place. */
  readonly memory: BigInt64Array;
}
