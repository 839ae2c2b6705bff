import type { Frame } from "./frame.js";
import { L3_IPV4, L3_IPV6, L3_MPLS } from "./layers.js";

/** True where the frame is a large segment that the receiver or the device cuts up. */
export function isGso(frame: Frame): boolean {
  return (frame.offload.gsoType & 0x7f) !== 0;
}

/** Length of the frames a large segment becomes. */
function segmentLength(frame: Frame): number {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const l4 = layers.l4;
  if (l4 < 0) return frame.length;
  const header = layers.protocol === 6 ? (frame.u8(l4 + 12) >> 4) * 4 : 8;
  return Math.min(frame.length, l4 + header + frame.offload.gsoSize);
}

/** How many packets a large segment becomes, and their bytes in all. */
export function segmentedSize(frame: Frame): { readonly packets: number; readonly bytes: number } {
  const whole = frame.length;
  const length = segmentLength(frame);
  const { gsoSize } = frame.offload;
  const headers = length - gsoSize;
  // The size is said by whoever sent it, and may be 0.
  if (gsoSize === 0 || headers <= 0 || length >= whole) return { packets: 1, bytes: whole };
  const packets = Math.ceil((whole - headers) / gsoSize);
  return { packets, bytes: whole + (packets - 1) * headers };
}

/** Puts a VLAN tag outermost. False where the frame is too short. */
export function pushVlan(frame: Frame, tpid: number, tci: number): boolean {
  if (frame.length < 14 || !frame.insert(12, 4)) return false;
  frame.putU16(12, tpid);
  frame.putU16(14, tci);
  return true;
}

/** Takes the outermost VLAN tag off; a frame without one stays as it is. False where the frame is too short. */
export function popVlan(frame: Frame): boolean {
  if (frame.length < 14) return false;
  const type = frame.u16(12);
  if (type !== 0x8100 && type !== 0x88a8) return true;
  return frame.remove(12, 4);
}

/** Puts a label stack entry after Ethernet and VLAN headers. False where the frame is too short. */
export function pushMpls(frame: Frame, lse: number, etherType: number): boolean {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const at = layers.l2_5;
  if (frame.length < at || !frame.insert(at, 4)) return false;
  frame.putU16(at - 2, etherType);
  frame.putU16(at, lse >>> 16);
  frame.putU16(at + 2, lse & 0xffff);
  return true;
}

/** Takes the outermost label stack entry off; a frame without one stays as it is. False where the frame is too short. */
export function popMpls(frame: Frame, etherType: number): boolean {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  if (layers.kind !== L3_MPLS) return true;
  const at = layers.l2_5;
  if (!frame.remove(at, 4)) return false;
  frame.putU16(at - 2, etherType);
  return true;
}

const ETHERNET = 14;

/** Length without the room for an Ethernet header that is not there. */
export function packetLength(frame: Frame): number {
  return frame.noEthernet ? frame.length - ETHERNET : frame.length;
}

/** The length a length check sees: without what pads a short frame, and of a large segment that of the frames it will become. */
export function lengthOf(frame: Frame): number {
  return isGso(frame) ? segmentLength(frame) : packetLength(frame) - padding(frame);
}

/** Bytes behind the end of an IP packet. */
function padding(frame: Frame): number {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const { kind, l3 } = layers;
  if (kind !== L3_IPV4 && kind !== L3_IPV6) return 0;
  const size = kind === L3_IPV4 ? frame.u16(l3 + 2) : 40 + frame.u16(l3 + 4);
  return Math.max(0, frame.length - l3 - size);
}
