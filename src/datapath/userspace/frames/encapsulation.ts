import type { Offload } from "#wire/virtio-net.js";
import type { Frame } from "./frame.js";

const ETHERNET = 14;
const MAX_PIECE = 64;
const NSH = 0x894f;
/** Ethernet in MPLS or NSH is named so, as if it were a protocol of Ethernet (Transparent Ethernet Bridging). */
const TEB = 0x6558;

/** NSH's numbers of what follows it, by Ethernet type (RFC 8300, section 2.2); Ethernet itself has no type here. */
const nextProtocols: ReadonlyMap<number, number> = new Map([
  [1, 0x0800],
  [2, 0x86dd],
  [4, NSH],
  [5, 0x8847],
]);
const NEXT_ETHERNET = 3;

/** Puts `count` bytes in front of a frame; they are undefined. False where the frame is too short. */
function prepend(frame: Frame, count: number): boolean {
  const addresses = 12;
  if (frame.length < addresses) return false;
  for (let left = count; left > 0; ) {
    const piece = Math.min(left, MAX_PIECE);
    if (!frame.insert(addresses, piece)) return false;
    left -= piece;
  }
  frame.head.copyWithin(frame.headAt + count, frame.headAt, frame.headAt + addresses);
  return true;
}

/** Puts a header of at least 16 bytes, beginning with an Ethernet header, in front of all there is of a packet. False where the frame is too short. */
export function prependHeader(frame: Frame, header: Uint8Array): boolean {
  if (!prepend(frame, frame.noEthernet ? header.length - ETHERNET : header.length)) return false;
  frame.head.set(header, frame.headAt);
  frame.noEthernet = false;
  return true;
}

/** Takes off everything before an inner packet at `at`, which has an Ethernet header, or is of type `etherType`. */
export function uncover(frame: Frame, at: number, etherType: number | undefined): boolean {
  if (etherType === undefined) {
    frame.drop(at);
    frame.noEthernet = false;
    return true;
  }
  frame.drop(at - ETHERNET);
  if (!frame.writable(ETHERNET)) return false;
  blank(frame, etherType);
  return true;
}

/** Puts bytes at `at` of a frame. */
function insertBytes(frame: Frame, at: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; ) {
    const piece = Math.min(bytes.length - done, MAX_PIECE);
    if (!frame.insert(at, piece)) return false;
    done += piece;
  }
  frame.head.set(bytes, frame.headAt + at);
  return true;
}

/** Takes over a packet without an Ethernet header, as it comes from outside: with room where the header would be, and the type in it. */
export function resetWithoutEthernet(
  frame: Frame,
  { data, offload }: { data: Uint8Array; offload: Readonly<Offload> },
  etherType: number,
): void {
  const roomy = new Uint8Array(ETHERNET + data.length);
  roomy.set(data, ETHERNET);
  roomy[12] = etherType >> 8;
  roomy[13] = etherType;
  const { headerLength, flags, csumStart } = offload;
  frame.reset(roomy, 0, roomy.length, {
    ...offload,
    headerLength: headerLength > 0 ? headerLength + ETHERNET : 0,
    csumStart: (flags & 1) !== 0 ? csumStart + ETHERNET : csumStart,
  });
  frame.noEthernet = true;
}

function blank(frame: Frame, etherType: number): void {
  frame.head.fill(0, frame.headAt, frame.headAt + 12);
  frame.putU16(12, etherType);
  frame.noEthernet = true;
  frame.layers.valid = false;
}

/** Takes the room off again, before the packet is shown to somebody else. */
export function stripRoom(frame: Frame): void {
  frame.remove(0, ETHERNET);
}

/** Gives a packet without an Ethernet header one, of these addresses, the destination's first; one that has it stays as it is. */
export function pushEthernet(frame: Frame, addresses: Uint8Array): boolean {
  if (!frame.noEthernet) return true;
  if (!frame.writable(ETHERNET)) return false;
  frame.head.set(addresses, frame.headAt);
  frame.noEthernet = false;
  return true;
}

/** Takes the Ethernet header off; of a packet with VLAN tags it stays. */
export function popEthernet(frame: Frame): boolean {
  if (frame.noEthernet) return true;
  if (!frame.writable(ETHERNET)) return false;
  const type = frame.u16(12);
  if (type !== 0x8100 && type !== 0x88a8) blank(frame, type);
  return true;
}

/** Puts a network service header in front of a packet, which then has no Ethernet header before it. */
export function pushNsh(frame: Frame, header: Uint8Array): boolean {
  if (frame.noEthernet) {
    if (!insertBytes(frame, ETHERNET, header)) return false;
  } else {
    if (!prepend(frame, ETHERNET + header.length)) return false;
    frame.head.set(header, frame.headAt + ETHERNET);
  }
  blank(frame, NSH);
  return true;
}

/** Takes a network service header off; a packet that does not begin with one stays as it is. */
export function popNsh(frame: Frame): boolean {
  if (!frame.noEthernet || frame.length < ETHERNET + 8 || frame.u16(12) !== NSH) return true;
  const length = (frame.u8(ETHERNET + 1) & 0x3f) << 2;
  const next = frame.u8(ETHERNET + 3);
  if (length < 8) return false;
  if (next === NEXT_ETHERNET) return frame.length >= length + 2 * ETHERNET && unwrap(frame, ETHERNET + length);
  if (!frame.remove(ETHERNET, length)) return false;
  blank(frame, nextProtocols.get(next) ?? 0);
  return true;
}

/** Takes everything off before a frame's own Ethernet header. */
function unwrap(frame: Frame, count: number): boolean {
  if (!frame.remove(0, count)) return false;
  frame.noEthernet = false;
  return true;
}

/** Puts a label stack entry in front of a packet, which then has no Ethernet header before it. */
export function addMpls(frame: Frame, lse: number, etherType: number): boolean {
  if (!(frame.noEthernet ? frame.insert(ETHERNET, 4) : prepend(frame, ETHERNET + 4))) return false;
  blank(frame, etherType);
  frame.putU16(ETHERNET, lse >>> 16);
  frame.putU16(ETHERNET + 2, lse & 0xffff);
  return true;
}

/** Whether taking a label off leaves a frame with an Ethernet header of its own. */
export const isEthernetInMpls = (etherType: number): boolean => etherType === TEB;

/** Takes the last label off, and everything before the Ethernet header that follows it. */
export function popMplsToEthernet(frame: Frame): boolean {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const count = layers.l2_5 + 4;
  return frame.length >= count + ETHERNET && unwrap(frame, count);
}
