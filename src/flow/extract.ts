import { i32, u16 } from "#util/big-endian.js";
import { arpFault } from "#wire/arp.js";
import { ETHERNET_ADDRESSES, ETHERNET_HEADER, ETHERTYPE_MIN, EtherType, isSnapEthernet } from "#wire/ethernet.js";
import { nshFault, nshFlags, nshLength, nshMdType, nshTtl } from "#wire/nsh.js";
import { ExtractFault } from "./extract-fault.js";
import { extractIpv4, extractIpv6 } from "./extract-ip.js";
import type { FlowKey } from "./key.js";
import type { Layers } from "./layers.js";
import { ETH_TYPE_NONE, MAX_MPLS, MAX_VLANS, PacketNamespace, VLAN_PRESENT, W } from "./layout.js";

/**
 * Reads the key of the frame that is `length` bytes of `frame` from `at` on. `meta` gives the metadata words; `W.packetType` of
 * it says what the frame begins with. `meta === key` leaves the metadata of `key` as it is. Never throws, never
 * allocates, reads only within the frame. Returns an `ExtractFault`.
 */
export function extractKey(
  frame: Uint8Array,
  at: number,
  length: number,
  meta: FlowKey,
  key: FlowKey,
  layers: Layers,
  vlanLimit: number = MAX_VLANS,
): number {
  if (meta !== key) key.set(meta);
  for (let i = W.eth; i < W.tunMetadata; i++) key[i] = 0;
  const end = at + length;
  layers.l2 = -1;
  layers.vlans = -1;
  layers.l25 = -1;
  layers.l3 = -1;
  layers.l4 = -1;
  layers.payload = -1;
  layers.end = end;
  layers.proto = 0;

  const packetType = key[W.packetType]!;
  if (packetType !== 0) {
    if (packetType >>> 16 !== PacketNamespace.ethertype) return ExtractFault.none;
    key[W.ethType] = packetType & 0xffff;
    return extractNetwork(frame, at, end, packetType & 0xffff, key, layers);
  }
  if (length < ETHERNET_HEADER) return ExtractFault.ethernet;
  layers.l2 = at;
  key[W.eth] = i32(frame, at);
  key[W.eth + 1] = i32(frame, at + 4);
  key[W.eth + 2] = i32(frame, at + 8);
  let next = at + ETHERNET_ADDRESSES;
  layers.vlans = next;
  let type = u16(frame, next);
  next += 2;
  if (type === EtherType.vlan || type === EtherType.qinq) {
    next = extractVlans(frame, next, end, vlanLimit, key);
    type = u16(frame, next - 2);
  }
  if (type < ETHERTYPE_MIN) {
    const snap = isSnapEthernet(frame, next, end);
    type = snap ? u16(frame, next + 6) : ETH_TYPE_NONE;
    if (snap) next += 8;
  }
  key[W.ethType] = type;
  return extractNetwork(frame, next, end, type, key, layers);
}

/** Reads tags up to the limit; `at` is just after the first type. Returns the offset just after the last type. */
function extractVlans(b: Uint8Array, at: number, end: number, limit: number, key: FlowKey): number {
  let next = at;
  for (let n = 0; n < limit; n++) {
    const type = u16(b, next - 2);
    if ((type !== EtherType.vlan && type !== EtherType.qinq) || end - next < 4) break;
    key[W.vlan0 + n] = (type << 16) | u16(b, next) | VLAN_PRESENT;
    next += 4;
  }
  return next;
}

function extractNetwork(b: Uint8Array, at: number, end: number, type: number, key: FlowKey, layers: Layers): number {
  layers.l3 = at;
  if (type === EtherType.ipv4) return extractIpv4(b, at, end, key, layers);
  if (type === EtherType.ipv6) return extractIpv6(b, at, end, key, layers);
  if (type === EtherType.arp || type === EtherType.rarp) return extractArp(b, at, end, key);
  if (type === EtherType.mpls || type === EtherType.mplsMulticast) return extractMpls(b, at, end, key, layers);
  if (type === EtherType.nsh) return extractNsh(b, at, end, key, layers);
  return ExtractFault.none;
}

function extractArp(b: Uint8Array, at: number, end: number, key: FlowKey): number {
  if (arpFault(b, at, end) !== 0) return ExtractFault.arp;
  key[W.nwSrc] = i32(b, at + 14);
  key[W.nwDst] = i32(b, at + 24);
  if (b[at + 6] === 0) key[W.nw] = b[at + 7]!;
  key[W.arpHw] = i32(b, at + 8);
  key[W.arpHw + 1] = (u16(b, at + 12) << 16) | u16(b, at + 18);
  key[W.arpHw + 2] = i32(b, at + 20);
  return ExtractFault.none;
}

function extractMpls(b: Uint8Array, at: number, end: number, key: FlowKey, layers: Layers): number {
  layers.l25 = at;
  layers.l3 = -1;
  let next = at;
  for (let n = 0; end - next >= 4; n++) {
    if (n < MAX_MPLS) key[W.mpls + n] = i32(b, next);
    const bottom = (b[next + 2]! & 1) !== 0;
    next += 4;
    if (bottom) {
      layers.l3 = next;
      return ExtractFault.none;
    }
  }
  return ExtractFault.mpls;
}

function extractNsh(b: Uint8Array, at: number, end: number, key: FlowKey, layers: Layers): number {
  if (nshFault(b, at, end) !== 0) return ExtractFault.nsh;
  const type = nshMdType(b, at);
  key[W.nsh] = (nshFlags(b, at) << 24) | (nshTtl(b, at) << 16) | (type << 8) | b[at + 3]!;
  key[W.nshPath] = i32(b, at + 4);
  if (type === 1) for (let i = 0; i < 4; i++) key[W.nshContext + i] = i32(b, at + 8 + 4 * i);
  layers.payload = at + nshLength(b, at);
  return ExtractFault.none;
}
