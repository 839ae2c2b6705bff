import type { FlowKey } from "#flow/key.js";

/** Sets words of a key: triples (word, value, mask). */
export function setWords(key: FlowKey, words: Uint32Array): void {
  for (let i = 0; i < words.length; i += 3) {
    const w = words[i]!;
    key[w] = (key[w]! & ~words[i + 2]!) | words[i + 1]!;
  }
}
