import { setFieldBig } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Load } from "#openflow/actions/load.js";
import type { SetField } from "#openflow/actions/set-field.js";
import type { SetTunnel } from "#openflow/actions/set-tunnel.js";
import type { WriteMetadata } from "#openflow/actions/write-metadata.js";
import type { TranslationContext } from "../context.js";
import { hasField, written } from "../subfield.js";

/** A write of constant bits, ready to be done: of each word the bits that change and what they become. */
interface Write {
  readonly words: readonly number[];
  readonly bits: readonly number[];
  readonly values: readonly number[];
  /** It is to an IP or ARP header, which is changed only where it is one (of a protocol, or an operation, that is not 0). */
  readonly looksAtProtocol: boolean;
}

/** By action, since actions of flows are done over and over. */
const writes = new WeakMap<object, Write>();

function writeOf(action: object, f: Field, value: bigint, mask: bigint): Write {
  const known = writes.get(action);
  if (known) return known;
  const [values, bits] = [newKey(), newKey()];
  setFieldBig(values, f, value & mask);
  setFieldBig(bits, f, mask);
  const words = Array.from({ length: f.words }, (_, i) => f.word + i).filter((w) => bits[w] !== 0);
  const made: Write = {
    words,
    bits: words.map((w) => bits[w]!),
    values: words.map((w) => values[w]!),
    looksAtProtocol: f.word >= W.nwSrc && f.word < W.arpHw + 3 && f !== dscp && !isNeighbour(f),
  };
  writes.set(action, made);
  return made;
}

const dscp = field("ip_dscp");
const isNeighbour = (f: Field): boolean => f.prerequisite.startsWith("nd");

function write(ctx: TranslationContext, f: Field, { words, bits, values, looksAtProtocol }: Write): void {
  const { flow, mask } = ctx;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    mask[w] = mask[w]! | bits[i]!;
    flow[w] = (flow[w]! & ~bits[i]!) | values[i]!;
  }
  if (looksAtProtocol) mask[W.nw] = mask[W.nw]! | 0xff;
  written(ctx, f);
}

/** `set_field`: the bits of its mask, where the packet has the field. */
export function translateSetField(ctx: TranslationContext, action: SetField): void {
  if (hasField(ctx, action.field)) write(ctx, action.field, writeOf(action, action.field, action.value, action.mask));
  else noteUnmet(ctx, action.field);
}

function noteUnmet(ctx: TranslationContext, { name }: Field): void {
  ctx.trace?.note(` >> unmet prerequisites for ${name}, set_field ignored`);
}

/** `load`. */
export function translateLoad(ctx: TranslationContext, action: Load): void {
  const { field: f, start, bits } = action.destination;
  if (!hasField(ctx, f)) {
    noteUnmet(ctx, f);
    return;
  }
  write(ctx, f, writes.get(action) ?? loadOf(action, f, start, bits));
}

function loadOf(action: Load, f: Field, start: number, bits: number): Write {
  const low = BigInt(start);
  return writeOf(action, f, action.value << low, ((1n << BigInt(bits)) - 1n) << low);
}

const tunnelId = field("tun_id");
const metadata = field("metadata");
const WHOLE = 0xffffffffffffffffn;

/** `set_tunnel`, `set_tunnel64`. */
export function translateSetTunnel(ctx: TranslationContext, action: SetTunnel): void {
  write(ctx, tunnelId, writes.get(action) ?? writeOf(action, tunnelId, action.id, WHOLE));
}

/** `write_metadata`. */
export function translateWriteMetadata(ctx: TranslationContext, action: WriteMetadata): void {
  write(ctx, metadata, writes.get(action) ?? writeOf(action, metadata, action.value, action.mask));
}
