import type { FlowKey, FlowMask } from "./key.js";
import { KEY_WORDS } from "./layout.js";
import type { TlvMap } from "./tlv-map.js";

/** Packets whose key equals `key` in every bit that is set in `mask`. Bits of `key` outside the mask are 0. */
export interface Match {
  readonly key: FlowKey;
  readonly mask: FlowMask;
  /** Where the match's tunnel metadata are; undefined where it has none. */
  readonly tlvs?: TlvMap;
}

/** Keys are cut from buffers of so many: an array of its own for each costs more than all that is done with it. */
const POOL = 64;
let pool: ArrayBuffer = new ArrayBuffer(0);
let poolAt = 0;

/** As `newKey`, from memory that others are cut from too. */
function pooledKey(): FlowKey {
  if (poolAt === pool.byteLength) {
    pool = new ArrayBuffer(POOL * KEY_BYTES);
    poolAt = 0;
  }
  const key = new Uint32Array(pool, poolAt, KEY_WORDS);
  poolAt += KEY_BYTES;
  return key;
}

const KEY_BYTES = 4 * KEY_WORDS;

/** Every packet. Fill it in with `setField(match.key, …)` and `unwildcard(match.mask, …)`. */
export function newMatch(): Match {
  return { key: pooledKey(), mask: pooledKey() };
}

/** A match of its own of these bits; bits of `key` outside the mask are dropped. */
export function makeMatch(key: FlowKey, mask: FlowMask): Match {
  const match = { key: key.slice(), mask: mask.slice() };
  applyMask(match.key, mask);
  return match;
}

/** Sets to 0 what the mask does not hold. */
export function applyMask(key: FlowKey, mask: FlowMask): void {
  for (let i = 0; i < KEY_WORDS; i++) key[i] = key[i]! & mask[i]!;
}

/** True where two keys agree in every bit of a mask. */
export function equalUnder(mask: FlowMask, a: FlowKey, b: FlowKey): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if (((a[i]! ^ b[i]!) & mask[i]!) !== 0) return false;
  return true;
}

/** True where a packet of this key is one of the match. */
export function matches(match: Match, key: FlowKey): boolean {
  return equalUnder(match.mask, match.key, key);
}

/** Adds the bits of `from` to `mask`. */
export function foldMask(mask: FlowMask, from: FlowMask): void {
  for (let i = 0; i < KEY_WORDS; i++) mask[i] = mask[i]! | from[i]!;
}

/** True where every bit of `inner` is in `outer`. */
export function maskCovers(outer: FlowMask, inner: FlowMask): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if ((inner[i]! & ~outer[i]!) !== 0) return false;
  return true;
}

/** True where some packet is of both matches. */
export function matchesOverlap(a: Match, b: Match): boolean {
  for (let i = 0; i < KEY_WORDS; i++) {
    if (((a.key[i]! ^ b.key[i]!) & a.mask[i]! & b.mask[i]!) !== 0) return false;
  }
  return true;
}

/** True where every packet of `inner` is also of `outer`: what a loose flow-mod selects. */
export function matchIncludes(outer: Match, inner: Match): boolean {
  return maskCovers(inner.mask, outer.mask) && equalUnder(outer.mask, outer.key, inner.key);
}

/** The words of a mask that are not 0, ascending. */
export function maskWords(mask: FlowMask): number[] {
  const words: number[] = [];
  for (let i = 0; i < KEY_WORDS; i++) if (mask[i] !== 0) words.push(i);
  return words;
}
