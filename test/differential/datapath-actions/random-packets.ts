import { put16, put32 } from "#util/big-endian.js";
import { checksum, crc32c, finishSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import type { Random } from "./random.js";

/** A frame made from its inside out; what is put in front of what is there. */
type Bytes = Uint8Array;

function join(...parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}

const half = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const word = (n: number): number[] => [...half(n >>> 16), ...half(n)];

/** A transport header with its payload, checksum fields 0, and where its checksum goes. */
interface Transport {
  readonly protocol: number;
  readonly bytes: Bytes;
  readonly field: number;
}

function transport(r: Random, isIpv6: boolean): Transport {
  const ports = [...half(r.pick([1, 80, 4789, r.int(65536)])), ...half(r.pick([2, 443, 21, r.int(65536)]))];
  const payload = r.bytes(r.pick([0, 1, 8, 25, r.int(80)]));
  switch (r.int(isIpv6 ? 7 : 8)) {
    case 0:
    case 1: {
      const options = r.once(3) ? [2, 4, 5, 0xb4] : [];
      const flags = [(5 + options.length / 4) << 4, r.pick([2, 0x10, 0x18, 1, 4, r.int(256)])];
      const head = [...ports, ...word(r.int(2 ** 31)), ...word(0), ...flags, ...half(512), 0, 0, 0, 0, ...options];
      return { protocol: 6, bytes: join(head, payload), field: 16 };
    }
    case 2:
    case 3:
      return {
        protocol: 17,
        bytes: join(ports, half(8 + payload.length), [0, 0], payload),
        field: r.once(6) && !isIpv6 ? -1 : 6,
      };
    case 4:
      return { protocol: 132, bytes: join(ports, r.bytes(4), [0, 0, 0, 0], [0, 0, 0, 16], r.bytes(12)), field: -2 };
    case 5: {
      if (!isIpv6)
        return { protocol: 1, bytes: join([r.pick([8, 0, 3, 11]), r.int(3), 0, 0], r.bytes(4), payload), field: 2 };
      // Of two options the installed switch sets the first only (see expected.ts).
      const options = [[], [1, 1, ...r.bytes(6)], [2, 1, ...r.bytes(6)]];
      return {
        protocol: 58,
        bytes: join([r.pick([135, 136]), 0, 0, 0], [0, 0, 0, 0], r.bytes(16), r.pick(options)),
        field: 2,
      };
    }
    case 6:
      if (isIpv6)
        return { protocol: 58, bytes: join([r.pick([128, 129, 1, 130]), 0, 0, 0], r.bytes(4), payload), field: 2 };
      return { protocol: 2, bytes: join([r.pick([0x11, 0x16, 0x22]), 0, 0, 0], r.bytes(4)), field: 2 };
    default:
      return { protocol: r.pick([50, 47, 89, 255]), bytes: payload, field: -1 };
  }
}

function finish(r: Random, b: Bytes, ip: number, l4: number, t: Transport, isIpv6: boolean): void {
  const length = b.length - l4;
  if (t.field === -2) new DataView(b.buffer).setUint32(l4 + 8, crc32c(b, l4, b.length), true);
  if (t.field < 0) return;
  const plain = (t.protocol === 1 || t.protocol === 2) && !isIpv6;
  const pseudo = plain ? 0 : isIpv6 ? pseudoSum6(b, ip, t.protocol, length) : pseudoSum4(b, ip, t.protocol, length);
  const value = finishSum(sumBytes(b, l4, b.length, pseudo));
  put16(b, l4 + t.field, t.protocol === 17 && value === 0 ? 0xffff : value);
  // A wrong one has to stay as wrong as it was.
  if (r.once(12)) b[l4 + t.field]! ^= 1 + r.int(255);
}

function ipv4(r: Random): Bytes {
  const t = transport(r, false);
  const options = r.once(5) ? [0x94, 4, 0, 0] : [];
  const fragment = r.once(6) ? r.pick([0x2000, 0x2001, 0x0003]) : r.pick([0, 0x4000]);
  const head = 20 + options.length;
  const b = join([0x40 + head / 4, r.pick([0, 0xb8, 3]), 0, 0], half(r.int(65536)), half(fragment), [
    r.pick([64, 1, 255]),
  ]);
  const whole = join(b, [t.protocol, 0, 0], [10, 0, r.int(2), r.int(4)], [10, 0, r.int(2), r.int(4)], options, t.bytes);
  put16(whole, 2, whole.length);
  put16(whole, 10, checksum(whole, 0, head));
  finish(r, whole, 0, head, t, false);
  return whole;
}

function ipv6(r: Random): Bytes {
  const t = transport(r, true);
  const address = (): number[] => [0xfc, ...new Array<number>(14).fill(0), r.int(4)];
  const after = t.protocol;
  const extensions = r.pick<readonly [first: number, bytes: readonly number[]]>([
    [after, []],
    [after, []],
    [after, []],
    [0, [after, 0, 1, 4, 0, 0, 0, 0]],
    [60, [after, 1, 1, 12, ...new Array<number>(12).fill(0)]],
    [44, [after, 0, ...half(r.pick([1, 0x10, 0x11])), 0, 0, 0, 7]],
    [43, [after, 2, 0, r.int(2), 0, 0, 0, 0, ...address()]],
    [0, [60, 0, 1, 4, 0, 0, 0, 0, after, 0, 1, 4, 0, 0, 0, 0]],
  ]);
  const [first, bytes] = extensions;
  const start = word((6 << 28) | (r.pick([0, 0xb8, 3]) << 20) | r.pick([0, 0x12345]));
  const size = half(bytes.length + t.bytes.length);
  const whole = join(start, size, [first, r.pick([64, 1, 255])], address(), address(), bytes, t.bytes);
  finish(r, whole, 0, 40 + bytes.length, t, true);
  return whole;
}

function arp(r: Random): Bytes {
  return join([0, 1, 8, 0, 6, 4, 0, r.pick([1, 2, 9])], r.bytes(6), [10, 0, 0, 1], r.bytes(6), [10, 0, 0, 2]);
}

function mpls(r: Random): Bytes {
  const count = 1 + r.int(3);
  const entry = (i: number): number[] =>
    word(((r.int(1 << 20) << 12) | (r.int(8) << 9) | (i === count - 1 ? 256 : 0) | 64) >>> 0);
  return join(...Array.from({ length: count }, (_, i) => entry(i)), ipv4(r));
}

function nsh(r: Random): Bytes {
  const [type, words] = r.pick([
    [1, 6],
    [2, 2],
    [2, 3],
  ] as const);
  return join(half(0x0fc0 | words), [type, 1], word(0x12305), r.bytes(4 * words - 8), ipv4(r));
}

/** An untagged frame of that kind, whole. */
export function frameOfKind(r: Random, kind: "ipv4" | "ipv6" | "mpls" | "nsh"): Bytes {
  const [type, make] = { ipv4: [0x0800, ipv4], ipv6: [0x86dd, ipv6], mpls: [0x8847, mpls], nsh: [0x894f, nsh] }[
    kind
  ] as [number, (r: Random) => Bytes];
  return join([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], half(type), make(r));
}

/** A frame of one of the kinds this switch knows (but NSH: the installed switch cannot read the text of such flows), now and then cut off or spoilt. */
export function randomFrame(r: Random): Bytes {
  const [type, make] = r.pick<readonly [number, (r: Random) => Bytes]>([
    [0x0800, ipv4],
    [0x0800, ipv4],
    [0x0800, ipv4],
    [0x86dd, ipv6],
    [0x86dd, ipv6],
    [0x0806, arp],
    [0x8035, arp],
    [r.pick([0x8847, 0x8848]), mpls],
    [0x88cc, (q) => q.bytes(q.int(60))],
  ]);
  const tag = (): number[] => [
    ...half(r.pick([0x8100, 0x88a8])),
    ...half((r.int(8) << 13) | (r.once(4) ? 0x1000 : 0) | r.int(4096)),
  ];
  const tags = Array.from({ length: r.pick([0, 0, 0, 1, 1, 2]) }, tag).flat();
  const macs = [...r.bytes(6), ...r.bytes(6)];
  macs[0]! &= 0xfe;
  const frame = join(macs, tags, half(type), make(r), r.once(3) ? r.bytes(r.int(12)) : []);
  if (r.once(15)) return frame.subarray(0, Math.max(14, r.int(frame.length)));
  if (r.once(15)) frame[14 + tags.length + r.int(Math.max(1, frame.length - 14 - tags.length))] = r.int(256);
  return frame;
}

/** 32-bit words of a tunnel's outer IPv4 or IPv6 header, for who makes tunnelled frames. */
export function outerIp(r: Random, isIpv6: boolean, protocol: number, payload: Bytes, withChecksum: boolean): Bytes {
  const l4 = isIpv6 ? 40 : 20;
  const b = new Uint8Array(l4 + payload.length);
  b.set(payload, l4);
  if (isIpv6) {
    put32(b, 0, ((6 << 28) | (r.pick([0, 4]) << 20)) >>> 0);
    put16(b, 4, payload.length);
    b[6] = protocol;
    b[7] = 64;
    b[8] = b[24] = 0xfc;
    b[23] = 1;
    b[39] = 2;
  } else {
    b.set([0x45, r.pick([0, 4, 0xff])]);
    put16(b, 2, b.length);
    put16(b, 6, r.pick([0, 0x4000]));
    b.set([r.pick([64, 1]), protocol], 8);
    b.set([172, 31, 0, 1, 172, 31, 0, 2], 12);
    put16(b, 10, checksum(b, 0, 20));
  }
  if (withChecksum) {
    const pseudo = isIpv6 ? pseudoSum6(b, 0, protocol, payload.length) : pseudoSum4(b, 0, protocol, payload.length);
    put16(b, l4 + 6, finishSum(sumBytes(b, l4, b.length, pseudo)) || 0xffff);
  }
  return b;
}
