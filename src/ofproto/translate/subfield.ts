import { type Bits, getBitsAt, isFieldZero, setBitsAt, setField, subfield, unwildcard } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { formatFieldValue } from "#flow/format.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { prerequisiteHolds, unwildcardPrerequisite } from "#flow/prerequisites.js";
import { presenceBit } from "#flow/tlv-map.js";
import { formatSubfield, namedBits, type Subfield } from "#openflow/subfield.js";
import { EtherType } from "#wire/ethernet.js";
import type { TranslationContext } from "./context.js";

const places = new WeakMap<Subfield, Bits>();

/** The bits of a key that a subfield names. */
export function bitsOf(sub: Subfield): Bits {
  let bits = places.get(sub);
  if (bits === undefined) {
    bits = subfield(sub.field, sub.start, sub.bits);
    places.set(sub, bits);
  }
  return bits;
}

/** True where the packet has the header that a field is of; what that depends on is recorded. */
export function hasField(ctx: TranslationContext, { prerequisite }: Field): boolean {
  if (prerequisite === "none" || prerequisite === "ethernet") return true;
  unwildcardPrerequisite(ctx.mask, prerequisite, ctx.flow);
  return prerequisiteHolds(prerequisite, ctx.flow);
}

/** Records that a subfield was looked at, which a write of part of a header is too. */
export function lookAt(ctx: TranslationContext, sub: Subfield): void {
  unwildcard(ctx.mask, bitsOf(sub));
}

/** At most 53 bits of a subfield, looked at. */
export function readNumber(ctx: TranslationContext, sub: Subfield): number {
  lookAt(ctx, sub);
  let value = 0;
  for (let low = sub.bits - (sub.bits % 16 || 16); low >= 0; low -= 16) {
    value = value * 2 ** 16 + getBitsAt(ctx.flow, sub.field, sub.start + low, Math.min(16, sub.bits - low));
  }
  return value;
}

/** Writes a number of at most 53 bits; the bits written are recorded. */
export function writeNumber(ctx: TranslationContext, sub: Subfield, value: number): void {
  lookAt(ctx, sub);
  setField(ctx.flow, bitsOf(sub), value);
  written(ctx, sub.field);
}

/** Copies bits, the lowest first, from a place in one key to a place in another. */
export function copyBits(
  to: FlowKey,
  toField: Bits,
  toLow: number,
  from: FlowKey,
  fromField: Bits,
  fromLow: number,
  count: number,
): void {
  for (let i = 0; i < count; i += 32) {
    const n = Math.min(32, count - i);
    setBitsAt(to, toField, toLow + i, n, getBitsAt(from, fromField, fromLow + i, n));
  }
}

/** What follows from a field having been written: a VLAN header that is there has a type, one that is not has none; an option is there. */
export function written(ctx: TranslationContext, field: Field): void {
  const { flow } = ctx;
  if (field.word === W.vlan0) fitVlan(flow);
  else if (field.tlv !== undefined) setField(flow, presenceBit(field.tlv), 1);
}

/** Gives the outermost VLAN header a type where it has come to be there, and takes it where it is there no more. */
export function fitVlan(flow: FlowKey): void {
  const header = flow[W.vlan0]!;
  if ((header & VLAN_PRESENT) === 0) flow[W.vlan0] = header & 0xffff;
  else if (header >>> 16 === 0) flow[W.vlan0] = header | (EtherType.vlan << 16);
}

const exact = newKey().fill(0xffffffff);

/** Tells a trace what a subfield now has. */
export function noteValue(ctx: TranslationContext, sub: Subfield): void {
  if (ctx.trace === undefined) return;
  const { field, start, bits } = sub;
  ctx.trace.note(` -> ${formatSubfield(sub)} is now ${formatPart(ctx.flow, field, start, bits)}`);
}

function formatPart(flow: FlowKey, field: Field, start: number, bits: number): string {
  if (start === 0 && bits === namedBits(field)) return formatFieldValue(field, flow, exact);
  const part = subfield(field, start, bits);
  if (isFieldZero(flow, part)) return "0";
  let digits = "";
  for (let low = 0; low < bits; low += 4) {
    digits = getBitsAt(flow, field, start + low, Math.min(4, bits - low)).toString(16) + digits;
  }
  return `0x${digits.replace(/^0+/, "")}`;
}
