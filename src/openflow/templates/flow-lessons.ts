import { u16 } from "#util/big-endian.js";
import { flowParts, nxFlowParts, type Part } from "./flow-parts.js";
import { LessonBudget } from "./lesson-budget.js";
import { copyOf } from "./sample-flow.js";
import { TemplateTree } from "./template-tree.js";

/** Where the match is, in a flow mod and in an entry of flow statistics. */
export const MATCH = 48;
/** Where an entry of Nicira's flow statistics has its match's length, without the padding. */
const NX_MATCH_LENGTH = 18;

/** What is known of flows of one kind. */
export interface Lesson {
  /** True where these bytes are ones that it is for. `places`: where its holes are. */
  fits(bytes: Uint8Array, places: Int32Array): boolean;
}

/** Kinds of flows, as one form of bytes has them. */
export class FlowLessons<T extends Lesson> {
  readonly #isNxm: boolean;
  readonly #learnFrom: (sample: Uint8Array, parts: readonly Part[]) => T | undefined;
  readonly #budget = new LessonBudget();
  /** By the length of the match, where that does not stand in it. */
  readonly #trees = new Map<number, TemplateTree<T | false>>();
  #places: Int32Array = new Int32Array(0);

  /** `learn` makes a lesson of a flow whose parts lie from `MATCH` on; undefined where there is none in it. */
  constructor(isNxm: boolean, learn: (sample: Uint8Array, parts: readonly Part[]) => T | undefined) {
    this.#isNxm = isNxm;
    this.#learnFrom = learn;
  }

  /** Where the holes of the flow are that was found last. */
  get places(): Int32Array {
    return this.#places;
  }

  /** The template for the bytes from their match on, which are learnt from where they are the first of their kind. */
  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    const matchLength = this.#isNxm ? u16(bytes, start + NX_MATCH_LENGTH) : 0;
    const tree = this.#trees.get(matchLength);
    const found = tree?.find(bytes, start + MATCH, end);
    if (found === undefined) {
      if (!this.#budget.take()) return undefined;
      this.#learn(copyOf(bytes, start, end), matchLength);
      return undefined;
    }
    this.#budget.known();
    const { holes } = tree!;
    if (found === false || !found.fits(bytes, holes)) return undefined;
    this.#places = holes;
    return found;
  }

  #learn(sample: Uint8Array, matchLength: number): void {
    const end = sample.length;
    const parts = this.#isNxm ? nxFlowParts(sample, MATCH, end, matchLength) : flowParts(sample, MATCH, end);
    if (parts === undefined) return;
    let tree = this.#trees.get(matchLength);
    if (tree === undefined) {
      tree = new TemplateTree();
      this.#trees.set(matchLength, tree);
    }
    tree.add(sample, MATCH, parts, this.#learnFrom(sample, parts) ?? false);
  }
}
