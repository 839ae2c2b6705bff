import { CORE_WORDS, KEY_WORDS, W } from "./layout.js";

/** Everything known of a packet, as 32-bit words; `layout.ts` says where, the field table (`fields/table.ts`) which bits. */
export type FlowKey = Uint32Array;

/** Which bits of a key matter: same layout, one bits are significant. */
export type FlowMask = Uint32Array;

/** A key of zeros: an Ethernet packet of which nothing is known. As a mask: nothing matters. */
export function newKey(): FlowKey {
  return new Uint32Array(KEY_WORDS);
}

/** A copy of its own. */
export function cloneKey(key: FlowKey): FlowKey {
  return key.slice();
}

/** Copies `from` over `to`. */
export function copyKey(to: FlowKey, from: FlowKey): void {
  to.set(from);
}

/** How many words of a key say something: those behind are 0. */
export function wordsInUse(key: FlowKey): number {
  const present = key[W.tunMetadataPresent]! | key[W.tunMetadataPresent + 1]!;
  return present === 0 ? CORE_WORDS : KEY_WORDS;
}

/** True where both keys (or masks) are the same in every bit. */
export function keysEqual(a: FlowKey, b: FlowKey): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if (a[i] !== b[i]) return false;
  return true;
}
