import { put16, put32 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { ETHERTYPE_MIN, EtherType } from "#wire/ethernet.js";
import { readFieldBytes, readWords } from "./access.js";
import { composeIp } from "./compose-ip.js";
import { field } from "./fields/table.js";
import type { FlowKey } from "./key.js";
import { ETH_TYPE_NONE, MAX_VLANS, VLAN_PRESENT, W } from "./layout.js";
import { mplsLabels } from "./odp-text.js";

export interface ComposeOptions {
  /** Bytes of the whole frame: what the headers leave is zeros. By default UDP, ICMP and TCP within a connection carry 64 bytes, others nothing. */
  readonly length?: number;
  /** What follows the headers; not together with `length`. */
  readonly payload?: Uint8Array;
}

/** The largest frame that can be asked for. */
const MAX_FRAME = 65_535;

/** The 64 bytes that UDP, TCP and ICMP carry unless told otherwise: 0, 1, 2, … */
const pattern: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => i);

/**
 * Makes a frame of which `extractKey` gives this key's packet words, with right lengths and checksums: what `ofproto/trace
 * --generate` and `netdev-dummy/receive` with flow text send. Words that contradict each other (ports without a protocol,
 * labels beyond the bottom) are left out. Throws `UserError` where `length` has not room for the headers.
 */
export function composeFrame(key: FlowKey, options: ComposeOptions = {}): Uint8Array {
  const { length } = options;
  if (length !== undefined && length > MAX_FRAME) throw new UserError("too large packet len");
  const none = new Uint8Array(0);
  if (length === undefined) return assemble(key, options.payload ?? (carriesPattern(key) ? pattern : none));
  const headers = assemble(key, none).length;
  if (length < headers) throw new UserError("too small packet len");
  return assemble(key, new Uint8Array(length - headers));
}

function carriesPattern(key: FlowKey): boolean {
  const type = key[W.ethType];
  const proto = key[W.nw]! & 0xff;
  const later = ((key[W.nw]! >>> 24) & 2) !== 0;
  if (later) return false;
  if ((type === EtherType.ipv4 || type === EtherType.ipv6) && proto === 6) return !opensOrCloses(key);
  if (type === EtherType.ipv4) return proto === 17 || proto === 1;
  const nd = key[W.tp] === 135 << 16 || key[W.tp] === 136 << 16;
  return type === EtherType.ipv6 && (proto === 17 || (proto === 58 && !nd));
}

const FIN = 1;
const SYN = 2;
const RST = 4;

/** A segment that opens or ends a connection carries nothing. */
function opensOrCloses(key: FlowKey): boolean {
  return (key[W.l4]! & (FIN | SYN | RST)) !== 0;
}

function assemble(key: FlowKey, payload: Uint8Array): Uint8Array {
  const network = composeNetwork(key, payload);
  if (key[W.packetType] !== 0) return network;
  const vlans: number[] = [];
  for (let i = 0; i < MAX_VLANS && (key[W.vlan0 + i]! & VLAN_PRESENT) !== 0; i++) vlans.push(key[W.vlan0 + i]!);
  const frame = new Uint8Array(14 + 4 * vlans.length + network.length);
  readWords(key, W.eth, 3, frame);
  let at = 12;
  for (const vlan of vlans) {
    put32(frame, at, vlan & ~VLAN_PRESENT);
    at += 4;
  }
  const type = key[W.ethType]!;
  // A frame that has no type has a length there.
  put16(frame, at, type >= ETHERTYPE_MIN ? type : Math.min(frame.length, ETH_TYPE_NONE));
  frame.set(network, at + 2);
  return frame;
}

function composeNetwork(key: FlowKey, payload: Uint8Array): Uint8Array {
  switch (key[W.ethType]) {
    case EtherType.ipv4:
    case EtherType.ipv6:
      return composeIp(key, payload);
    case EtherType.arp:
    case EtherType.rarp:
      return concat(arp(key), payload);
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      return concat(mpls(key), payload);
    case EtherType.nsh:
      return concat(nsh(key), payload);
    default:
      return payload;
  }
}

function arp(key: FlowKey): Uint8Array {
  const b = new Uint8Array(28);
  put32(b, 0, 0x00010800);
  put16(b, 4, 0x0604);
  put16(b, 6, key[W.nw]! & 0xff);
  readFieldBytes(key, field("arp_sha"), b, 8);
  readWords(key, W.nwSrc, 1, b, 14);
  readFieldBytes(key, field("arp_tha"), b, 18);
  readWords(key, W.nwDst, 1, b, 24);
  return b;
}

function mpls(key: FlowKey): Uint8Array {
  const labels = mplsLabels(key);
  const b = new Uint8Array(4 * labels.length);
  for (const [i, lse] of labels.entries()) put32(b, 4 * i, lse);
  return b;
}

function nsh(key: FlowKey): Uint8Array {
  const word = key[W.nsh]!;
  const [flags, ttl, type] = [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff];
  const b = new Uint8Array(type === 1 ? 24 : 8);
  put16(b, 0, ((flags & 3) << 12) | ((ttl & 0x3f) << 6) | (b.length >>> 2));
  b[2] = type & 0x0f;
  b[3] = word;
  readWords(key, W.nshPath, b.length === 24 ? 5 : 1, b, 4);
  return b;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
