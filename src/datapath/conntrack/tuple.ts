import { IpProtocol } from "#wire/ip-protocol.js";
import { PORTS, TUPLE_WORDS } from "./connection-layout.js";

/** What a packet is looked up by: the words of a tuple, then `C.id`'s. */
export type Tuple = Uint32Array;

/** The word with zone, protocol and family. */
export const TUPLE_ID: number = TUPLE_WORDS;

/** A tuple of zeros. */
export function newTuple(): Tuple {
  return new Uint32Array(TUPLE_WORDS + 1);
}

/** The protocol in a tuple's or a connection's id word. */
export function protocolOf(id: number): number {
  return (id >>> 8) & 0xff;
}

/** ICMP's requests and what answers them; both ways. */
const answers: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
]);
const answers6: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [129, 128],
]);

/** True where a connection can begin with an ICMP message of this type. */
export function isIcmpRequest(protocol: number, type: number): boolean {
  return protocol === IpProtocol.icmp ? type === 8 || type === 13 || type === 15 : type === 128;
}

/** True of echo, timestamp and information messages: those with an identifier. */
export function isIcmpQuery(protocol: number, type: number): boolean {
  return (protocol === IpProtocol.icmp ? answers : answers6).has(type);
}

/** True of ICMP and ICMPv6. */
export function isIcmp(protocol: number): boolean {
  return protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;
}

/** True where `ports` are ports. SCTP is tracked by its addresses only, as upstream does. */
export function hasPorts(protocol: number): boolean {
  return protocol === IpProtocol.tcp || protocol === IpProtocol.udp;
}

/** The ports word of the packets that answer. */
function reversedPorts(ports: number, protocol: number): number {
  if (!isIcmp(protocol)) return ((ports << 16) | (ports >>> 16)) >>> 0;
  const answer = (protocol === IpProtocol.icmp ? answers : answers6).get((ports >>> 8) & 0xff) ?? 0;
  return ((ports & 0xffff0000) | (answer << 8) | (ports & 0xff)) >>> 0;
}

/** Writes to `out` the tuple of what answers `[at, …)` of `words`; the id is the same. `out` is another array. */
export function reverseTuple(words: Uint32Array, at: number, id: number, out: Tuple): Tuple {
  for (let i = 0; i < 4; i++) {
    out[i] = words[at + 4 + i]!;
    out[4 + i] = words[at + i]!;
  }
  out[PORTS] = reversedPorts(words[at + PORTS]!, protocolOf(id));
  out[TUPLE_ID] = id;
  return out;
}

/** A tuple's hash, different with every `seed`. */
export function hashTuple(tuple: Tuple, seed: number): number {
  const id = tuple[TUPLE_ID]!;
  let h = Math.imul(seed ^ id, 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 15)) + tuple[PORTS]!, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 13)) + tuple[0]!, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 16)) + tuple[4]!, 0x27d4eb2f);
  if ((id & 1) !== 0) {
    for (let i = 1; i < 4; i++) {
      h = Math.imul((h ^ (h >>> 15)) + tuple[i]!, 0x85ebca6b);
      h = Math.imul((h ^ (h >>> 13)) + tuple[4 + i]!, 0x9e3779b1);
    }
  }
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
