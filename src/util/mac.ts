/** Reads `xx:xx:xx:xx:xx:xx` (one or two hex digits each); undefined where the text is not an Ethernet address. */
export function parseMac(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(6);
  let at = 0;
  for (let i = 0; i < 6; i++) {
    const first = hexDigit(text.charCodeAt(at));
    if (first < 0) return undefined;
    const second = hexDigit(text.charCodeAt(at + 1));
    at += second < 0 ? 1 : 2;
    bytes[i] = second < 0 ? first : first * 16 + second;
    if (i < 5 && text.charCodeAt(at++) !== 0x3a) return undefined;
  }
  return at === text.length ? bytes : undefined;
}

/** The value of a hex digit's code; negative where it is none, as NaN is. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const octets: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** The six bytes at `at` as `xx:xx:xx:xx:xx:xx`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  let text = octets[bytes[at] ?? 0]!;
  for (let i = 1; i < 6; i++) text += `:${octets[bytes[at + i] ?? 0]}`;
  return text;
}

/** An address of its upper 16 and its lower 32 bits, in the same form. */
export function formatMacWords(high: number, low: number): string {
  return `${octets[(high >>> 8) & 255]}:${octets[high & 255]}:${octets[low >>> 24]}:${octets[(low >>> 16) & 255]}:${octets[(low >>> 8) & 255]}:${octets[low & 255]}`;
}
