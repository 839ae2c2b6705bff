import { foldSum, sumBytes } from "#wire/checksum.js";
import type { Frame } from "./frame.js";

/** The Internet checksum's sum of bytes [from, to) of a frame, folded; `from` counts as even. */
export function frameSum(frame: Frame, from: number, to: number): number {
  const { head, headAt, headLength, tail, tailAt } = frame;
  const border = Math.min(Math.max(headLength, from), to);
  const first = from < border ? foldSum(sumBytes(head, headAt + from, headAt + border)) : 0;
  if (border >= to) return first;
  const start = tailAt - headLength;
  const rest = foldSum(sumBytes(tail, start + border, start + to));
  // Behind an odd number of bytes, upper and lower halves change places.
  const placed = ((border - from) & 1) === 0 ? rest : ((rest & 0xff) << 8) | (rest >>> 8);
  return foldSum(first + placed);
}
