import { u16 } from "#util/big-endian.js";
import { finishSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";

/** UDP ports of tunnels, and how long the header after UDP is. */
const tunnels: ReadonlyMap<number, (b: Uint8Array, at: number) => number> = new Map([
  [4789, (): number => 8],
  [6081, (b: Uint8Array, at: number): number => 8 + 4 * (b[at]! & 0x3f)],
]);

/**
 * A frame without the source ports of the tunnels it is in, which a switch chooses as it likes, and with every checksum over them replaced by whether
 * it is right.
 */
export function withoutSourcePorts(text: string): string {
  const frame = Uint8Array.from(Buffer.from(text, "hex"));
  blank(frame, frame.slice(), 0);
  return Buffer.from(frame).toString("hex");
}

/** Blanks the frame at `at` of `out`; `b` is as it was. */
function blank(out: Uint8Array, b: Uint8Array, at: number): void {
  let next = at + 12;
  while (next + 4 <= b.length && (u16(b, next) === EtherType.vlan || u16(b, next) === EtherType.qinq)) next += 4;
  const type = u16(b, next);
  const ip = next + 2;
  const isIpv6 = type === EtherType.ipv6;
  const l4 = ip + (isIpv6 ? 40 : 20);
  if ((!isIpv6 && type !== EtherType.ipv4) || l4 + 4 > b.length) return;
  const protocol = b[isIpv6 ? ip + 6 : ip + 9]!;
  if (protocol === IpProtocol.udp) overUdp(out, b, ip, l4, isIpv6);
  else if (protocol === IpProtocol.gre && u16(b, l4 + 2) === 0x6558) overGre(out, b, l4);
}

function overUdp(out: Uint8Array, b: Uint8Array, ip: number, l4: number, isIpv6: boolean): void {
  const header = tunnels.get(u16(b, l4 + 2));
  if (header === undefined || u16(b, l4) < 32768) return;
  out.fill(0, l4, l4 + 2);
  // Of a packet that was cut off nothing is right.
  if (b.length - l4 < u16(b, l4 + 4) || b.length < l4 + 16) {
    out.fill(0, l4 + 6, Math.min(l4 + 8, b.length));
    if (b.length > l4 + 16) blank(out, b, l4 + 8 + header(b, l4 + 8));
    return;
  }
  const length = b.length - l4;
  const pseudo = isIpv6 ? pseudoSum6(b, ip, 17, length) : pseudoSum4(b, ip, 17, length);
  if (u16(b, l4 + 6) !== 0) {
    const isRight = finishSum(sumBytes(b, l4, b.length, pseudo)) === 0;
    out.set(isRight ? [0xc0, 0xc0] : [0xba, 0xd0], l4 + 6);
  }
  blank(out, b, l4 + 8 + header(b, l4 + 8));
}

function overGre(out: Uint8Array, b: Uint8Array, l4: number): void {
  const flags = u16(b, l4);
  if (b.length < l4 + 16) return;
  const words = [0x8000, 0x2000, 0x1000].filter((bit) => (flags & bit) !== 0).length;
  if ((flags & 0x8000) !== 0) {
    const isRight = finishSum(sumBytes(b, l4, b.length)) === 0;
    out.set(isRight ? [0xc0, 0xc0] : [0xba, 0xd0], l4 + 4);
  }
  blank(out, b, l4 + 4 + 4 * words);
}
