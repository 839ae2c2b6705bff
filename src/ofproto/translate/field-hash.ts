import { FRAG_LATER, VLAN_PRESENT, W } from "#flow/layout.js";
import { put16, put32 } from "#util/big-endian.js";
import { lookup3 } from "#util/lookup3.js";
import { murmurAdd, murmurFinish, swapBytes } from "#util/murmur-hash.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "./context.js";

/**
 * Open vSwitch's hash, 32 bits, of the fields that multipath and bundles name (`hashFields` of their codecs), which are looked at. Those called symmetric are
 * the same for both directions.
 */
export function hashPacket(ctx: TranslationContext, fields: string, basis: number): number {
  switch (fields) {
    case "eth_src": {
      lookAtEthernet(ctx, 0, 0xffff, 0xffffffff);
      const bytes = new Uint8Array(6);
      put16(bytes, 0, ctx.flow[W.eth + 1]! & 0xffff);
      put32(bytes, 2, ctx.flow[W.eth + 2]!);
      return lookup3(bytes, basis);
    }
    case "nw_src":
      return hashAddress(ctx, W.nwSrc, W.ipv6Src, basis);
    case "nw_dst":
      return hashAddress(ctx, W.nwDst, W.ipv6Dst, basis);
    case "symmetric_l3":
      return hashLayer3(ctx, basis);
    case "symmetric_l4":
      return hashLayer4(ctx, basis);
    default:
      return hashWithoutEthernet(ctx, basis, fields === "symmetric_l3l4+udp");
  }
}

function lookAtEthernet({ mask }: TranslationContext, ...bits: readonly [number, number, number]): void {
  for (let i = 0; i < 3; i++) mask[W.eth + i] = mask[W.eth + i]! | bits[i]!;
}

/** The words of a packet's IP addresses, one of which is xored with the other; none where it has no such addresses. */
function addressesOf({ flow }: TranslationContext): readonly [from: number, to: number, words: number] {
  if (flow[W.ethType] === EtherType.ipv4) return [W.nwSrc, W.nwDst, 1];
  return flow[W.ethType] === EtherType.ipv6 ? [W.ipv6Src, W.ipv6Dst, 4] : [0, 0, 0];
}

function hashAddress(ctx: TranslationContext, ipv4: number, ipv6: number, basis: number): number {
  const { flow, mask } = ctx;
  const [, , words] = addressesOf(ctx);
  if (words === 0) return basis;
  const bytes = new Uint8Array(4 * words);
  for (let i = 0; i < words; i++) {
    const w = (words === 1 ? ipv4 : ipv6) + i;
    mask[w] = 0xffffffff;
    put32(bytes, 4 * i, flow[w]!);
  }
  return lookup3(bytes, basis);
}

/** Both addresses in one, looked at. */
function xorAddresses(ctx: TranslationContext): number[] {
  const { flow, mask } = ctx;
  const [from, to, words] = addressesOf(ctx);
  return Array.from({ length: words }, (_, i) => {
    mask[from + i] = mask[to + i] = 0xffffffff;
    return (flow[from + i]! ^ flow[to + i]!) >>> 0;
  });
}

/** Both ports in one; a later fragment has none, which there is no need to look at. */
function xorPorts({ flow, mask }: TranslationContext): number {
  if (((flow[W.nw]! >>> 24) & FRAG_LATER) === 0) mask[W.tp] = 0xffffffff;
  return (flow[W.tp]! >>> 16) ^ (flow[W.tp]! & 0xffff);
}

/** The packet is of one of these protocols, behind IP, which is looked at. */
function isOf({ flow, mask }: TranslationContext, ...protocols: readonly number[]): boolean {
  mask[W.nw] = mask[W.nw]! | 0xff;
  return protocols.includes(flow[W.nw]! & 0xff);
}

/** Addresses (16 bytes), Ethernet type. */
function hashLayer3(ctx: TranslationContext, basis: number): number {
  const bytes = new Uint8Array(20);
  for (const [i, word] of xorAddresses(ctx).entries()) put32(bytes, 4 * i, word);
  put16(bytes, 16, ctx.flow[W.ethType]!);
  return lookup3(bytes, basis);
}

/** Addresses (16 bytes), Ethernet type, VLANs, ports of TCP and SCTP, Ethernet addresses, IP protocol. */
function hashLayer4(ctx: TranslationContext, basis: number): number {
  const { flow, mask } = ctx;
  const bytes = new Uint8Array(32);
  const addresses = xorAddresses(ctx);
  for (const [i, word] of addresses.entries()) put32(bytes, 4 * i, word);
  put16(bytes, 16, flow[W.ethType]!);
  put16(bytes, 18, vlanIds(ctx));
  if (addresses.length > 0) {
    if (isOf(ctx, IpProtocol.tcp, IpProtocol.sctp)) put16(bytes, 20, xorPorts(ctx));
    else if (isOf(ctx, IpProtocol.icmp, IpProtocol.icmpv6)) mask[W.tp] = 0xffffffff;
    bytes[28] = flow[W.nw]! & 0xff;
  }
  mask.fill(0xffffffff, W.eth, W.eth + 3);
  const [a, b, c] = [flow[W.eth]!, flow[W.eth + 1]!, flow[W.eth + 2]!];
  put32(bytes, 22, (a ^ ((b << 16) | (c >>> 16))) >>> 0);
  put16(bytes, 26, (b >>> 16) ^ (c & 0xffff));
  return lookup3(bytes, basis);
}

/** IDs of all VLANs, in any order. */
function vlanIds({ flow, mask }: TranslationContext): number {
  let ids = 0;
  for (const w of [W.vlan0, W.vlan1]) {
    if ((flow[w]! & VLAN_PRESENT) === 0) break;
    mask[w] = mask[w]! | VLAN_PRESENT | 0xfff;
    ids ^= flow[w]! & 0xfff;
  }
  return ids;
}

/** Addresses, protocol and ports as numbers; of other packets what layer 2 has. */
function hashWithoutEthernet(ctx: TranslationContext, basis: number, withUdp: boolean): number {
  const { flow, mask } = ctx;
  const addresses = xorAddresses(ctx);
  let hash = basis;
  if (addresses.length === 0) {
    mask.fill(0xffffffff, W.eth, W.eth + 3);
    const [a, b, c] = [flow[W.eth]!, flow[W.eth + 1]!, flow[W.eth + 2]!];
    hash = murmurAdd(hash, swapBytes(flow[W.ethType]!) >>> 16);
    hash = murmurAdd(hash, swapBytes(a ^ ((b << 16) | (c >>> 16))));
    hash = murmurAdd(hash, swapBytes((b >>> 16) ^ (c & 0xffff)) >>> 16);
    return murmurFinish(hash, basis);
  }
  for (const word of addresses) hash = murmurAdd(hash, swapBytes(word));
  const hasPorts = isOf(ctx, IpProtocol.tcp, IpProtocol.sctp, ...(withUdp ? [IpProtocol.udp] : []));
  hash = murmurAdd(hash, flow[W.nw]! & 0xff);
  if (hasPorts) hash = murmurAdd(hash, swapBytes(xorPorts(ctx)) >>> 16);
  return murmurFinish(hash, basis);
}

/** A hash of two numbers, 32 bits. */
export function hashPair(a: number, b: number): number {
  return murmurFinish(murmurAdd(murmurAdd(a, 0), b), 8);
}
