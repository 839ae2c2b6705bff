/** Text that the C library's `strtoull(…, 0)` reads whole: decimal, `0x` hexadecimal, `0` octal, a sign. Undefined where it is none. */
export function parseInteger(text: string): bigint | undefined {
  const found = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (found === null) return undefined;
  const digits = found[2]!;
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return found[1] === "-" ? -value : value;
}

/** As `parseInteger`, from 0 to `max`. */
export function parseUnsigned(text: string, max = 0xffffffff): number | undefined {
  const quick = quickInteger(text);
  if (quick >= 0) return quick <= max ? quick : undefined;
  const value = parseInteger(text);
  return value === undefined || value < 0n || value > BigInt(max) ? undefined : Number(value);
}

/** `0` or `0x…`. */
export function hexText(value: bigint | number): string {
  return Number(value) === 0 ? "0" : `0x${value.toString(16)}`;
}

/**
 * The whole number of a text in the usual notations, decimal up to 15 digits or `0x` and up to 13; -1 for anything else, a number that
 * `parseInteger` could read among it.
 */
export function quickInteger(text: string): number {
  const length = text.length;
  let value = 0;
  if (text.charCodeAt(0) === 0x30 && length > 1) {
    if (text.charCodeAt(1) !== 0x78 || length < 3 || length > 15) return -1;
    for (let i = 2; i < length; i++) {
      const code = text.charCodeAt(i);
      const digit = code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
      if (digit < 0 || digit > 15 || (code > 0x39 && digit < 10)) return -1;
      value = value * 16 + digit;
    }
    return value;
  }
  if (length === 0 || length > 15) return -1;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
