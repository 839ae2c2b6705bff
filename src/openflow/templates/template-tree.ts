import { i32, u16 } from "#util/big-endian.js";
import { type Part, partSize } from "./flow-parts.js";
import type { Hole } from "./hole.js";

/** After some bytes: what comes next, and where each value of it leads. */
class Node<T> {
  /** Bytes to pass over before the next that count. */
  skip = 0;
  /** Where it is not 0: 16 bits beyond this are not passed over but counted, from `beyond` on. */
  limit = 0;
  beyond: Node<T> | undefined = undefined;
  /** How many bytes count together: 1, 2 or 4. Not known before something follows. */
  width = 0;
  /** The commonest way on, beside all others. */
  value = 0;
  next: Node<T> | undefined = undefined;
  others: Map<number, Node<T>> | undefined = undefined;
  /** What there is for bytes that end here. */
  leaf: T | undefined = undefined;
}

/**
 * Finds what is known of bytes by all of them but some: what a position's bytes are, those before it say. Bounded in size by whoever adds.
 */
export class TemplateTree<T> {
  readonly #root = new Node<T>();
  /** Where the holes of the bytes that were looked up last are. */
  readonly holes: Int32Array = new Int32Array(LONGEST);

  find(bytes: Uint8Array, from: number, end: number): T | undefined {
    const { holes } = this;
    let node = this.#root;
    let at = from;
    let count = 0;
    while (true) {
      if (node.skip !== 0) {
        if (node.limit === 0 || at + 2 > end || u16(bytes, at) <= node.limit) {
          holes[count++] = at;
          at += node.skip;
        } else if (node.beyond === undefined) return undefined;
        else node = node.beyond;
      }
      if (at >= end) return at === end ? node.leaf : undefined;
      const { width } = node;
      if (width === 0 || at + width > end) return undefined;
      const value = width === 4 ? i32(bytes, at) : width === 2 ? u16(bytes, at) : bytes[at]!;
      const next: Node<T> | undefined = value === node.value ? node.next : node.others?.get(value);
      if (next === undefined) return undefined;
      node = next;
      at += width;
    }
  }

  /** Adds what is known of bytes of these parts; gives the places of the holes. Undefined where they have too many. */
  add(bytes: Uint8Array, from: number, parts: readonly Part[], leaf: T): void {
    let node = this.#root;
    let at = from;
    for (const part of parts) {
      const size = partSize(part);
      if (typeof part === "number") node = follow(node, size, bytes, at);
      else if ("instead" in part) {
        makeHole(node, part.instead);
        node.beyond ??= new Node<T>();
        node = follow(node.beyond, size, bytes, at);
      } else makeHole(node, part);
      at += size;
    }
    node.leaf = leaf;
  }
}

/** More holes no bytes have that are added. */
export const LONGEST = 256;

function makeHole<T>(node: Node<T>, { size, max = 0, orKnown }: Hole): void {
  node.skip = size;
  if (orKnown === true) node.limit = max;
}

/** The way on from a node by so many bytes, which is made where there is none. */
function follow<T>(node: Node<T>, width: number, bytes: Uint8Array, at: number): Node<T> {
  node.width = width;
  const value = width === 4 ? i32(bytes, at) : width === 2 ? u16(bytes, at) : bytes[at]!;
  if (node.next === undefined) {
    node.value = value;
    node.next = new Node<T>();
    return node.next;
  }
  if (node.value === value) return node.next;
  node.others ??= new Map();
  const found = node.others.get(value);
  if (found !== undefined) return found;
  const made = new Node<T>();
  node.others.set(value, made);
  return made;
}
