import fc from "fast-check";
import { decodeMessage, encodeMessages, readEnvelope } from "#openflow/messages/codec.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import { type Version, versions } from "#openflow/version.js";
import { hex } from "#util/hex.js";
import { printAloneReal, printManyReal } from "./real-ofctl.js";

/** A message to be made. */
export interface Sample {
  readonly body: Body;
  /** Which of a version's forms; default: the standard's where there is one. */
  readonly protocol?: Protocol;
  /** Of multipart messages. */
  readonly flags?: number;
}

/** A family of messages, and how to make any of them. */
export interface MessageFamily {
  readonly name: string;
  /** Generators of the samples that a version can say, or of bytes. None where the version has no such message. */
  samples(version: Version): readonly fc.Arbitrary<Sample | Uint8Array>[];
  /** What ours prints otherwise on purpose: true where a difference is such. */
  differs?(difference: Difference): boolean;
}

/** Bytes that two programs print in different words. */
export interface Difference {
  readonly hex: string;
  readonly verbosity: number;
  readonly real: string;
  readonly ours: string;
}

/** How many samples of a family, and which. */
export const seed: number = Number(process.env["WEFT_SEED"] ?? 1);
export const runs: number = Number(process.env["WEFT_RUNS"] ?? 300);

/** Messages of the family in all versions, about `count`. Fewer where some take several messages. */
export function messagesOf(family: MessageFamily, count: number): Uint8Array[] {
  const perVersion = versions.map((version) => family.samples(version));
  const generators = perVersion.reduce((n, list) => n + list.length, 0);
  const each = Math.max(1, Math.ceil(count / Math.max(1, generators)));
  return perVersion.flatMap((list, i) =>
    list.flatMap((arbitrary, j) => {
      const found = fc.sample<Sample | Uint8Array>(arbitrary, { seed: seed + 100 * i + j, numRuns: each });
      return found.flatMap((one, k) => (one instanceof Uint8Array ? [one] : encoded(one, versions[i]!, k)));
    }),
  );
}

function encoded({ body, protocol, flags }: Sample, version: Version, xid: number): Uint8Array[] {
  const options = { ...(protocol !== undefined && { protocol }), ...(flags !== undefined && { flags }) };
  return encodeMessages(body, version, xid, options);
}

/** What differs where both print these messages at verbosity 1 or more. */
export async function differences(
  family: MessageFamily,
  messages: readonly Uint8Array[],
  verbosity: number,
): Promise<Difference[]> {
  const real = await printManyReal(messages, verbosity);
  const found = messages.flatMap((bytes, i): Difference[] => {
    const ours = printOurs(bytes, verbosity).text;
    return ours === real[i] ? [] : [{ hex: hex(bytes), verbosity, real: real[i]!, ours }];
  });
  return found.filter((d) => family.differs?.(d) !== true);
}

/** What differs where both print one message and log what is wrong with it. */
export async function differencesAlone(
  family: MessageFamily,
  bytes: Uint8Array,
  verbosity: number,
): Promise<Difference[]> {
  const real = await printAloneReal(bytes, verbosity);
  const ours = printOurs(bytes, verbosity);
  const whole = (p: { text: string; log: readonly string[] }): string =>
    p.text + p.log.map((l) => (codecs.test(l) ? "" : `log ${l}\n`)).join("");
  const difference = { hex: hex(bytes), verbosity, real: whole(real), ours: whole(ours) };
  return difference.real === difference.ours || family.differs?.(difference) === true ? [] : [difference];
}

/** Upstream's codecs of matches and actions log more than their error; ours say it in the error. */
const codecs = /^(ofp_actions|nx_match|meta_flow)\||^0000/;

function printOurs(bytes: Uint8Array, verbosity: number): { text: string; log: string[] } {
  const log: string[] = [];
  try {
    const text = formatMessageBytes(bytes, { verbosity, warn: (module, words) => log.push(`${module}|WARN|${words}`) });
    return { text, log };
  } catch (e) {
    return { text: `ours threw ${(e as Error).stack}`, log };
  }
}

/** Messages that were read and written again, and are not what they were. */
export function changedByReading(messages: readonly Uint8Array[]): string[] {
  return messages.flatMap((bytes) => {
    const { body, version, xid, flags, name } = decodeMessage(bytes);
    // Nicira's form again, and table numbers where flow mods have them.
    const protocol = protocols.find((p) => p.version === version && p.tableId && p.nxm === name.startsWith("NX"));
    const again = encodeMessages(body, version, xid, { flags, ...(protocol && { protocol }) })
      .map(hex)
      .join(" ");
    const same = again === hex(bytes) || sameBody(again, body);
    return same ? [] : [`${hex(bytes)} became ${again}`];
  });
}

/** True where bytes of another form say the same. */
function sameBody(text: string, body: Body): boolean {
  if (text.includes(" ")) return false;
  const again = decodeMessage(Uint8Array.from(Buffer.from(text, "hex"))).body;
  return plain(again) === plain(body);
}

const plain = (body: Body): string =>
  JSON.stringify(body, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));

type Change = readonly [kind: number, at: number, value: number];

/**
 * Copies of messages with damage in their bodies: bytes flipped, 16-bit numbers (lengths, types, counts) set to others, the end cut
 * off or drawn out. The header keeps telling the true length.
 */
export function damaged(messages: readonly Uint8Array[], count: number): Uint8Array[] {
  const change: fc.Arbitrary<Change> = fc.tuple(fc.nat(7), fc.nat(0xffff), fc.nat(0xffff));
  const plans = fc.sample(fc.tuple(fc.nat(0xfffff), fc.array(change, { minLength: 1, maxLength: 2 })), {
    seed,
    numRuns: count,
  });
  return plans.map(([which, changes]) => {
    const bytes = messages[which % messages.length]!;
    return changes.reduce((now, c) => damage(now, c, readEnvelope(bytes).reader.at), bytes);
  });
}

function damage(bytes: Uint8Array, [kind, where, value]: Change, body: number): Uint8Array {
  const room = bytes.length - body;
  if (kind === 7) return withLength(Buffer.concat([bytes, new Uint8Array((value % 16) + 1)]));
  if (room <= 0) return bytes;
  if (kind === 6) return withLength(bytes.slice(0, bytes.length - 1 - (value % Math.min(room, 24))));
  const copy = bytes.slice();
  // Near the beginning lie most of the fields.
  const at = body + (where % (kind < 3 ? Math.min(room, 48) : room));
  const even = at & ~1;
  if (kind === 0 || kind === 3) copy[at] = value;
  else if (kind === 1 || kind === 4) copy[at] = copy[at]! ^ (1 << (value % 8));
  else if (even >= body && even + 1 < copy.length) {
    const old = (copy[even]! << 8) | copy[even + 1]!;
    const next = [old + 1, old - 1, old + 8, old - 8, 0, 4, 0xffff, value % 64][value % 8]!;
    copy[even] = (next >> 8) & 0xff;
    copy[even + 1] = next & 0xff;
  }
  return copy;
}

function withLength(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes.subarray(0, 0xffff));
  copy[2] = copy.length >> 8;
  copy[3] = copy.length & 0xff;
  return copy;
}

/** Differences as a failed test shows them: the first few of each kind, with what prints them again. */
export function report(found: readonly Difference[]): string {
  const shown = found
    .slice(0, 8)
    .map((d) => `ovs-ofctl ofp-print ${d.hex} ${d.verbosity}\n  real: ${d.real}  ours: ${d.ours}`);
  return [...shown, ...(found.length > shown.length ? [`(${found.length} in all)`] : [])].join("");
}
