/**
 * Where everything lies in the maps of the forwarding program, which the kernel and the main thread share. Numbers are in the byte order of
 * the host; offsets and sizes in bytes unless said otherwise.
 */

/** The key words that the program fills: so many from the first one on that the packet determines. A power of two. */
export const PROGRAM_KEY_WORDS = 32;

/** Masked words that a flow's key holds at most: in the hash map of ordinary flows, and in that of flows with wide masks. */
export const MAX_MASK_WORDS = 15;
export const MAX_WIDE_MASK_WORDS = 31;

/** Bytes of a flow's key in these maps: u32 `flowTag`, then the masked words in the order of the mask's, then zeros. */
export const FLOW_KEY_SIZE: number = 4 + 4 * MAX_MASK_WORDS;
export const WIDE_FLOW_KEY_SIZE: number = 4 + 4 * MAX_WIDE_MASK_WORDS;

/** A flow's value in the hash maps: u32 place of its operations, u32 row of its counters. */
export const FLOW_VALUE_SIZE = 8;

/** The first word of a flow's key. */
export function flowTag(slot: number, mask: number): number {
  return (slot << 8) | mask;
}

/** Masks that flows of all ports may have together: numbers from 0 on. A power of two. */
export const MAX_MASKS = 128;

/** A mask: u32 number of words; for each word a u32 4 * (its number among the program's words), later a u32 of its bits. */
export const maskEntry = {
  offset: (word: number): number => 4 + 4 * word,
  bits: (word: number): number => 132 + 4 * word,
  size: 256,
} as const;

/** Ports whose frames the program may look up: slots from 0 on. */
export const FORWARD_SLOTS = 512;

/** The masks of a port's flows: u32 how many, then a byte for each. */
export const maskList: { readonly masks: 4; readonly size: number } = { masks: 4, size: 4 + MAX_MASKS };

/** Operations that one flow has at most, the end included. */
export const MAX_OPERATIONS = 32;

/** Units of 16 bytes that all lists of operations take together: the place of a list is the number of its first one. */
export const OPERATION_UNITS: number = 1 << 17;

/** The unit before a list's operations: u32s of the longest frame (tags included, large segments aside), outputs, and `DropKind`. */
export const operationHead = { limit: 4, outputs: 8, drop: 12, size: 16 } as const;

/** What a packet that goes nowhere is counted as. */
export const DropKind = { none: 0, pipeline: 1, other: 2 } as const;

/**
 * Codes of operations, u32; behind them: of outputs the u32 ifindex, of a pushed tag the u16 type in network order and the u16 TCI, of new
 * addresses their 12 bytes.
 */
export const Operation = {
  end: 0,
  output: 1,
  lastOutput: 2,
  pushVlan: 3,
  popVlan: 4,
  setAddresses: 5,
  setWord: 6,
} as const;

/**
 * Behind the code of `setWord`: u16s in network order of the new bits and of those that stay; u8s: 0 for the network header or 4 for the transport's, the offset
 * in it, 1 where IPv4's checksum follows, the offset of the transport's checksum that follows or 0; u16: the flags with which that one does (`bpf_l4_csum_replace`);
 * u8: those of the change itself (`bpf_skb_store_bytes`).
 */
export const setWord = {
  value: 4,
  keep: 6,
  base: 8,
  offset: 9,
  ipv4: 10,
  checksum: 11,
  flags: 12,
  storeFlags: 14,
} as const;

/** A flow's counters on one processor: u64 packets, bytes, time of the last one (CLOCK_MONOTONIC, ns), all TCP flags. */
export const counterRow = { packets: 0, bytes: 8, used: 16, tcpFlags: 24, size: 32 } as const;

/** What is each processor's own: u32 that is odd while the program runs there, then u64 totals. */
export const processorRow = {
  running: 0,
  packets: 8,
  bytes: 16,
  masksTried: 24,
  outputs: 32,
  pipelineDrops: 40,
  otherDrops: 48,
  size: 64,
} as const;

/** The per-CPU memory of the program: the frame's beginning, u32 offsets of the network header and the transport's, then key words. */
export const scratch = { frame: 0, network: 504, transport: 508, key: 512, size: 640 } as const;

/** Bytes of a frame that are looked at; what has longer headers is not for the kernel. */
export const LOOKED_AT = 256;

/** Entries of the mask cache. A power of two. */
export const CACHE_ENTRIES: number = 1 << 14;

/** Names of the maps among the program's symbols. */
export const forwardMaps = {
  scratch: "forward scratch",
  cache: "forward cache",
  masks: "forward masks",
  lists: "forward lists",
  flows: "forward flows",
  wideFlows: "forward wide flows",
  operations: "forward operations",
  counters: "forward counters",
  processors: "forward processors",
} as const;
