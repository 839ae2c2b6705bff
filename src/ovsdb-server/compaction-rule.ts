const leastSize = 10 * 1024 * 1024;
const leastRecords = 100;
const leastTime = 10 * 60 * 1000;
const longestTime = 24 * 60 * 60 * 1000;

/** How a log has grown since it was last compacted (or opened). */
export interface LogGrowth {
  /** Bytes now, and when it was compacted. */
  readonly size: number;
  readonly compactedSize: number;
  /** Records appended since. */
  readonly records: number;
  /** Milliseconds since. */
  readonly age: number;
}

/**
 * Whether to compact a log by itself (ovsdb-server(1) `ovsdb-server/compact`): after 100 records, and either ten minutes
 * where it has doubled and holds 10 MB, or a day.
 */
export function wantsCompaction({ size, compactedSize, records, age }: LogGrowth): boolean {
  if (records < leastRecords || age < leastTime) return false;
  return age >= longestTime || (size >= leastSize && size >= 2 * compactedSize);
}
