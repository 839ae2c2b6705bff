import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { KEY_WORDS } from "./layout.js";
import { maskWords } from "./match.js";

/** Values of one match in an array of its own, which is smaller plain, or of many behind one another. */
export type CompactValues = Int32Array | number[];

/**
 * A mask with what is derived of it: its words, and straight-line code that hashes, compares and gathers exactly them.
 * Compact values are the masked words, in the order of `words`, as signed 32-bit numbers.
 */
export interface MaskShape {
  readonly mask: FlowMask;
  /** The same for equal masks only (`maskId`). */
  readonly id: string;
  /** Indexes of the words that are not 0, ascending. */
  readonly words: readonly number[];
  /** What its hash depends on. */
  readonly seed: number;
  /** A 32-bit hash (signed) of a key's masked words. */
  readonly hash: (key: FlowKey) => number;
  /** Compares a key's masked words with the compact values from `at` on. */
  readonly equal: (key: FlowKey, values: CompactValues, at: number) => boolean;
  /** Stores a key's masked words as compact values from `at` on. */
  readonly gather: (key: FlowKey, values: CompactValues, at: number) => void;
}

/** The most shapes kept for sharing; more may be in use. */
const CACHED_SHAPES = 4096;

const cache = new Map<string, MaskShape>();

/** The shape that was last asked for of each hash of masks: finding it again needs no text. */
const recent = new Map<number, MaskShape>();

let seed = 1;

/** Has the hashes of shapes that are made from now on depend on a 32-bit number. For a program's beginning: what was hashed before stays as it is. */
export function seedHashes(number: number): void {
  seed = number | 0;
  cache.clear();
  recent.clear();
  latest = undefined;
}

/** The last answer: most often it is asked for again. */
let latest: MaskShape | undefined;

/** The shape of a mask; shared among equal masks as far as the cache reaches. */
export function shapeOf(mask: FlowMask): MaskShape {
  if (latest !== undefined && sameMask(latest.mask, mask)) return latest;
  latest = findShape(mask);
  return latest;
}

function findShape(mask: FlowMask): MaskShape {
  const hash = maskHash(mask);
  const last = recent.get(hash);
  if (last !== undefined && sameMask(last.mask, mask)) return last;
  const shape = cachedShape(mask);
  if (recent.size >= CACHED_SHAPES) recent.clear();
  recent.set(hash, shape);
  return shape;
}

function cachedShape(mask: FlowMask): MaskShape {
  const words = maskWords(mask);
  const id = maskId(mask, words);
  const known = cache.get(id);
  if (known !== undefined) return known;
  const shape = makeShape(mask.slice(), id, words);
  if (cache.size >= CACHED_SHAPES) cache.delete(cache.keys().next().value!);
  cache.set(id, shape);
  return shape;
}

function maskHash(mask: FlowMask): number {
  let hash = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) hash = Math.imul(hash ^ mask[i]! ^ i, -1640531535);
  return hash ^ (hash >>> 15);
}

/** Four words at a time: it is asked of every new flow, whose mask most often is the last one's. */
function sameMask(a: FlowMask, b: FlowMask): boolean {
  let i = 0;
  for (; i + 3 < KEY_WORDS; i += 4) {
    const other = (a[i]! ^ b[i]!) | (a[i + 1]! ^ b[i + 1]!) | (a[i + 2]! ^ b[i + 2]!) | (a[i + 3]! ^ b[i + 3]!);
    if (other !== 0) return false;
  }
  for (; i < KEY_WORDS; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A text that is the same for equal masks only. */
export function maskId(mask: FlowMask, words: readonly number[] = maskWords(mask)): string {
  let id = "";
  for (const w of words) id += `${w}:${mask[w]!.toString(36)},`;
  return id;
}

/** Writes compact values of a shape into a key: the shape's words are set, others are left. */
export function scatter(shape: MaskShape, values: CompactValues, at: number, key: FlowKey): void {
  for (let i = 0; i < shape.words.length; i++) key[shape.words[i]!] = values[at + i]!;
}

/** The key that compact values stand for, as a new key. */
export function expand(shape: MaskShape, values: CompactValues, at = 0): FlowKey {
  const key = newKey();
  scatter(shape, values, at, key);
  return key;
}

function makeShape(mask: FlowMask, id: string, words: readonly number[]): MaskShape {
  const hashCode = `${loads(mask, words)}${mixes(words, seed)}return h;`;
  const equalCode = `return ${words.map((w, i) => `v[a+${i}]===(k[${w}]&${mask[w]! | 0})`).join("&&") || "true"};`;
  const gatherCode = words.map((w, i) => `v[a+${i}]=k[${w}]&${mask[w]! | 0};`).join("");
  return {
    mask,
    id,
    words,
    seed,
    hash: new Function("k", hashCode) as MaskShape["hash"],
    equal: new Function("k", "v", "a", equalCode) as MaskShape["equal"],
    gather: new Function("k", "v", "a", gatherCode) as MaskShape["gather"],
  };
}

/** Source text that loads a mask's words of key `k` into w0, w1, … */
export function loads(mask: FlowMask, words: readonly number[]): string {
  return words.map((w, i) => `const w${i}=k[${w}]&${mask[w]! | 0};`).join("");
}

/**
 * Source text that mixes w0, w1, … into a signed 32-bit hash `h`. Each word's halves are folded, then multiplied by an odd number of its own: these
 * do not wait for one another, which a chain of mixing would. The end carries every bit down to those that choose a place. The numbers follow from the seed, so
 * that nobody who does not know it can make keys that all have one hash.
 */
export function mixes(words: readonly number[], seed: number): string {
  const terms = words.map((_, i) => `+Math.imul(w${i}^(w${i}>>>16),${scramble(seed + i * GOLDEN) | 1})`);
  return `let h=${words.length}${terms.join("")}|0;h=Math.imul(h^(h>>>16),-2048144777);h^=h>>>13;h=Math.imul(h,-1028477379);h^=h>>>16;`;
}

function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), -2048144777);
  h = Math.imul(h ^ (h >>> 13), -1028477379);
  return h ^ (h >>> 16);
}

const GOLDEN = 0x9e3779b1;
