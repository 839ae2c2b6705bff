import { OfpError, ofpError } from "../ofp-error.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";

const HEADER = 4;
const EXPERIMENTER = 0xffff;
const EXPERIMENTER_HEADER = 12;

/** A property that has no meaning here: its bytes are kept. `data` is what comes behind type and length, without padding. */
export interface OtherProperty {
  readonly type: number;
  readonly data: Uint8Array;
}

/** A property whose header was read. */
export interface ReadProperty {
  readonly type: number;
  /** 0 in properties of the standard. */
  readonly vendor: number;
  /** The experimenter's type, or `type` in properties of the standard. */
  readonly subtype: number;
  /** What comes behind the header, and behind an experimenter's numbers. */
  readonly body: WireReader;
  /** The property as it is, for those that have no meaning. */
  other(): OtherProperty;
}

const badLength: () => OfpError = ofpError("OFPBPC_BAD_LEN");

/**
 * Reads properties to the reader's end: type and length of 16 bits, of which the length does not count the padding to 8 bytes.
 * Types from `firstExperimenter` on have an experimenter's numbers. Throws OFPBPC_BAD_LEN where a length lies, OFPBPC_BAD_EXPERIMENTER for an experimenter 0.
 */
export function* readProperties(r: WireReader, firstExperimenter: number = EXPERIMENTER): Generator<ReadProperty> {
  while (r.left > 0) {
    if (r.left < HEADER) throw badLength();
    const start = r.at;
    const type = r.u16();
    const length = r.u16();
    const padded = (length + 7) & ~7;
    if (length < HEADER || padded > r.left + HEADER) throw badLength();
    const body = r.slice(length - HEADER, badLength);
    r.skip(padded - length);
    let vendor = 0;
    let subtype = type;
    if (type >= firstExperimenter) {
      if (length < EXPERIMENTER_HEADER) throw badLength();
      vendor = body.u32();
      if (vendor === 0) throw new OfpError("OFPBPC_BAD_EXPERIMENTER");
      subtype = body.u32();
    }
    const other = (): OtherProperty => ({ type, data: r.bytes.slice(start + HEADER, start + length) });
    yield { type, vendor, subtype, body, other };
  }
}

/** Writes a property of the standard, and the padding to 8 bytes. */
export function writeProperty(w: WireWriter, type: number, body: () => void): void {
  const start = w.length;
  w.u16(type).u16(0);
  body();
  w.patch16(start + 2, w.length - start);
  w.align(8, start);
}

/** Writes an experimenter's property, and the padding to 8 bytes. */
export function writeExperimenterProperty(w: WireWriter, vendor: number, subtype: number, body: () => void): void {
  writeProperty(w, EXPERIMENTER, () => {
    w.u32(vendor).u32(subtype);
    body();
  });
}

/** Writes properties that were kept as they were. */
export function writeOtherProperties(w: WireWriter, properties: readonly OtherProperty[] | undefined): void {
  for (const { type, data } of properties ?? []) writeProperty(w, type, () => w.raw(data));
}
