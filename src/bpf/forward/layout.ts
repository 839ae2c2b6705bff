/**
 * Where everything lies in the maps of the forwarding program, which the kernel and the main thread share. Numbers are in the byte order of
 * the host; offsets and sizes in bytes unless said otherwise.
 */

/** Room for the words of a packet's key, numbered as `W` of the flow layer numbers them; those beyond `CORE_WORDS` are never used. A power of two. */
export const PROGRAM_KEY_WORDS = 128;

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
  return (slot << FLOW_TAG_SLOT) | mask;
}

/** The lowest bit of the slot in a tag. */
export const FLOW_TAG_SLOT = 8;

/** Masks that flows of all ports may have together: numbers from 0 on. A power of two. */
export const MAX_MASKS = 128;

/** A mask: u32 number of words; for each word a u32 4 * (its number in the key), later a u32 of its bits. */
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

/** Where a list may begin at most, and where an operation may lie: behind it there is room for as many as one packet does. */
export const LAST_LIST: number = OPERATION_UNITS - 2 * (MAX_OPERATIONS + 1);
export const LAST_OPERATION: number = OPERATION_UNITS - (MAX_OPERATIONS + 1);

/**
 * The unit before a list's operations: u16s of `HeadFlag`s and of the bytes that are put in front of large segments at most; then u32s of the longest frame (tags included, of large
 * segments each of what they stand for), outputs, and `DropKind`.
 */
export const operationHead = { flags: 0, pushed: 2, limit: 4, outputs: 8, drop: 12, size: 16 } as const;

/**
 * Bits of a list's head: one of its operations asks to be counted after it has been done (`ForwardEntry.counted`); it is not for packets whose checksum that is still to be computed is not
 * that of the transport header which was found, as it is in a tunnel; it names the fan-out device.
 */
export const HeadFlag = { countsLater: 1, guarded: 2, copies: 4 } as const;

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
  guestOutput: 7,
  fanOut: 8,
  lastFanOut: 9,
  downOutput: 12,
  /** `#bpf/forward/track-layout.js`. */
  track: 10,
  tunnelPush: 40,
  tunnelPop: 41,
  setKey: 20,
  clearTracking: 21,
  recirculate: 22,
  hash: 23,
  goTo: 24,
  sample: 25,
  checkLength: 26,
  countSome: 27,
  meter: 28,
  sampleUp: 29,
  cut: 30,
  mayCut: 31,
} as const;

/** Behind the code of `setKey`: u32s of the new bits and of those that stay, u8s of the word's index and `WrittenBeside`. */
export const setKey = { value: 4, keep: 8, word: 12, beside: 13 } as const;

/** What of the packet itself changes with a word of its key. */
export const WrittenBeside = { nothing: 0, mark: 1, priority: 2 } as const;

/** Behind the code of `recirculate`: u32s of the id and of the port that the packet came in by. */
export const recirculate = { id: 4, port: 8 } as const;

/** How often a packet is looked up again at the most. */
export const MAX_RECIRCULATIONS = 6;

/** A bit beside the number of recirculations. */
export const CHOSEN = 0x100;

/** Tail calls that the kernel allows one packet. */
const MAX_TAIL_CALLS = 33;

/** Operations of the part `others` that a list has at most. */
export const MAX_OTHERS = 5;

/**
 * Behind so many calls a packet is not looked up again by the kernel: it may take the lookup itself, two for each of the list's `others` and for one other part, one more lookup, and the way
 * into the ring.
 */
export const LAST_CALL: number = MAX_TAIL_CALLS - (1 + 2 * (MAX_OTHERS + 1) + 1 + 1);

/** Behind the code of `hash`: u32s, 0 for `l4` or 1 for `sym_l4`, and the basis. */
export const hash = { algorithm: 4, basis: 8 } as const;

/**
 * Operations that may go on elsewhere: u32 by what that is decided (a probability of 2^32, a length, a row of `meterTable`); u8 the number of the operation in its list that
 * they then go on with, the first being 0. Of `countSome` they are what is added and to which member of `processorRow`; `sampleUp` has instead
 * of it a u32 of the port that the packet came in by. `cut` and `mayCut` have a length alone.
 */
export const branch = { value: 4, target: 8, port: 8 } as const;

/**
 * Behind the code of `setWord`: u16s in network order of the new bits and of those that stay; u8s: 0 for the network header, 4 for the transport's or 8 for the frame itself, the offset
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

/** Behind the code of `guestOutput`: u32 ifindex, the guest's 6 bytes of Ethernet address, u16 slot of the port. */
export const guestOutput = { ifindex: 4, address: 8, slot: 14 } as const;

/**
 * Behind the codes of `fanOut` and `lastFanOut`: u32 ifindex of the fan-out device, u8 the number of the operation that `fanOut` goes on with (as of `branch`), u16 set. The next operations are outputs one by one,
 * for what cannot be sent so.
 */
export const fanOut = { ifindex: 4, target: 8, set: 10 } as const;

/** What lies behind a packet on its way through the fan-out device: u16s of its set, and of that with all bits turned, so that no sum of the packet is changed by it. */
export const fanTrailer = { set: 0, inverse: 2, size: 4 } as const;

