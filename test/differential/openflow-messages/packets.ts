import fc from "fast-check";

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const bytesOf = (length: number): fc.Arbitrary<number[]> => fc.array(u8, { minLength: length, maxLength: length });
const joined = (...parts: readonly fc.Arbitrary<readonly number[]>[]): fc.Arbitrary<number[]> =>
  fc.tuple(...parts).map((all) => all.flat());
const fixed = (...bytes: readonly number[]): fc.Arbitrary<readonly number[]> => fc.constant(bytes);
const two = (n: number): number[] => [n >> 8, n & 0xff];
const some = fc.array(u8, { maxLength: 12 });

const tcp = joined(bytesOf(12), fixed(0x50), bytesOf(7), some);
const udp = joined(bytesOf(8), some);
const sctp = joined(bytesOf(12), some);
const icmp = joined(bytesOf(8), some);
const ndOption = fc.constantFrom(1, 2, 3).chain((type) => joined(fixed(type, 1), bytesOf(6)));
const nd = joined(
  fc.constantFrom([135, 0], [136, 0], [135, 1]),
  bytesOf(22),
  fc.array(ndOption).map((o) => o.flat()),
);

/** A transport header with its protocol's number. */
const transport = (protocols: readonly number[]): fc.Arbitrary<readonly [number, number[]]> =>
  fc.constantFrom(...protocols).chain((protocol) => {
    const body = { 1: icmp, 6: tcp, 17: udp, 58: nd, 132: sctp }[protocol] ?? some;
    return body.map((bytes) => [protocol, bytes] as const);
  });

const ipv4 = fc
  .tuple(transport([1, 6, 17, 132, 2, 47]), fc.constantFrom(0, 0, 0, 0x2000, 0x2005), u8, fc.constantFrom(0, 0, 1, 2))
  .chain(([[protocol, body], fragment, tos, options]) =>
    joined(
      fixed(0x45 + options, tos, ...two(20 + 4 * options + body.length), 0, 1, ...two(fragment), 64, protocol, 0, 0),
      bytesOf(8 + 4 * options),
      fixed(...body),
    ),
  );
const ipv6 = fc
  .tuple(transport([6, 17, 58, 132, 59]), fc.constantFrom("", "hopByHop", "fragment", "later"), bytesOf(3))
  .chain(([[protocol, body], extension, label]) => {
    const head = {
      "": [],
      hopByHop: [protocol, 0, 1, 4, 0, 0, 0, 0],
      fragment: [protocol, 0, 0, 1, 0, 0, 0, 7],
      later: [protocol, 0, 0, 9, 0, 0, 0, 7],
    }[extension]!;
    const next = extension === "" ? protocol : extension === "hopByHop" ? 0 : 44;
    const length = head.length + body.length;
    return joined(
      fixed(0x60 | (label[0]! & 15), label[1]!, label[2]!, 0, ...two(length), next, 64),
      bytesOf(32),
      fixed(...head, ...body),
    );
  });
const arp = joined(
  fixed(0, 1, 8, 0, 6, 4, 0),
  u8.map((op) => [op % 4]),
  bytesOf(20),
);
const label = fc.tuple(bytesOf(2), u8, u8).map(([a, b, ttl]) => [...a, b & 0xfe, ttl]);
const mpls = joined(
  fc.array(label, { maxLength: 4 }).map((l) => l.flat()),
  fixed(0, 0, 0x11, 64),
  some,
);
const nsh = joined(fixed(0x0f, 0xc6, 1, 3), bytesOf(20), some);

const network = fc.oneof(
  ipv4.map((b) => [8, 0, ...b]),
  ipv4.map((b) => [8, 0, ...b]),
  ipv6.map((b) => [0x86, 0xdd, ...b]),
  arp.map((b) => [8, 6, ...b]),
  arp.map((b) => [0x80, 0x35, ...b]),
  mpls.map((b) => [0x88, 0x47, ...b]),
  nsh.map((b) => [0x89, 0x4f, ...b]),
  joined(u16.map(two), some),
  joined(fixed(0, 16, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0), ipv4),
);
const tags = fc
  .array(fc.tuple(fc.constantFrom(0x8100, 0x88a8), u16), { maxLength: 3 })
  .map((list) => list.flatMap(([type, tci]) => [...two(type), ...two(tci)]));
const frame = joined(bytesOf(12), fc.oneof(fc.constant([]), tags), network);

/** Frames of every kind of header, whole and cut off, and any bytes. */
export const frames: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: frame.map((bytes) => Uint8Array.from(bytes)) },
  {
    weight: 2,
    arbitrary: fc.tuple(frame, fc.nat(80)).map(([bytes, length]) => Uint8Array.from(bytes.slice(0, 1 + length))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 60 }) },
);
