import { readHole, type TextForm, type TextHoleAt, WORDS } from "./text-hole.js";

/** Characters, and what may follow them: values of some forms, or other characters. */
class Node<T> {
  run: Uint8Array;
  /** Forms of values that may stand here, and what follows each. */
  forms: TextForm[] = [];
  behind: Node<T>[] = [];
  /** Other characters, by the first of them; the commonest one apart. */
  code = -1;
  next: Node<T> | undefined = undefined;
  others: Map<number, Node<T>> | undefined = undefined;
  leaf: T | undefined = undefined;

  constructor(run: Uint8Array) {
    this.run = run;
  }
}

const nothing = new Uint8Array(0);

/** Texts with no more values than this are kept. */
const MOST_HOLES = 62;

/** Finds what is known of texts (ASCII) that are the same but for values in them. */
export class TextTree<T> {
  readonly #root = new Node<T>(nothing);
  /** The values of the text that was looked up last, four words each. */
  readonly values: Int32Array = new Int32Array((MOST_HOLES + 2) * WORDS);

  find(text: Uint8Array, from: number, end: number): T | undefined {
    const { values } = this;
    let node = this.#root;
    let at = from;
    let to = 0;
    while (true) {
      const { run } = node;
      const length = run.length;
      if (at + length > end) return undefined;
      // The first character is what led here.
      for (let i = 1; i < length; i++) if (text[at + i] !== run[i]) return undefined;
      at += length;
      if (at === end) return node.leaf;
      const { forms } = node;
      let behind: Node<T> | undefined;
      for (let i = 0; i < forms.length; i++) {
        const stop = readHole(forms[i]!, text, at, values, to);
        if (stop < 0) continue;
        if (stop > end || to >= MOST_HOLES * WORDS) return undefined;
        behind = node.behind[i];
        at = stop;
        to += WORDS;
        break;
      }
      if (behind === undefined) {
        const code = text[at]!;
        behind = code === node.code ? node.next : node.others?.get(code);
        if (behind === undefined) return undefined;
      }
      node = behind;
    }
  }

  /** Adds what is known of a text with these holes. */
  add(text: Uint8Array, holes: readonly TextHoleAt[], leaf: T): void {
    let node = this.#root;
    let at = 0;
    for (const { hole, start, end } of holes) {
      node = this.#characters(node, text.subarray(at, start));
      node = behindValue(node, hole.form);
      at = end;
    }
    this.#characters(node, text.subarray(at)).leaf = leaf;
  }

  /** The node behind these characters, which is made where there is none. */
  #characters(from: Node<T>, text: Uint8Array): Node<T> {
    let node = from;
    let at = 0;
    while (at < text.length) {
      const code = text[at]!;
      const next: Node<T> | undefined = code === node.code ? node.next : node.others?.get(code);
      if (next === undefined) return link(node, new Node<T>(text.slice(at)));
      let same = 1;
      while (same < next.run.length && next.run[same] === text[at + same]) same++;
      if (same < next.run.length) split(next, same);
      node = next;
      at += same;
    }
    return node;
  }
}

function behindValue<T>({ forms, behind }: Node<T>, form: TextForm): Node<T> {
  let index = forms.findIndex((one) => one >= form);
  if (index < 0) index = forms.length;
  if (forms[index] !== form) {
    forms.splice(index, 0, form);
    behind.splice(index, 0, new Node<T>(nothing));
  }
  return behind[index]!;
}

function link<T>(node: Node<T>, next: Node<T>): Node<T> {
  const code = next.run[0]!;
  if (node.next === undefined) {
    node.code = code;
    node.next = next;
  } else {
    node.others ??= new Map();
    node.others.set(code, next);
  }
  return next;
}

/** Lets a node be two, the first with so many characters. */
function split<T>(node: Node<T>, length: number): void {
  const rest = new Node<T>(node.run.slice(length));
  rest.forms = node.forms;
  rest.behind = node.behind;
  rest.code = node.code;
  rest.next = node.next;
  rest.others = node.others;
  rest.leaf = node.leaf;
  node.run = node.run.slice(0, length);
  node.forms = [];
  node.behind = [];
  node.code = -1;
  node.next = undefined;
  node.others = undefined;
  node.leaf = undefined;
  link(node, rest);
}
