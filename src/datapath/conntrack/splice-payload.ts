import { put16, u16 } from "#util/big-endian.js";
import { checksum, finishSum, foldSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { Frame } from "../userspace/frames/frame.js";
import { replaceBytes } from "./replace-bytes.js";
import type { TrackedPacket } from "./tracked-packet.js";
import { TUPLE_ID } from "./tuple.js";

/** Puts `text` in the place of bytes [from, to) of a TCP packet's payload, with lengths and checksums. The frame gets memory of its own. */
export function splicePayload(frame: Frame, p: TrackedPacket, from: number, to: number, text: string): void {
  const old = frame.bytes();
  const inserted = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const difference = inserted.length - (to - from);
  const b = new Uint8Array(p.end + difference);
  b.set(old.subarray(0, p.payload + from));
  b.set(inserted, p.payload + from);
  b.set(old.subarray(p.payload + to, p.end), p.payload + from + inserted.length);
  const isIpv4 = (p.tuple[TUPLE_ID]! & 1) === 0;
  if (isIpv4) {
    put16(b, p.l3 + 2, u16(b, p.l3 + 2) + difference);
    put16(b, p.l3 + 10, 0);
    put16(b, p.l3 + 10, checksum(b, p.l3, p.l3 + (b[p.l3]! & 15) * 4));
  } else put16(b, p.l3 + 4, u16(b, p.l3 + 4) + difference);
  const end = b.length;
  const field = p.l4 + 16;
  const pseudo = (isIpv4 ? pseudoSum4 : pseudoSum6)(b, p.l3, IpProtocol.tcp, end - p.l4);
  if ((frame.offload.flags & VNET_NEEDS_CSUM) !== 0) put16(b, field, foldSum(pseudo));
  else {
    put16(b, field, 0);
    put16(b, field, finishSum(sumBytes(b, p.l4, end, pseudo)));
  }
  replaceBytes(frame, b);
  p.end = end;
}
