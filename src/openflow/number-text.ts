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
  const value = parseInteger(text);
  return value === undefined || value < 0n || value > BigInt(max) ? undefined : Number(value);
}

/** `0` or `0x…`. */
export function hexText(value: bigint | number): string {
  return Number(value) === 0 ? "0" : `0x${value.toString(16)}`;
}
