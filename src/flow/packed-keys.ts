import type { FlowKey } from "./key.js";
import { KEY_WORDS } from "./layout.js";

/** Words of memory that keys are packed into together; it is free when none of them is in use any more. */
const CHUNK = 1 << 13;
const MAP_WORDS = (KEY_WORDS + 31) >> 5;

let chunk = new Uint32Array(0);
let next = 0;

/**
 * A key to be kept for long, of which there are many: which of its words are not 0, and these. An array of its own would take several times the memory, and
 * cost more than all that is done with it.
 */
export class PackedKey {
  readonly #memory: Uint32Array;
  readonly #at: number;

  constructor(key: FlowKey) {
    if (next + MAP_WORDS + KEY_WORDS > chunk.length) {
      chunk = new Uint32Array(CHUNK);
      next = 0;
    }
    this.#memory = chunk;
    this.#at = next;
    let at = next + MAP_WORDS;
    for (let i = 0, w = 0; i < MAP_WORDS; i++) {
      let bits = 0;
      for (const end = Math.min(w + 32, KEY_WORDS); w < end; w++) {
        // Most words are 0: four at a time.
        if (w + 3 < end && (key[w]! | key[w + 1]! | key[w + 2]! | key[w + 3]!) === 0) {
          w += 3;
          continue;
        }
        const word = key[w]!;
        if (word === 0) continue;
        bits |= 1 << (w & 31);
        chunk[at++] = word;
      }
      chunk[next + i] = bits;
    }
    next = at;
  }

  /** Writes the whole key. */
  unpack(key: FlowKey): FlowKey {
    const memory = this.#memory;
    let at = this.#at + MAP_WORDS;
    key.fill(0);
    for (let i = 0; i < MAP_WORDS; i++) {
      for (let bits = memory[this.#at + i]!; bits !== 0; bits &= bits - 1) {
        key[i * 32 + 31 - Math.clz32(bits & -bits)] = memory[at++]!;
      }
    }
    return key;
  }
}
