import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { PrefixTrie } from "./prefix-trie.js";

/**
 * The transport ports that rules of one mask match, source before destination, as prefixes of 32 bits. Where no rule has a packet's ports it tells
 * by how many bits that shows, so that not every other port makes a megaflow of its own.
 */
export class PortPrefixes {
  readonly #mask: number;
  /** Bits from the first to the last that the mask has. */
  readonly #length: number;
  readonly #trie = new PrefixTrie(1);

  /** `mask`: of the word with both ports, not 0. */
  constructor(mask: number) {
    this.#mask = mask;
    this.#length = 32 - trailingZeros(mask);
  }

  /** Counts one more rule with the ports of a key. */
  insert(key: FlowKey): void {
    this.#trie.insert(key, W.tp, this.#length);
  }

  /** Counts one rule less. */
  remove(key: FlowKey): void {
    this.#trie.remove(key, W.tp, this.#length);
  }

  /** The bits of the word with the ports that show that no rule has a key's ports; undefined where one may. */
  missing(key: FlowKey): number | undefined {
    masked[W.tp] = key[W.tp]! & this.#mask;
    this.#trie.lookup(masked, W.tp);
    if (this.#trie.has(this.#length)) return undefined;
    const { examined } = this.#trie;
    return this.#mask & (examined >= 32 ? -1 : ~(0xffffffff >>> examined));
  }
}

const masked = newKey();

const trailingZeros = (bits: number): number => 31 - Math.clz32(bits & -bits);
