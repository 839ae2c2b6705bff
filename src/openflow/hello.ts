import { encodeError } from "./error-message.js";
import { HEADER_LENGTH, MessageType, makeMessage, readHeader } from "./header.js";
import { ofpError } from "./ofp-error.js";
import { OF10, type Version, versions } from "./version.js";
import { WireReader } from "./wire-reader.js";
import { WireWriter } from "./wire-writer.js";

/** Versions as bits: bit n for the version whose number is n. */
export type VersionBitmap = number;

const VERSION_BITMAP = 1;
const BITMAP_ELEMENT_LENGTH = 8;

/** The bits of some versions. */
export function versionBitmap(of: readonly Version[]): VersionBitmap {
  return of.reduce((bits, v) => (bits | (1 << v)) >>> 0, 0);
}

/** The versions of some bits, oldest first. */
export function versionsOf(bitmap: VersionBitmap): Version[] {
  return versions.filter((v) => (bitmap & (1 << v)) !== 0);
}

/** The highest version of a bitmap that has one. */
function highestVersion(bitmap: VersionBitmap): number {
  return 31 - Math.clz32(bitmap);
}

/** All versions from 1.0 up to this: what a hello without a bitmap means. */
export function upTo(version: number): VersionBitmap {
  return version >= 31 ? 0xfffffffe : 2 ** (version + 1) - 2;
}

/**
 * The hello of a side that speaks these versions: its header has the highest. A bitmap goes with it where there is something to say that
 * the header does not.
 */
export function encodeHello(allowed: VersionBitmap, xid: number): Uint8Array {
  const version = highestVersion(allowed);
  const body = allowed === upTo(version) ? new Uint8Array() : helloElement(allowed);
  return makeMessage(version, MessageType.hello, xid, body);
}

/** The element that says which versions. */
export function helloElement(allowed: VersionBitmap): Uint8Array {
  return new WireWriter().u16(VERSION_BITMAP).u16(BITMAP_ELEMENT_LENGTH).u32(allowed).done();
}

/** What a peer's hello says. */
export interface Hello {
  readonly xid: number;
  /** The version in its header. */
  readonly version: number;
  readonly allowed: VersionBitmap;
  /** False where part of it could not be read; what could counts. */
  readonly wellFormed: boolean;
}

/**
 * Reads a hello. Elements that are unknown or empty are passed over; throws `OfpError` only where the header itself is not there. `warn` takes
 * complaints for the log, of upstream's module `ofp_util`.
 */
export function decodeHello(message: Uint8Array, warn: (text: string) => void = () => {}): Hello {
  const r = new WireReader(message, 0, message.length, ofpError("OFPBRC_BAD_LEN"));
  r.skip(HEADER_LENGTH);
  const { version, xid } = readHeader(message);
  let allowed = 0;
  let wellFormed = true;
  while (r.left >= 4) {
    const [type, length] = [r.u16(), r.u16()];
    if (length < 4 || length - 4 > r.left)
      return { version, xid, allowed: allowed || upTo(version), wellFormed: false };
    const element = r.slice(length - 4);
    r.skip(Math.min((8 - (length % 8)) % 8, r.left));
    const bits = type === VERSION_BITMAP ? bitmapOf(element, warn) : 0;
    if (bits === 0) wellFormed = false;
    else allowed = bits;
  }
  return { version, xid, allowed: allowed || upTo(version), wellFormed: wellFormed && r.left === 0 };
}

/** The first 32 bits of a bitmap element, bit 0 (no version) apart. */
function bitmapOf(element: WireReader, warn: (text: string) => void): VersionBitmap {
  if (element.left < 4 || element.left % 4 !== 0) return 0;
  const bits = element.u32();
  if ((bits & 1) !== 0) warn("peer claims to support invalid OpenFlow version 0x00");
  const allowed = (bits & ~1) >>> 0;
  if (allowed === 0) warn("peer does not support any OpenFlow version (between 0x01 and 0x1f)");
  return allowed;
}

/** The version that two sides speak: the highest of both; undefined where they have none in common. */
export function negotiate(ours: VersionBitmap, theirs: VersionBitmap): number | undefined {
  const both = ours & theirs;
  return both === 0 ? undefined : highestVersion(both);
}

/** Versions as a printed hello has them: `0x01, 0x04`. */
export function versionsText(bitmap: VersionBitmap): string {
  const all: string[] = [];
  for (let v = 0; v < 32; v++) if (((bitmap >>> v) & 1) !== 0) all.push(`0x${v.toString(16).padStart(2, "0")}`);
  return all.join(", ");
}

/** Versions as logs and failed hellos say them: `versions 0x01, 0x04`; `version 0x01`; where none is left out, `version 0x04 and earlier`. */
export function formatVersions(bitmap: VersionBitmap): string {
  if (bitmap === 0) return "no versions";
  const highest = highestVersion(bitmap);
  if (bitmap === (1 << highest) >>> 0) return `version ${versionsText(bitmap)}`;
  if (bitmap === upTo(highest)) return `version ${versionsText(1 << highest)} and earlier`;
  return `versions ${versionsText(bitmap)}`;
}

/** The error OFPHFC_INCOMPATIBLE that a side without a common version sends, in its peer's highest version where there is a codec for it. */
export function encodeIncompatible(ours: VersionBitmap, theirs: VersionBitmap): Uint8Array {
  const text = `We support ${formatVersions(ours)}, you support ${formatVersions(theirs)}, no common versions.`;
  const version = (versionsOf(theirs).at(-1) ?? OF10) as Version;
  return encodeError({ version, xid: 0, error: "OFPHFC_INCOMPATIBLE", data: new TextEncoder().encode(text) });
}

/** What the log says where there is no common version. */
export function negotiationFailure(ours: VersionBitmap, theirs: VersionBitmap): string {
  return `version negotiation failed (we support ${formatVersions(ours)}, peer supports ${formatVersions(theirs)})`;
}
