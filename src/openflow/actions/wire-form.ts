import { NICIRA_VENDOR, ONF_VENDOR } from "../errors/error-row.js";
import type { Version, VersionRange } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action } from "./action.js";

/** Where an action has its number: `vendor` 0 is the standard. */
export interface ActionNumber {
  readonly range: VersionRange;
  readonly vendor: number;
  readonly type: number;
  /** Read in these versions, and never written. */
  readonly readOnly?: true;
}

/** A standard number. */
export const of = (range: VersionRange, type: number): ActionNumber => ({ range, vendor: 0, type });
/** A number of Nicira's. */
export const nx = (range: VersionRange, type: number): ActionNumber => ({ range, vendor: NICIRA_VENDOR, type });

/** A number that is only read: what these versions write has another. */
export const readAs = (id: ActionNumber): ActionNumber => ({ ...id, readOnly: true });

/** A number of ONF's extensions. */
export const onf = (range: VersionRange, type: number): ActionNumber => ({ range, vendor: ONF_VENDOR, type });

/** What reading a body may need. */
export interface DecodeContext {
  readonly version: Version;
  /** Reads actions within an action, to the reader's end. Those of conntrack stand in `ct` only. */
  actions(r: WireReader, within?: "ct"): Action[];
}

/** What writing a body may need. */
export interface EncodeContext {
  readonly version: Version;
  /** Writes actions within an action. */
  actions(list: readonly Action[], w: WireWriter): void;
}

/** One way in which versions spell an action. The body is what follows type and length, or a vendor's number and subtype. */
export interface WireForm<A> {
  readonly ids: readonly ActionNumber[];
  /** Never read: another row's form of the same number is. */
  readonly writeOnly?: true;
  /** Read only by who asks for debugging actions. */
  readonly debug?: true;
  /** Bytes of the whole action, headers and padding included: the least and the most. */
  readonly length: readonly [min: number, max: number];
  /** Reads a body. Its reader ends where the action does; throws `OfpError`. */
  decode(r: WireReader, ctx: DecodeContext): A;
  /** False for values that only another form, or none, can say. Default: all. */
  canSay?(action: A, version: Version): boolean;
  /** Writes a body; padding to 8 bytes is added. */
  encode(action: A, w: WireWriter, ctx: EncodeContext): void;
}

/** The longest there can be. */
export const LONGEST = 65528;

/** A form without a body. */
export function bare<A>(action: A, ...ids: readonly ActionNumber[]): WireForm<A> {
  const body = ids[0]!.vendor === 0 ? 4 : 6;
  return {
    ids,
    length: body === 4 ? [8, 8] : [16, 16],
    decode: () => action,
    encode: (_action, w) => void w.zeros(body),
  };
}

/** A form whose body is one number of `bits`, with `before` zeros before it. Zeros are written after it; anything is read there. */
export function numberForm<A>(
  ids: readonly ActionNumber[],
  bits: 8 | 16 | 32,
  before: number,
  get: (action: A) => number,
  make: (n: number, version: Version) => A,
  canSay?: (action: A, version: Version) => boolean,
): WireForm<A> {
  const body = ids[0]!.vendor === 0 ? 4 : 6;
  return {
    ids,
    length: body === 4 ? [8, 8] : [16, 16],
    decode: (r, { version }) => {
      r.skip(before);
      return make(bits === 8 ? r.u8() : bits === 16 ? r.u16() : r.u32(), version);
    },
    ...(canSay && { canSay }),
    encode: (action, w) => {
      w.zeros(before);
      if (bits === 8) w.u8(get(action));
      else if (bits === 16) w.u16(get(action));
      else w.u32(get(action));
      w.zeros(body - before - bits / 8);
    },
  };
}
