/**
 * Where bytes differ from those wanted, a line each: position, what it was, what it is, e.g. ` 1: 38 -> 28`; `(none)` where the other is longer.
 */
export function byteDifferences(before: Uint8Array, after: Uint8Array): string {
  const shown = (byte: number | undefined): string =>
    byte === undefined ? "(none)" : byte.toString(16).padStart(2, "0");
  let text = "";
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    if (before[i] !== after[i]) text += `${String(i).padStart(2)}: ${shown(before[i])} -> ${shown(after[i])}\n`;
  }
  return text;
}
