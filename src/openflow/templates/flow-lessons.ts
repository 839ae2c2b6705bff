import { u16 } from "#util/big-endian.js";
import { flowParts, nxFlowParts } from "./flow-parts.js";
import { copyOf, type FlowTemplate, type FlowWords, learnFlow } from "./flow-template.js";
import { LessonBudget } from "./lesson-budget.js";
import { TemplateTree } from "./template-tree.js";

/** Where the match is, in a flow mod and in an entry of flow statistics. */
export const MATCH = 48;
/** Where an entry of Nicira's flow statistics has its match's length, without the padding. */
const NX_MATCH_LENGTH = 18;

/** Kinds of flows, as one form of bytes has them. */
export class FlowLessons {
  readonly #isNxm: boolean;
  readonly #read: (bytes: Uint8Array) => FlowWords | undefined;
  readonly #budget = new LessonBudget();
  /** By the length of the match, where that does not stand in it. */
  readonly #trees = new Map<number, TemplateTree<FlowTemplate | false>>();
  #places: Int32Array = new Int32Array(0);

  /** `read` says what a flow's bytes mean. */
  constructor(isNxm: boolean, read: (bytes: Uint8Array) => FlowWords | undefined) {
    this.#isNxm = isNxm;
    this.#read = read;
  }

  /** Where the holes of the flow are that was found last. */
  get places(): Int32Array {
    return this.#places;
  }

  /** The template for the bytes from their match on, which are learnt from where they are the first of their kind. */
  find(bytes: Uint8Array, start: number, end: number): FlowTemplate | undefined {
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
    tree.add(sample, MATCH, parts, learnFlow(sample, MATCH, parts, this.#read) ?? false);
  }
}
