import type { Selection } from "#openflow/messages/group/selection.js";

/** Values of dp_hash that buckets share, at least and at most. */
const LEAST = 16;
const MOST = 256;

/** How a select group gives packets to its buckets by a hash that the datapath makes. */
export interface DpHash {
  readonly algorithm: "l4" | "sym_l4";
  readonly basis: number;
  /** Position of the bucket for each value of the hash's lower bits; as many as a power of two. */
  readonly map: Uint16Array;
}

/**
 * How a select group uses dp_hash; undefined where it chooses by fields itself: it was told so, it has no bucket of any weight, or telling the
 * weights apart takes too many values. `maxAlgorithm` is what the datapath has: 0 l4, 1 sym_l4 too.
 */
export function dpHashOf(
  { method, parameter }: Selection,
  weights: readonly number[],
  maxAlgorithm: number,
): DpHash | undefined {
  if (method === "hash") return undefined;
  const map = shareOut(weights);
  if (map === undefined) return undefined;
  const wanted = method === "" ? 1n : parameter >> 32n;
  const algorithm = wanted === 1n && maxAlgorithm >= 1 ? "sym_l4" : "l4";
  return { algorithm, basis: method === "" ? 0 : Number(parameter & 0xffffffffn), map };
}

/**
 * Shares hash values out to buckets by weight, after Webster: each value in turn goes to the bucket whose weight over its odd number (1, then 3, 5 … with
 * every value it has got) is greatest, the first of equals.
 */
export function shareOut(weights: readonly number[]): Uint16Array | undefined {
  const positive = weights.filter((w) => w > 0);
  if (positive.length === 0) return undefined;
  const total = positive.reduce((sum, w) => sum + w, 0);
  const needed = Math.ceil(total / positive.reduce((least, w) => Math.min(least, w)));
  const size = Math.max(LEAST, 2 ** Math.ceil(Math.log2(needed)));
  if (size > MOST) return undefined;
  const odd = weights.map(() => 1);
  return Uint16Array.from({ length: size }, () => {
    let best = 0;
    weights.forEach((weight, i) => {
      if (weight * odd[best]! > weights[best]! * odd[i]!) best = i;
    });
    odd[best]! += 2;
    return best;
  });
}
