import { wordMask } from "#flow/access.js";
import type { Codepoint, Field } from "#flow/fields/field.js";
import { fields } from "#flow/fields/table.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { versionCodepoint } from "../actions/field-id.js";
import { portTo32 } from "../port-number.js";
import { type Version, versions } from "../version.js";
import type { WireWriter } from "../wire-writer.js";

/** Writes a field of a match, where the mask has any bit of it. */
export type FieldWriter = (key: FlowKey, mask: FlowMask, w: WireWriter) => void;

/** Fields with bits on the wire that nobody can match, so that the mask is never whole. */
const hasNamelessBits: ReadonlySet<string> = new Set(["tun_flags", "ct_state"]);

/** class:16 field:7 mask:1 length:8 as one number; the length counts the experimenter. */
export function tlvHeader({ class: cls, field, experimenter }: Codepoint, hasMask: boolean, values: number): number {
  const length = values + (experimenter === undefined ? 0 : 4);
  return ((cls << 16) | (field << 9) | (hasMask ? 0x100 : 0) | length) >>> 0;
}

/** Writes `bytes` bytes of a field's bits, zeros on the left. */
function writeBits(key: FlowKey, f: Field, bytes: number, w: WireWriter): void {
  const { word, words, shift } = f;
  const last = word + words - 1;
  for (let i = Math.ceil(bytes / 4) - 1; i >= 0; i--) {
    const at = last - i;
    let value = 0;
    if (at >= word) {
      value = (key[at]! & wordMask(f, at - word)) >>> shift;
      if (shift !== 0 && at > word) value |= (key[at - 1]! & wordMask(f, at - word - 1)) << (32 - shift);
    }
    const size = Math.min(4, bytes - 4 * i);
    if (size === 4) w.u32(value >>> 0);
    else if (size === 2) w.u16(value & 0xffff);
    else if (size === 1) w.u8(value & 0xff);
    else w.u8((value >>> 16) & 0xff).u16(value & 0xffff);
  }
}

function writerOf(f: Field, version: Version): FieldWriter {
  const c = versionCodepoint(f, version);
  const exact = tlvHeader(c, false, f.bytes);
  const masked = tlvHeader(c, true, 2 * f.bytes);
  const { experimenter } = c;
  const bits = Array.from({ length: f.words }, (_, i) => wordMask(f, i));
  const isNeverWhole = hasNamelessBits.has(f.name);
  const only = bits[0]!;
  if (f.format === "of11Port") {
    return (key, mask, w) => {
      if (mask[f.word] === 0) return;
      w.u32(exact);
      if (experimenter !== undefined) w.u32(experimenter);
      w.u32(portTo32(key[f.word]!));
    };
  }
  const long: FieldWriter = (key, mask, w) => {
    let any = 0;
    let isWhole = !isNeverWhole;
    for (let i = 0; i < bits.length; i++) {
      const m = (mask[f.word + i]! & bits[i]!) >>> 0;
      any |= m;
      if (m !== bits[i]) isWhole = false;
    }
    if (any === 0) return;
    w.u32(isWhole ? exact : masked);
    if (experimenter !== undefined) w.u32(experimenter);
    writeBits(key, f, f.bytes, w);
    if (!isWhole) writeBits(mask, f, f.bytes, w);
  };
  if (f.words !== 1) return long;
  return (key, mask, w) => {
    if ((mask[f.word]! & only) !== 0) long(key, mask, w);
  };
}

const writers: readonly (FieldWriter | undefined)[][] = versions.map(() => fields.map(() => undefined));

/** The writer of a field in a version's matches. */
export function fieldWriter(f: Field, version: Version): FieldWriter {
  const ofVersion = writers[version - 1]!;
  return (ofVersion[f.id] ??= writerOf(f, version));
}
