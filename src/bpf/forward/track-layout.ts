/**
 * Where everything lies in the two maps that the thread which tracks connections shares with the program that follows leased ones. Numbers are in the byte
 * order of the host; offsets and sizes in bytes.
 */

/** Says what the two maps are like: another number wherever that changes, what the conntrack layer has in a row included. Programs of two daemons that go by one may share them. */
export const LEASE_LAYOUT = 1;

/** Rows of connections in the map of rows, from the first on. */
export const LEASE_ROWS: number = 1 << 16;

/** Words of a row; the conntrack layer says what is in them. */
export const LEASE_ROW_WORDS = 42;

/** Buckets of the lease table, and entries of each. */
export const LEASE_BUCKETS: number = 1 << 17;
export const BUCKET_ENTRIES = 4;

/**
 * The lease table: u32 with which tuples are hashed; u64 nanoseconds that are to be added to CLOCK_MONOTONIC's for the time that ticks are of; then buckets of
 * u32 entries, 0 where there is none. A tuple's bucket is in the low bits of its hash. An entry is, from its most significant bit on: the connection's number:16,
 * the direction:1, bits 18 and on of the hash:14, and 1.
 */
export const leaseTable: {
  readonly seed: number;
  readonly offset: number;
  readonly buckets: number;
  readonly size: number;
} = {
  seed: 0,
  offset: 8,
  buckets: 64,
  size: 64 + 4 * BUCKET_ENTRIES * LEASE_BUCKETS,
};

export const LEASE_TAG_SHIFT = 18;
export const LEASE_ENTRY_SHIFT = 15;

/** Nanoseconds of a tick. */
export const TICK: number = 10_000_000;

/**
 * What follows the code of an operation `ct`: u16 zone, u16 `TrackFlag`s, u32s of the mark's new bits and of those that change. Where it sets labels, three units
 * follow that are skipped otherwise: behind the code of each three of the u32s of the label's new bits, then of those that change, one being left over.
 */
export const trackOperation = { zone: 4, flags: 6, mark: 8, markMask: 12 } as const;

/** What an operation `ct` asks for. */
export const TrackFlag = { commit: 1, force: 2, nat: 4, label: 8 } as const;

/** Units that follow where labels are set. */
export const LABEL_UNITS = 3;

/** Offset of the label's word `i` of 8 from the operation. */
export function labelWord(i: number): number {
  return 16 * (1 + Math.floor(i / 3)) + 4 + 4 * (i % 3);
}

/** Bytes of a packet that are summed at the most, where nobody vouches for its checksum. A multiple of `SUM_STEP`. */
export const MAX_SUMMED = 2048;
/** Bytes that older kernels sum at once. */
export const SUM_STEP = 512;

/** Names of the maps among the program's symbols, beside those of `forwardMaps`. */
export const trackMaps = { rows: "forward connections", table: "forward leases", sum: "forward sum" } as const;

/** The per-CPU memory for what is summed. */
export const SUM_SIZE: number = MAX_SUMMED + 8;

/** Where things are in a connection's row, in words, and what bits in it mean: as the conntrack layer names them. */
interface ConnectionRow {
  readonly id: number;
  readonly flags: number;
  readonly expires: number;
  readonly mark: number;
  readonly sides: number;
  readonly original: number;
  readonly label: number;
  readonly lease: number;
}

/** The words of one side of TCP, from its first one on. */
interface ConnectionSide {
  readonly low: number;
  readonly high: number;
  readonly window: number;
  readonly state: number;
}

/** The key words that tracking reads and writes, as `W` of the flow layer names them. */
interface TrackWords {
  readonly ethType: number;
  readonly nw: number;
  readonly nwSrc: number;
  readonly nwDst: number;
  readonly ipv6Src: number;
  readonly ipv6Dst: number;
  readonly tp: number;
  readonly ctState: number;
  readonly ctZone: number;
  readonly ctMark: number;
  readonly ctLabel: number;
  readonly ctNwSrc: number;
  readonly ctNwDst: number;
  readonly ctTp: number;
  readonly ctIpv6Src: number;
}

/** All that the program has to know of connections and keys. */
export interface TrackPlaces {
  readonly words: TrackWords;
  readonly row: ConnectionRow;
  readonly rowWords: number;
  readonly side: ConnectionSide;
  /** Bits of a side's state, of a row's flags, and of ct_state. */
  readonly scaled: number;
  readonly liberal: number;
  readonly snat: number;
  readonly dnat: number;
  readonly state: {
    readonly est: number;
    readonly rpl: number;
    readonly trk: number;
    readonly snat: number;
    readonly dnat: number;
  };
}
