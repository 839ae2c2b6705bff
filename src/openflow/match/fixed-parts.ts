import type { FlowKey, FlowMask } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { u16, u32 } from "#util/big-endian.js";
import type { WireWriter } from "../wire-writer.js";

/** Sets the Ethernet addresses of a key, or the bits of a mask, from the bytes at `dst` and `src`. */
export function setAddresses(key: FlowKey, bytes: Uint8Array, dst: number, src: number): void {
  key[W.eth] = u32(bytes, dst);
  key[W.eth + 1] = u16(bytes, dst + 4) * 0x10000 + u16(bytes, src);
  key[W.eth + 2] = u32(bytes, src + 2);
}

/** Writes source and destination as a match of fixed form has them, source first, bits outside the mask as 0. */
export function writeAddresses(key: FlowKey, mask: FlowMask, w: WireWriter): void {
  const word = (i: number): number => (key[W.eth + i]! & mask[W.eth + i]!) >>> 0;
  w.u16(word(1) & 0xffff)
    .u32(word(2))
    .u32(word(0))
    .u16(word(1) >>> 16);
}

/** ICMP's type and code are 8 bits where TCP's ports are 16. */
export function narrowIcmp({ key, mask }: Match): void {
  const isIcmp =
    (mask[W.nw]! & 0xff) !== 0 && (key[W.nw]! & 0xff) === 1 && mask[W.ethType] !== 0 && key[W.ethType] === 0x0800;
  if (isIcmp) mask[W.tp] = mask[W.tp]! & 0x00ff00ff;
}

/** Adds bits of the outermost VLAN header's TCI. */
export function setVlanTci(match: Match, tci: number, bits: number): void {
  match.key[W.vlan0] = (match.key[W.vlan0]! & ~bits) | (tci & bits);
  match.mask[W.vlan0] = match.mask[W.vlan0]! | bits;
}
