import { BugError } from "#util/errors.js";
import type { FlowKey } from "./key.js";

interface Node {
  /** The prefix from the root: its first word, and the others where there are any. Bits beyond `length` are 0. */
  readonly first: number;
  readonly rest: readonly number[] | undefined;
  readonly length: number;
  /** Rules with exactly this prefix. */
  rules: number;
  zero: Node | undefined;
  one: Node | undefined;
}

/** A path-compressed binary trie of prefixes of one address field, counted. */
export class PrefixTrie {
  readonly #words: number;
  #root: Node | undefined;
  /** After `lookup`: how many leading bits decide the answer. */
  examined = 0;
  /** After `lookup`: bit n says that the value has a prefix of length n that is here. */
  readonly #lengths = new Uint32Array(5);

  /** `words`: 32-bit words of the field. */
  constructor(words: number) {
    this.#words = words;
  }

  /** Counts one more rule with the first `length` ≥ 1 bits of the value at `word` of `key`. */
  insert(key: FlowKey, word: number, length: number): void {
    let parent: Node | undefined;
    let node = this.#root;
    while (node !== undefined) {
      const common = commonLength(node, key, word, Math.min(node.length, length));
      if (common < node.length) {
        this.#replace(parent, node, this.#split(node, this.#leaf(key, word, length), common));
        return;
      }
      if (node.length === length) {
        node.rules++;
        return;
      }
      parent = node;
      node = bitAt(key, word, node.length) === 0 ? node.zero : node.one;
    }
    this.#replace(parent, undefined, this.#leaf(key, word, length));
  }

  /** Counts one rule less; throws `BugError` where there is none. */
  remove(key: FlowKey, word: number, length: number): void {
    let grandparent: Node | undefined;
    let parent: Node | undefined;
    let node = this.#root;
    while (node !== undefined && node.length < length) {
      grandparent = parent;
      parent = node;
      node = bitAt(key, word, node.length) === 0 ? node.zero : node.one;
    }
    if (
      node === undefined ||
      node.length !== length ||
      commonLength(node, key, word, length) < length ||
      node.rules === 0
    ) {
      throw new BugError("prefix is not in the trie");
    }
    node.rules--;
    if (node.rules > 0 || (node.zero !== undefined && node.one !== undefined)) return;
    this.#replace(parent, node, node.zero ?? node.one);
    // A branch left with one child and no rule of its own is no branch any more.
    if (parent !== undefined && parent.rules === 0 && (parent.zero === undefined || parent.one === undefined)) {
      this.#replace(grandparent, parent, parent.zero ?? parent.one);
    }
  }

  /** After `lookup`: whether a prefix of this length of the value is here. */
  has(length: number): boolean {
    return ((this.#lengths[length >>> 5]! >>> (length & 31)) & 1) !== 0;
  }

  /** Looks a value up; results are in `examined` and `has`. */
  lookup(key: FlowKey, word: number): void {
    this.#lengths.fill(0);
    this.examined = 0;
    let node = this.#root;
    while (node !== undefined) {
      const common = commonLength(node, key, word, node.length);
      if (common < node.length) {
        this.examined = common + 1;
        return;
      }
      this.examined = node.length;
      if (node.rules > 0) this.#lengths[node.length >>> 5]! |= 1 << (node.length & 31);
      if (node.zero === undefined && node.one === undefined) return;
      this.examined = node.length + 1;
      node = bitAt(key, word, node.length) === 0 ? node.zero : node.one;
    }
  }

  #leaf(key: FlowKey, word: number, length: number): Node {
    const wordAt = (i: number): number => key[word + i]! & leadingOnes(length - 32 * i);
    return this.#node(wordAt, length, 1);
  }

  /** A node for the first `common` bits above `node`, holding `added` as itself or as the other child. */
  #split(node: Node, added: Node, common: number): Node {
    const top = added.length === common ? added : this.#branch(added, common);
    if (bitOf(node, common) === 0) top.zero = node;
    else top.one = node;
    if (top !== added) {
      if (bitOf(added, common) === 0) top.zero = added;
      else top.one = added;
    }
    return top;
  }

  #branch(node: Node, length: number): Node {
    return this.#node((i) => wordOf(node, i) & leadingOnes(length - 32 * i), length, 0);
  }

  #node(wordAt: (i: number) => number, length: number, rules: number): Node {
    const first = wordAt(0);
    const rest = this.#words === 1 ? undefined : Array.from({ length: this.#words - 1 }, (_, i) => wordAt(i + 1));
    return { first, rest, length, rules, zero: undefined, one: undefined };
  }

  #replace(parent: Node | undefined, old: Node | undefined, by: Node | undefined): void {
    if (parent === undefined) this.#root = by;
    else if (old !== undefined ? parent.zero === old : bitOf(by!, parent.length) === 0) parent.zero = by;
    else parent.one = by;
  }
}

function leadingOnes(count: number): number {
  return count >= 32 ? -1 : count <= 0 ? 0 : ~(0xffffffff >>> count);
}

function wordOf(node: Node, i: number): number {
  return i === 0 ? node.first : node.rest![i - 1]!;
}

function bitAt(key: FlowKey, word: number, bit: number): number {
  return (key[word + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1;
}

function bitOf(node: Node, bit: number): number {
  return (wordOf(node, bit >>> 5) >>> (31 - (bit & 31))) & 1;
}

/** How many leading bits, up to `limit`, a node's prefix and a value have in common. */
function commonLength(node: Node, key: FlowKey, word: number, limit: number): number {
  for (let i = 0, length = 0; length < limit; i++, length += 32) {
    const same = Math.clz32(wordOf(node, i) ^ key[word + i]!);
    if (same < 32) return Math.min(limit, length + same);
  }
  return limit;
}
