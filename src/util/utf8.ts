const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes of no valid UTF-8 sequence are kept as this code unit plus the byte (0x80 to 0xff): half a surrogate pair. */
const escapeBase = 0xdc00;

/**
 * Decodes UTF-8. What is not valid is kept, each byte as half a surrogate pair (U+DC80 to U+DCFF), so that it can be told what was
 * wrong; `utf8Fault` does.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // The decoder's mark for what it could not read; valid text has it too, but seldom.
  return text.includes("\ufffd") ? decodeKeeping(bytes) : text;
}

function decodeKeeping(bytes: Uint8Array): string {
  let text = "";
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = bytes[at]! < 0x80 ? 1 : sequenceLength(bytes, at);
    if (size > 0) {
      at += size;
      continue;
    }
    text += decoder.decode(bytes.subarray(from, at)) + String.fromCharCode(escapeBase + bytes[at]!);
    from = ++at;
  }
  return text + decoder.decode(bytes.subarray(from));
}

/** The bytes of the sequence at an offset, or minus the bytes that it takes to see that there is none. */
function sequenceLength(bytes: ArrayLike<number>, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0) return -1;
  // No overlong forms, no surrogates, nothing beyond U+10FFFF (RFC 3629).
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return -(i + 1);
  }
  return length;
}

const anySurrogate = /[\ud800-\udfff]/;

/** The bytes of the first sequence of a decoded text that is no UTF-8, up to the one that shows it; undefined if all are. */
export function utf8Fault(text: string): readonly number[] | undefined {
  if (!anySurrogate.test(text)) return undefined;
  const at = text.search(/\p{Surrogate}/u);
  if (at < 0) return undefined;
  const bytes = bytesFrom(text, at, 4);
  return bytes.slice(0, Math.abs(sequenceLength(bytes, 0)));
}

/** Some bytes of a decoded text, as they came, with a NUL behind the last. */
function bytesFrom(text: string, start: number, count: number): number[] {
  const bytes: number[] = [];
  for (let at = start; at < text.length && bytes.length < count; at++) {
    const code = text.codePointAt(at)!;
    if (code > 0xffff) at++;
    if (code >= escapeBase + 0x80 && code <= escapeBase + 0xff) bytes.push(code - escapeBase);
    else if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code <= 0xffff) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f));
  }
  return bytes.length < count ? [...bytes, 0] : bytes;
}
