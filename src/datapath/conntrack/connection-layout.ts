import { LEASE_ROW_WORDS } from "#bpf/forward/track-layout.js";

/**
 * Where everything is in a connection's row: 32-bit words. A tuple is nine words, the source's four, the destination's four (IPv4: the
 * first only) and ports: source:16 | destination:16; of ICMP identifier:16 | type:8 | code:8. The original direction's tuple comes first, then the one that replies have, so
 * that the tuple of direction d begins at `original + d * TUPLE_WORDS`. What every packet needs stands together at the front.
 */
export const C = {
  hash: 0,
  next: 2,
  /** zone:16 | protocol:8 | IPv6:8. */
  id: 4,
  /** policy:16 | 0:5 | listed:1 | phase:2 | 0:2 | helper:2 | used:1 | related:1 | dnat:1 | snat:1. */
  flags: 5,
  /** When it is forgotten, in ticks. */
  expires: 6,
  mark: 7,
  /** Each side of TCP: `SIDE_WORDS` words, `S` says which. */
  sides: 8,
  original: 16,
  reply: 25,
  /** 4 words, most significant first. */
  label: 34,
  wheelNext: 38,
  wheelPrevious: 39,
  wheelSlot: 40,
  /** While the kernel follows the connection (`leases.ts`): the ticks from a packet to the end. Else 0. */
  lease: 41,
} as const;

export const ROW_WORDS: number = LEASE_ROW_WORDS;
export const TUPLE_WORDS = 9;
export const SIDE_WORDS = 4;

/** Word of a tuple that holds the ports. */
export const PORTS = 8;

/** A side of a TCP connection. */
export const S = {
  /** Highest sequence number sent, and the one that may not be passed. */
  low: 0,
  high: 1,
  /** Largest window told. */
  window: 2,
  /** 0:14 | liberal:1 | scaled:1 | scale:8 | state:8. */
  state: 3,
} as const;

export const SCALED = 0x10000;
export const LIBERAL = 0x20000;

/** Bits of `C.flags`. */
export const F_SNAT = 1;
export const F_DNAT = 2;
export const F_RELATED = 4;
export const F_USED = 8;
export const F_HELPER = 0x30;
export const HELPER_SHIFT = 4;
/** What is known of a connection without states: 0 one packet, 1 several in one direction, 2 both directions. */
export const F_PHASE = 0x300;
export const PHASE_SHIFT = 8;
/** The kernel finds it (`leases.ts`). */
export const F_LISTED = 0x400;
export const POLICY_SHIFT = 16;

/** Ticks per second. They wrap around; differences up to 248 days are right. */
export const TICKS = 100;

export const HELPERS: readonly (undefined | "ftp" | "tftp")[] = [undefined, "ftp", "tftp"];
