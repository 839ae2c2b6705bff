import { put32, u16, u32 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { hex, unhex } from "#util/hex.js";
import type { FlowKey } from "./key.js";
import { W } from "./layout.js";

/** Bytes that all options of a header take at most. */
const MOST = 252;

/** Options as bytes, and which bits of them matter. */
export interface GeneveOptions {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
}

/**
 * Geneve options (RFC 8926, section 3.5) as in `geneve({class=…,type=…,len=…,0x…}…)`; what is cut off is left out. Values of which not all bits are in
 * `mask` have it after a slash.
 */
export function formatGeneveOptions(bytes: Uint8Array, mask?: Uint8Array): string {
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + 4 * (bytes[at + 3]! & 0x1f);
    const bits = mask?.subarray(at + 4, end);
    const shownMask = bits === undefined || bits.every((b) => b === 0xff) ? "" : `/${number(bits)}`;
    const value = end === at + 4 ? "" : `,${number(bytes.subarray(at + 4, end))}${shownMask}`;
    text += `{class=${short(u16(bytes, at))},type=${short(bytes[at + 2]!)},len=${end - at - 4}${value}}`;
    at = end;
  }
  return text;
}

function number(bytes: Uint8Array): string {
  const digits = hex(bytes).replace(/^0+/, "");
  return digits === "" ? "0" : `0x${digits}`;
}

function short(value: number): string {
  return value === 0 ? "0" : `0x${value.toString(16)}`;
}

/** Reads what `formatGeneveOptions` writes; a value without a mask is exact. Throws `UserError` "Invalid argument", also where it is more than a header can have. */
export function parseGeneveOptions(text: string): GeneveOptions {
  const bytes: number[] = [];
  const mask: number[] = [];
  const digits = "(0x[0-9a-f]+|\\d+)";
  const pattern = new RegExp(`\\{class=${digits},type=${digits},len=(\\d+)(?:,${digits}(?:/${digits})?)?\\}`, "iy");
  while (pattern.lastIndex < text.length) {
    const m = pattern.exec(text);
    const [cls, type, length] = [Number(m?.[1]), Number(m?.[2]), Number(m?.[3])];
    if (m === null || !(cls <= 0xffff && type <= 0xff && length <= 124) || length % 4 !== 0) throw invalid();
    bytes.push(cls >> 8, cls & 255, type, length >> 2, ...bytesOf(m[4] ?? "0", length));
    mask.push(255, 255, 255, 255, ...(m[5] === undefined ? new Uint8Array(length).fill(255) : bytesOf(m[5], length)));
  }
  if (bytes.length > MOST) throw invalid();
  return { bytes: Uint8Array.from(bytes), mask: Uint8Array.from(mask) };
}

function bytesOf(text: string, length: number): Uint8Array {
  if (length === 0 && text === "0") return new Uint8Array(0);
  const digits = text.startsWith("0x") ? text.slice(2) : BigInt(text).toString(16);
  const value = unhex(digits.padStart(2 * length, "0"));
  if (value === undefined || value.length !== length) throw invalid();
  return value;
}

/*
 * In a datapath's key the tunnel metadata are the options as they stand in the header, in `W.tunMetadata` on, and their length in bytes is the second word of
 * `W.tunMetadataPresent`. Which option is which tun_metadata field is a bridge's affair (`tun-metadata.ts`).
 */

/** The options of a datapath's key, or the bits of a mask, `length` bytes. */
export function geneveOptionsOf(key: FlowKey, length: number): Uint8Array {
  const bytes = new Uint8Array((length + 3) & ~3);
  for (let i = 0; i < bytes.length; i += 4) put32(bytes, i, key[W.tunMetadata + (i >> 2)]!);
  return bytes.subarray(0, length);
}

/** Writes options to a datapath's key. */
export function setGeneveOptions(key: FlowKey, bytes: Uint8Array): void {
  key[W.tunMetadataPresent + 1] = bytes.length;
  for (let i = 0; i + 4 <= bytes.length; i += 4) key[W.tunMetadata + (i >> 2)] = u32(bytes, i);
}

function invalid(): UserError {
  return new UserError("Invalid argument");
}
