import { checksum } from "#wire/checksum.js";

/** The IP packet of a frame without what pads it; undefined where there is none. */
export function ipPacketOf(frame: Uint8Array): Uint8Array | undefined {
  const type = (frame[12]! << 8) | frame[13]!;
  const packet = frame.subarray(14);
  if (type === 0x0800) return packet.slice(0, (packet[2]! << 8) | packet[3]!);
  if (type === 0x86dd) return packet.slice(0, 40 + ((packet[4]! << 8) | packet[5]!));
  return undefined;
}

/**
 * A packet in hexadecimal digits without what routing changes (hop count, and what carries the state: the traffic class). A wrong checksum of the IPv4 header
 * is told, a right one is left out. Identifiers of IPv6 fragments are left out, too: the kernel gives them numbers of its own.
 */
export function plainPacket(packet: Uint8Array): string {
  const plain = packet.slice();
  if (plain[0]! >> 4 === 4) {
    const isRight = checksum(plain, 0, (plain[0]! & 15) * 4) === 0;
    plain[1] = plain[8] = plain[10] = plain[11] = 0;
    return `${isRight ? "" : "wrong header checksum "}${Buffer.from(plain).toString("hex")}`;
  }
  plain[0] = 0x60;
  plain[1]! &= 15;
  plain[7] = 0;
  if (plain[6] === 44) plain.fill(0, 44, 48);
  return Buffer.from(plain).toString("hex");
}
