/** An integer setting; the default where it is missing, malformed or out of range. */
export function integerSetting(text: string | undefined, fallback: number, min: number, max: number): number {
  if (text === undefined || !/^\s*[+-]?\d+$/.test(text)) return fallback;
  const value = Number.parseInt(text, 10);
  return value < min || value > max ? fallback : value;
}
