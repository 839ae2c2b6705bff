import { PORTS, TUPLE_WORDS } from "./connection-layout.js";
import type { NatStep } from "./ct-step.js";
import { hashTuple, hasPorts, isIcmp, protocolOf, reverseTuple, TUPLE_ID, type Tuple } from "./tuple.js";

/** Ports looked at one after the other from where the search begins, before it goes on elsewhere. */
const LONGEST_WALK = 256;
/** Ranges up to this are looked through whole. */
const SMALL_RANGE = 1024;
/** Addresses of a range that are tried. */
const MOST_ADDRESSES = 64;

export interface NatSearch {
  /** True where no connection's packets have this tuple. */
  isFree(tuple: Tuple): boolean;
  random(): number;
  readonly seed: number;
}

/**
 * Chooses how a new connection is translated and writes the tuple that its replies will have to `reply`. False where every tuple is in use.
 * Ports stay as they are where they may, else the next free one is taken: of the same kind (below 512, below 1024, above) where no range is given.
 */
export function chooseNat(original: Tuple, nat: NatStep, reply: Tuple, search: NatSearch): boolean {
  reverseTuple(original, 0, original[TUPLE_ID]!, reply);
  if (nat.side === "") return true;
  const isIpv6 = (original[TUPLE_ID]! & 1) === 1;
  if (nat.first !== undefined && nat.isIpv6 !== isIpv6) return true;
  const at = nat.side === "src" ? 4 : 0;
  const hash = hashOf(original, nat, search);
  const size = nat.first === undefined ? 1 : rangeSize(nat.first, nat.last);
  const tries = Math.min(size, MOST_ADDRESSES);
  for (let i = 0; i < tries; i++) {
    if (nat.first !== undefined) addressAt(nat.first, size, (hash + i) % size, reply, at);
    if (choosePorts(original, nat, reply, hash, search)) return true;
  }
  return false;
}

function hashOf(original: Tuple, nat: NatStep, search: NatSearch): number {
  if (nat.random) return Math.floor(search.random() * 0x100000000);
  const hashed = new Uint32Array(TUPLE_WORDS + 1);
  hashed.set(original);
  if (nat.persistent) hashed.fill(0, 4, TUPLE_WORDS);
  return hashTuple(hashed, search.seed);
}

/** Addresses from `first` to `last`, counted up to 2^32. */
function rangeSize(first: readonly number[], last: readonly number[]): number {
  let size = 0;
  for (let i = 0; i < first.length; i++) size = size * 0x100000000 + (last[i]! - first[i]!);
  return Math.min(Math.max(size + 1, 1), 0x100000000);
}

function addressAt(first: readonly number[], size: number, index: number, reply: Tuple, at: number): void {
  let carry = size === 1 ? 0 : index;
  for (let i = first.length - 1; i >= 0; i--) {
    const sum = first[i]! + carry;
    reply[at + i] = sum % 0x100000000;
    carry = sum >= 0x100000000 ? 1 : 0;
  }
}

function setHigh(reply: Tuple, port: number): void {
  reply[PORTS] = (port << 16) | (reply[PORTS]! & 0xffff);
}

function setLow(reply: Tuple, port: number): void {
  reply[PORTS] = (reply[PORTS]! & 0xffff0000) | port;
}

function choosePorts(original: Tuple, nat: NatStep, reply: Tuple, hash: number, search: NatSearch): boolean {
  const protocol = protocolOf(original[TUPLE_ID]!);
  if (isIcmp(protocol)) {
    const id = original[PORTS]! >>> 16;
    return walk(reply, setHigh, { first: 0, last: 0xffff, start: id }, search);
  }
  if (!hasPorts(protocol)) return search.isFree(reply);
  const source = original[PORTS]! >>> 16;
  if (nat.side === "src") {
    if (nat.firstPort === 0) return walk(reply, setLow, portsLike(source), search);
    return walk(reply, setLow, rangeOf(nat, hash), search);
  }
  setLow(reply, source);
  if (nat.firstPort !== 0 && walk(reply, setHigh, rangeOf(nat, hash), search)) return true;
  // The destination is as it is to be; another source port makes room.
  return walk(reply, setLow, portsLike(source), search);
}

interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly start: number;
}

function rangeOf(nat: NatStep, hash: number): PortRange {
  const { firstPort: first, lastPort: last } = nat;
  return { first, last, start: first + (hash % (last - first + 1)) };
}

function portsLike(port: number): PortRange {
  if (port < 512) return { first: 1, last: 511, start: port };
  return port < 1024
    ? { first: 600, last: 1023, start: Math.max(port, 600) }
    : { first: 1024, last: 65535, start: port };
}

function walk(reply: Tuple, set: (reply: Tuple, port: number) => void, range: PortRange, search: NatSearch): boolean {
  const { first, start } = range;
  const size = range.last - first + 1;
  const from = (begin: number, steps: number): boolean => {
    for (let i = 0; i < steps; i++) {
      set(reply, first + ((begin - first + i) % size));
      if (search.isFree(reply)) return true;
    }
    return false;
  };
  if (size <= SMALL_RANGE) return from(start, size);
  if (from(start, LONGEST_WALK)) return true;
  for (let steps = LONGEST_WALK >> 1; steps >= 16; steps >>= 1) {
    if (from(first + Math.floor(search.random() * size), steps)) return true;
  }
  return false;
}
