import { KEY_WORDS } from "./layout.js";

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

/** Keys that lie behind one another in memory: making an array of its own for each costs far more. */
const KEPT_TOGETHER = 16;
let kept = new Uint32Array(0);
let next = 0;

/** A copy to be kept for long, of a key of which there are many. Some share memory, which is free when none of them is in use. */
export function keptKey(key: FlowKey): FlowKey {
  if (next === kept.length) {
    kept = new Uint32Array(KEPT_TOGETHER * KEY_WORDS);
    next = 0;
  }
  const copy = kept.subarray(next, next + KEY_WORDS);
  next += KEY_WORDS;
  copy.set(key);
  return copy;
}

/** Copies `from` over `to`. */
export function copyKey(to: FlowKey, from: FlowKey): void {
  to.set(from);
}

/** True where both keys (or masks) are the same in every bit. */
export function keysEqual(a: FlowKey, b: FlowKey): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if (a[i] !== b[i]) return false;
  return true;
}
