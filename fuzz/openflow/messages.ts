import fc from "fast-check";
import { decodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { Message, MessageNumber } from "#openflow/messages/message.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { type Body, messageRows } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import { inRange, OF10, type Version, versions } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { families } from "../../test/differential/openflow-messages/families.js";
import { messagesOf } from "../../test/differential/openflow-messages/harness.js";
import { allow } from "./allow.js";

/** Messages of every family and version. */
export const legalMessages = (count: number): Uint8Array[] => families.flatMap((family) => messagesOf(family, count));

/** Bytes with their header's length made true. */
export function withLength(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes.subarray(0, 0xffff));
  if (copy.length < 8) return copy;
  copy[2] = copy.length >> 8;
  copy[3] = copy.length & 0xff;
  return copy;
}

type Change = (bytes: Uint8Array) => Uint8Array;

const at = fc.oneof(fc.nat(64), fc.nat(0xffff));
const numbers = fc.oneof(fc.nat(64), fc.constantFrom(0xffff, 0x8000, 0x7fff, 0xfff8, 0xff), fc.nat(0xffff));

/** Damage of one kind each. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(at, fc.nat(255)).map(([where, value]) => edit((copy) => (copy[where % copy.length] = value))),
  fc.tuple(at, fc.nat(7)).map(([where, bit]) => edit((copy) => (copy[where % copy.length]! ^= 1 << bit))),
  fc.tuple(at, numbers).map(([where, value]) =>
    edit((copy) => {
      const even = (where % copy.length) & ~1;
      copy[even] = value >> 8;
      if (even + 1 < copy.length) copy[even + 1] = value & 0xff;
    }),
  ),
  // A part cut out, doubled, or set elsewhere: lists grow, shrink and get out of step.
  fc.tuple(at, fc.nat(40)).map(
    ([where, size]): Change =>
      (bytes) => {
        const from = 8 + (where % Math.max(1, bytes.length - 8));
        return withLength(Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + size)]));
      },
  ),
  fc.tuple(at, at, fc.nat(80)).map(
    ([where, target, size]): Change =>
      (bytes) => {
        const from = where % bytes.length;
        const to = 8 + (target % Math.max(1, bytes.length - 8));
        return withLength(
          Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + size), bytes.subarray(to)]),
        );
      },
  ),
  fc.tuple(fc.uint8Array({ maxLength: 24 })).map(
    ([more]): Change =>
      (bytes) =>
        withLength(Buffer.concat([bytes, more])),
  ),
  fc.nat(80).map(
    (left): Change =>
      (bytes) =>
        withLength(bytes.subarray(0, Math.max(8, bytes.length - left))),
  ),
  fc.constantFrom(...versions).map((version) => edit((copy) => (copy[0] = version))),
);

function edit(by: (copy: Uint8Array) => unknown): Change {
  return (bytes) => {
    const copy = bytes.slice();
    by(copy);
    return copy;
  };
}

/** Messages with damage. */
export const damagedMessages = (messages: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...messages), fc.array(change, { maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce((now, by) => by(now), bytes));

/** Headers of every form of message, with any bytes behind them. */
export const anyMessages: fc.Arbitrary<Uint8Array> = fc
  .constantFrom(
    ...messageRows.flatMap(({ forms }) =>
      forms.flatMap(({ numbers: all, length }) =>
        all.flatMap((number) =>
          versions.filter((v) => inRange(number.range, v)).map((version) => ({ number, version, length })),
        ),
      ),
    ),
  )
  .chain(({ number, version, length: [min, unit] }) =>
    fc
      .nat(unit === 0 ? 0 : unit === 1 ? 96 : Math.ceil(160 / unit))
      .chain((n) => {
        const size = min + n * unit;
        const byte = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(8), fc.nat(40), fc.nat(255));
        return fc.array(byte, { minLength: size, maxLength: size });
      })
      .map((body) => message(number, version, body)),
  );

function message({ at: place, vendor, type }: MessageNumber, version: Version, body: readonly number[]): Uint8Array {
  const multipart = (version === OF10 ? 16 : 18) + (place === "reply" ? 1 : 0);
  const two = (n: number): number[] => [(n >> 8) & 0xff, n & 0xff];
  const four = (n: number): number[] => [...two(n >>> 16), ...two(n)];
  const stats =
    place === "type" ? [] : [...two(vendor === 0 ? type : 0xffff), 0, 0, ...(version === OF10 ? [] : four(0))];
  const vendors =
    vendor === 0 ? [] : [...four(vendor), ...four(type), ...(place !== "type" && version === OF10 ? four(0) : [])];
  const kind = place !== "type" ? multipart : vendor === 0 ? type : 4;
  return withLength(Uint8Array.from([version, kind, 0, 0, ...four(7), ...stats, ...vendors, ...body]));
}

/** The protocol that can say all that a message said. */
const protocolOf = ({ version, name }: Message): Protocol =>
  protocols.find((p) => p.version === version && p.tableId && p.nxm === (version === OF10 && name.startsWith("NX")))!;

const plain = (body: Body): string =>
  JSON.stringify(body, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

/** What a message says is once written and read; undefined where it cannot be written. */
function rewritten(message: Message): Message | undefined {
  const { body, version, xid, flags } = message;
  const options = { protocol: protocolOf(message), flags };
  const again = allow([UserError], () => encodeMessages(body, version, xid, options));
  return again?.length === 1 ? decodeMessage(again[0]!) : undefined;
}

/** Reads, prints and writes again. What was written is written the same. Throws what is no fault of the bytes. */
export function checkMessage(bytes: Uint8Array): void {
  try {
    for (const verbosity of [0, 1, 2, 3]) formatMessageBytes(bytes, { verbosity });
    const read = allow([OfpError], () => decodeMessage(bytes));
    // Some messages are read in versions that nobody knows.
    if (read === undefined || !versions.includes(read.version)) return;
    const once = rewritten(read);
    const twice = once && rewritten(once);
    if (once !== undefined && (twice === undefined || plain(twice.body) !== plain(once.body))) {
      throw new Error(`${plain(once.body)} came back as ${twice === undefined ? "nothing" : plain(twice.body)}`);
    }
  } catch (e) {
    throw new Error(`${hex(bytes)}: ${(e as Error).stack}`);
  }
}

/** Messages, damaged and made up. */
export function messageProperties(messages: readonly Uint8Array[]): fc.IProperty<unknown>[] {
  return [
    fc.property(damagedMessages(messages), checkMessage) as fc.IProperty<unknown>,
    fc.property(anyMessages, checkMessage) as fc.IProperty<unknown>,
    fc.property(fc.uint8Array({ maxLength: 64 }), checkMessage) as fc.IProperty<unknown>,
  ];
}