/** Bytes of the longest packet that takes this way: tc programs may make none longer than what lies in four pages, with what the kernel has beside it. */
export const FAN_OUT_LONGEST = 15_360;

/** Sets of devices that there may be. */
export const FAN_OUT_LIMIT = 1024;

/** Behind the code of `downOutput`: u32 slot of the port. */
export const downOutput = { slot: 4 } as const;

/** What has gone to a port's guest without passing the port, and what the port was down for, on one processor: u64s. */
export const sentRow = { packets: 0, bytes: 8, down: 16, size: 24 } as const;

/** A flow's counters on one processor: u64 packets, bytes, time of the last one (CLOCK_MONOTONIC, ns), all TCP flags. */
export const counterRow = { packets: 0, bytes: 8, used: 16, tcpFlags: 24, size: 32 } as const;

/**
 * What is each processor's own: u32 that is odd while the program runs there, then u64 totals. `packets` and `bytes` are of each time that a flow was found; `returned` are packets that went into
 * the ring after they had been recirculated.
 */
export const processorRow = {
  running: 0,
  packets: 8,
  bytes: 16,
  masksTried: 24,
  outputs: 32,
  pipelineDrops: 40,
  otherDrops: 48,
  recirculated: 56,
  recirculationDrops: 64,
  meterDrops: 72,
  returned: 80,
  downDrops: 88,
  size: 128,
} as const;

/** Meters that the program may know. */
export const FORWARD_METERS = 1024;

/** A meter: u32s of how many bands it has, and not 0 where it is of packets; u64s of packets and bytes; then its bands (`Meter` of the userspace engine says what of). */
export const meterRow = {
  bands: 0,
  isOfPackets: 4,
  packets: 8,
  bytes: 16,
  band: { first: 24, level: 0, rate: 8, burst: 16, packets: 24, bytes: 32, size: 40 },
  most: 8,
  size: 344,
} as const;

/** The meters' memory: u64 nanoseconds that are to be added to CLOCK_MONOTONIC's, then rows. */
export const meterTable: { readonly offset: number; readonly rows: number; readonly size: number } = {
  offset: 0,
  rows: 8,
  size: 8 + FORWARD_METERS * meterRow.size,
};

/**
 * The per-CPU memory of the program, a packet's own from where it enters to where it leaves, whatever tail calls lie between: the frame's beginning, the key
 * (`PROGRAM_KEY_WORDS`), then u32s:
 *
 * - `network`, `transport`: offsets of these headers in the frame, as it was when it was parsed;
 * - `resume`: how the program is to be entered (`ForwardEntry`); whoever enters makes it 0 again at once;
 * - `operation`: where the operation lies that is being done or to be done, in units; `left`: how many more may be done, this one included;
 * - `recirculations`: how often the packet has come back to be looked up, and `CHOSEN` where it goes up since the flow's first sample takes it;
 * - `dirty`: not 0 where a metadata word (those before `PACKET_START`) other than mark and priority may be other than 0. Who writes one writes this;
 * - `slot`: of the port that the packet came in by; `origin`: of the one that it was received by, which is another where it came out of a tunnel;
 * - `tick`, `now` (u64s, which outlast a packet): the kernel's tick in which the time was read, and what it was;
 * - `calls`: how many tail calls there have been, of which the kernel allows `MAX_TAIL_CALLS`;
 * - `list`, `row`, `tried`: of the flow that was found, the unit of its list's head and its row of counters; masks that were tried to find it.
 */
export const scratch = {
  frame: 0,
  key: 512,
  network: 1024,
  transport: 1028,
  resume: 1032,
  operation: 1036,
  left: 1040,
  recirculations: 1044,
  dirty: 1048,
  slot: 1052,
  list: 1056,
  row: 1060,
  tried: 1064,
  calls: 1068,
  origin: 1080,
  tick: 1088,
  now: 1096,
  size: 1104,
} as const;

/** What `scratch.resume` says when a port's program is entered. */
export const ForwardEntry = {
  /** The packet comes in. Metadata is cleared, the processor is marked as running, the frame is parsed and looked up. */
  begin: 0,
  /** Metadata stays as it is; whoever says this has raised `scratch.recirculations`. The frame is parsed and looked up. */
  again: 1,
  /** Goes on with the operation at `scratch.operation`, of which `scratch.left` are allowed. */
  onward: 2,
  /** The same, but the packet is counted first on the flow that was found. For operations of lists that say `countsLater`. */
  counted: 3,
  /** Nothing has been done to the packet since it was looked up: it goes into the ring. */
  up: 4,
} as const;

/** Programs of their own, which operations go through, by their place behind `FORWARD_SLOTS` in the map of programs. */
export const ForwardPart = { track: 0, push: 1, pop: 2, others: 3, forward: 4 } as const;

/** Entries of the map of programs. */
export const FORWARD_PROGRAMS: number = FORWARD_SLOTS + 8;

/** Bytes of a frame that are looked at; what has longer headers is not for the kernel. */
export const LOOKED_AT = 256;

/** Entries of the mask cache for each processor: a byte for each, the mask under which a packet of that hash was found last. A power of two. */
export const CACHE_ENTRIES: number = 1 << 18;

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
  sent: "forward sent",
  programs: "forward programs",
  meters: "forward meters",
} as const;
