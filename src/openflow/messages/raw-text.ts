import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";

/** Text that a peer sent in any coding, a character for each byte; it comes out as it came in. */
export type RawText = string;

/** Bytes up to the first zero, at most `most` of them. */
export function rawText(bytes: Uint8Array, most: number): RawText {
  const end = bytes.subarray(0, most).indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? most : end));
}

/** The bytes of such a text, at most `most`. */
export function rawBytes(text: RawText, most: number): Uint8Array {
  return Uint8Array.from(text.slice(0, most), (character) => character.charCodeAt(0));
}

/** Such a text for people: what its bytes are in UTF-8. */
export function showRawText(text: RawText): string {
  return new TextDecoder().decode(rawBytes(text, text.length));
}

/** Reads a field of `size` bytes, of which the last is not looked at. */
export function readRawText(r: WireReader, size: number): RawText {
  return rawText(r.copy(size), size - 1);
}

/** Writes a field as `readRawText` reads it. */
export function writeRawText(w: WireWriter, text: RawText, size: number): void {
  const bytes = rawBytes(text, size - 1);
  w.raw(bytes).zeros(size - bytes.length);
}
