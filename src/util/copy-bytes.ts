/** Few bytes one by one: views of them, which would have to be made, cost more. */
const FEW = 256;

/** Copies `count` bytes of `from` at `fromAt` to `to` at `toAt`. Both may be of one memory only where the places do not overlap. */
export function copyBytes(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, count: number): void {
  if (count > FEW) to.set(from.subarray(fromAt, fromAt + count), toAt);
  else for (let i = 0; i < count; i++) to[toAt + i] = from[fromAt + i]!;
}
