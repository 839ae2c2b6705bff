import type { WireReader } from "../wire-reader.js";

/**
 * Reads elements to the reader's end. Where one is at fault, `partial` is told of those before it (it has `ctx.partial` print them), and the
 * error goes on.
 */
export function readElements<T>(r: WireReader, read: () => T, partial: (before: readonly T[]) => void): readonly T[] {
  const found: T[] = [];
  while (r.left > 0) {
    try {
      found.push(read());
    } catch (error) {
      partial(found);
      throw error;
    }
  }
  return found;
}
