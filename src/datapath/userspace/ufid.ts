import type { FlowKey } from "#flow/key.js";
import type { MaskShape } from "#flow/shape.js";

/** What the four words of a name begin with: nobody can know which flows will have one name. */
const seeds = Int32Array.from({ length: 4 }, () => (Math.random() * 0x100000000) | 0);

/**
 * The name of a megaflow, 32 hex digits: the same for the same bits under the same mask, and, as far as chance goes, for no others, while the process
 * lives.
 */
export function ufidOf(key: FlowKey, { mask, words }: MaskShape): string {
  let [a, b, c, d] = [seeds[0]!, seeds[1]!, seeds[2]!, seeds[3]!];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const bits = mask[word]!;
    const value = key[word]! & bits;
    a = Math.imul(a ^ value, -1640531535) + word;
    a ^= a >>> 15;
    b = Math.imul(b ^ bits ^ (value << 7) ^ (value >>> 25), -2048144777) + a;
    b ^= b >>> 13;
    c = Math.imul(c ^ value ^ (bits << 11), -1028477379) ^ b;
    c = (c << 13) | (c >>> 19);
    d = Math.imul(d ^ (value + word), 668265263) + c;
    d ^= d >>> 16;
  }
  a = Math.imul(a ^ d, -1640531535);
  b = Math.imul(b ^ a ^ (a >>> 15), -2048144777);
  c = Math.imul(c ^ b ^ (b >>> 13), -1028477379);
  d = Math.imul(d ^ c ^ (c >>> 16), 668265263);
  return hex(a) + hex(b) + hex(c) + hex(d ^ (d >>> 15));
}

const bytePairs: readonly string[] = Array.from({ length: 65536 }, (_, n) => n.toString(16).padStart(4, "0"));

const hex = (word: number): string => bytePairs[word >>> 16]! + bytePairs[word & 0xffff]!;
