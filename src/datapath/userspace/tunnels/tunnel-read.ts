import type { FlowKey } from "#flow/key.js";
import { TunnelFlag, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { Frame } from "../frames/frame.js";
import { frameSum } from "../frames/frame-sum.js";

/** What an inner packet begins with: undefined for an Ethernet header, else what that would name. */
export interface Inner {
  etherType: number | undefined;
}

/** Ethernet as the payload of a protocol that names it by Ethernet types (Transparent Ethernet Bridging). */
const TEB = 0x6558;
const VXLAN = 8;
const VXLAN_VNI = 0x08000000;

/*
 * Each reads the header at `at` of a frame whose packet ends at `end`, writes to `key` what it says, and gives where the inner packet begins; -1 where the header is
 * not whole, or not one of this kind.
 */

/** RFC 7348. */
export function readVxlan(frame: Frame, at: number, end: number, key: FlowKey, inner: Inner): number {
  if (at + VXLAN > end || u32(frame, at) !== VXLAN_VNI || frame.u8(at + 7) !== 0) return -1;
  setId(key, u32(frame, at + 4) >>> 8);
  inner.etherType = undefined;
  return at + VXLAN;
}

/** RFC 8926; the options are kept as they are. */
export function readGeneve(frame: Frame, at: number, end: number, key: FlowKey, inner: Inner): number {
  if (at + 8 > end) return -1;
  const first = frame.u8(at);
  const options = 4 * (first & 0x3f);
  // As Open vSwitch, of what may be in it we know Ethernet only.
  if (first >> 6 !== 0 || at + 8 + options > end || frame.u16(at + 2) !== TEB) return -1;
  if ((frame.u8(at + 1) & 0x80) !== 0) key[W.tunMeta]! |= TunnelFlag.oam;
  setId(key, u32(frame, at + 4) >>> 8);
  for (let i = 0; i < options; i += 4) key[W.tunMetadata + (i >> 2)] = u32(frame, at + 8 + i);
  key[W.tunMetadataPresent + 1] = options;
  inner.etherType = undefined;
  return at + 8 + options;
}

/** RFC 2784 and 2890. */
export function readGre(frame: Frame, at: number, end: number, key: FlowKey, inner: Inner): number {
  if (at + 4 > end) return -1;
  const flags = frame.u16(at);
  if ((flags & ~0xb000) !== 0) return -1;
  let next = at + 4;
  if ((flags & 0x8000) !== 0) {
    if (next + 4 > end || (frame.offload.flags === 0 && frameSum(frame, at, end) !== 0xffff)) return -1;
    key[W.tunMeta]! |= TunnelFlag.checksum;
    next += 4;
  }
  if ((flags & 0x2000) !== 0) {
    if (next + 4 > end) return -1;
    setId(key, u32(frame, next));
    next += 4;
  }
  if ((flags & 0x1000) !== 0) next += 4;
  setType(inner, frame.u16(at + 2));
  return next > end ? -1 : next;
}

/** draft-foschiano-erspan-03, types II and III: versions 1 and 2. */
export function readErspan(frame: Frame, at: number, end: number, key: FlowKey, inner: Inner): number {
  if (at + 16 > end || frame.u16(at) !== 0x1000) return -1;
  const protocol = frame.u16(at + 2);
  const base = at + 8;
  const version = frame.u8(base) >> 4;
  setId(key, frame.u16(base + 2) & 0x3ff);
  key[W.tunGbp] = version;
  inner.etherType = undefined;
  if (version === 1 && protocol === 0x88be) {
    key[W.tunErspan] = u32(frame, base + 4) & 0xfffff;
    return base + 8;
  }
  if (version !== 2 || protocol !== 0x22eb || base + 12 > end) return -1;
  const last = frame.u16(base + 10);
  key[W.tunErspan] = (((last >> 4) & 0x3f) << 24) | (((last >> 3) & 1) << 20);
  // A platform header follows where the last bit says so.
  const next = base + 12 + 8 * (last & 1);
  return next > end ? -1 : next;
}

/** 3GPP TS 29.281: user data (message type 255) is an IP packet. Other messages are handed on in their outer headers. */
export function readGtpu(frame: Frame, at: number, end: number, key: FlowKey, inner: Inner): number {
  if (at + 8 > end) return -1;
  const [flags, type] = [frame.u8(at), frame.u8(at + 1)];
  if (flags >> 5 !== 1) return -1;
  setId(key, u32(frame, at + 4));
  key[W.tunGtpu] = (flags << 8) | type;
  inner.etherType = undefined;
  if (type !== USER_DATA) return 0;
  let next = at + 8;
  if ((flags & 7) !== 0) next += 4;
  if (next + 1 > end) return -1;
  const version = frame.u8(next) >> 4;
  if (version !== 4 && version !== 6) return -1;
  inner.etherType = version === 4 ? EtherType.ipv4 : EtherType.ipv6;
  return next;
}

const USER_DATA = 255;

function setType(inner: Inner, type: number): void {
  inner.etherType = type === TEB ? undefined : type;
}

function setId(key: FlowKey, id: number): void {
  key[W.tunId + 1] = id;
  key[W.tunMeta]! |= TunnelFlag.key;
}

function u32(frame: Frame, at: number): number {
  return ((frame.u16(at) << 16) | frame.u16(at + 2)) >>> 0;
}
