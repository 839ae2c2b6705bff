import fc from "fast-check";

/** A number of these, or any other of so many bits. */
const among = (bits: number, ...values: number[]): fc.Arbitrary<number> =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: fc.nat(2 ** bits - 1) });
const bytes = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(255), { minLength: length, maxLength: length });
const split = (value: number): number[] => [value >> 8, value & 255];

const tcp = fc
  .tuple(bytes(12), among(4, 5, 5, 5, 6, 15), fc.nat(255), bytes(30))
  .map(([a, offset, flags, rest]) => [...a, offset << 4, flags, ...rest]);
const payloads: Record<number, fc.Arbitrary<number[]>> = {
  6: tcp,
  1: bytes(12),
  58: fc.tuple(among(8, 135, 136, 128, 129), among(8, 0), bytes(40)).map(([type, code, rest]) => [type, code, ...rest]),
};
const protocol = among(8, 6, 17, 132, 1, 58, 2);
const transport = protocol.chain((proto) =>
  fc.tuple(fc.constant(proto), payloads[proto] ?? fc.array(fc.nat(255), { maxLength: 24 })),
);

const ipv4 = fc
  .record({
    version: among(8, 0x45, 0x45, 0x45, 0x46, 0x4f, 0x44),
    tos: fc.nat(255),
    error: among(16, 0, 0, 0, 0, 1, 5),
    fragment: among(16, 0, 0, 0, 0x4000, 0x2000, 0x2010, 0x0010, 0x8000),
    ttl: fc.nat(255),
    l4: transport,
    addresses: bytes(8),
  })
  .map(({ version, tos, error, fragment, ttl, l4: [proto, payload], addresses }) => {
    const options = Array.from({ length: Math.max(0, (version & 15) * 4 - 20) }, () => 1);
    const total = (20 + options.length + payload.length + error) & 0xffff;
    const head = [version, tos, ...split(total), 0, 0, ...split(fragment), ttl, proto, 0, 0, ...addresses, ...options];
    return { type: 0x0800, data: [...head, ...payload] };
  });

type Extension = { readonly kind: number; readonly length: number; readonly offset: number };
const extension: fc.Arbitrary<Extension> = fc.record({
  kind: fc.constantFrom(0, 43, 44, 51, 60),
  length: among(8, 0, 0, 1, 2),
  offset: among(16, 0, 0, 1, 8, 9, 6),
});
const ipv6 = fc
  .record({
    first: bytes(4),
    error: among(16, 0, 0, 0, 0, 1, 0xffff),
    hops: fc.nat(255),
    extensions: fc.oneof(fc.constant<Extension[]>([]), fc.array(extension, { maxLength: 5 })),
    l4: transport,
    addresses: bytes(32),
  })
  .map(({ first, error, hops, extensions, l4: [proto, payload], addresses }) => {
    const kinds = [...extensions.map(({ kind }) => kind), proto];
    const body = extensions.flatMap(({ kind, length, offset }, i) => {
      const size = kind === 44 ? 8 : kind === 51 ? (length + 2) * 4 : (length + 1) * 8;
      const rest = Array.from({ length: Math.max(0, size - 4) }, () => 0);
      return [kinds[i + 1]!, length, ...split(offset), ...rest];
    });
    const length = (body.length + payload.length + error) & 0xffff;
    return { type: 0x86dd, data: [...first, ...split(length), kinds[0]!, hops, ...addresses, ...body, ...payload] };
  });

const arp = fc
  .tuple(among(16, 0x0806, 0x8035), among(16, 1, 2, 0x0102), among(16, 1), bytes(20))
  .map(([type, op, hardware, rest]) => ({
    type,
    data: [...split(hardware), 8, 0, 6, 4, ...split(op), ...rest],
  }));
const other = fc
  .tuple(among(16, 0x1234, 0x8847, 0x894f, 0x88cc, 0x05ff, 0x0026), fc.array(fc.nat(255), { maxLength: 40 }))
  .map(([type, data]) => ({ type, data }));

/**
 * Frames of every kind, many of them hostile: lying lengths, headers that contradict each other, chains of extension headers, fragments, up to three tags, cut off anywhere.
 */
export const hostileFrames: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc
  .record({
    addresses: bytes(12),
    tags: fc.oneof(
      fc.constant<[number, number][]>([]),
      fc.array(fc.tuple(fc.constantFrom<number>(0x8100, 0x88a8), fc.nat(0xffff)), { maxLength: 3 }),
    ),
    inner: fc.oneof({ weight: 4, arbitrary: ipv4 }, { weight: 4, arbitrary: ipv6 }, arp, other),
    padding: fc.oneof(fc.constant(0), fc.nat(30)),
    cut: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ addresses, tags, inner, padding, cut }) => {
    const whole = [...addresses, ...tags.flatMap(([type, tci]) => [...split(type), ...split(tci)])];
    whole.push(...split(inner.type), ...inner.data, ...Array.from({ length: padding }, () => 0));
    return Uint8Array.from(whole).subarray(0, Math.max(14, Math.floor(whole.length * cut)));
  });
