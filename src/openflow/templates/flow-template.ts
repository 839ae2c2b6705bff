import type { Part } from "./flow-parts.js";
import type { PlacedHole } from "./hole.js";
import { literal, OutputBuffer } from "./output-buffer.js";
import { allFit, SampleFlow } from "./sample-flow.js";

/** What a flow says in text, and the table that its actions go to: tables before that one may say so. */
export interface FlowWords {
  readonly match: string;
  readonly actions: string;
  readonly gotoTable: number;
}

/** Texts with holes between them. */
class Sentence {
  readonly #literals: readonly Uint8Array[];
  readonly #holes: readonly PlacedHole[];
  /** It has characters whatever stands in its holes. */
  readonly isEmpty: boolean;

  constructor(literals: readonly string[], holes: readonly PlacedHole[]) {
    this.#literals = literals.map(literal);
    this.#holes = holes;
    this.isEmpty = holes.length === 0 && literals.every((text) => text === "");
  }

  write(bytes: Uint8Array, places: Int32Array, out: OutputBuffer): void {
    const literals = this.#literals;
    const holes = this.#holes;
    out.literal(literals[0]!);
    for (let i = 0; i < holes.length; i++) {
      const hole = holes[i]!;
      hole.write(bytes, places[hole.index]!, out);
      out.literal(literals[i + 1]!);
    }
  }
}

/** Flows of one kind: their bytes are the same but for the holes, and so are their texts. */
export class FlowTemplate {
  readonly match: Sentence;
  readonly actions: Sentence;
  /** The first table that may not have such a flow. */
  readonly tableLimit: number;
  /** Characters that it has at most. */
  readonly size: number;
  readonly #holes: readonly PlacedHole[];

  constructor(match: Sentence, actions: Sentence, holes: readonly PlacedHole[], size: number, tableLimit: number) {
    this.match = match;
    this.actions = actions;
    this.#holes = holes;
    this.size = size;
    this.tableLimit = tableLimit;
  }

  /** True where these bytes are ones that the template is for. `places`: where its holes are. */
  fits(bytes: Uint8Array, places: Int32Array): boolean {
    return allFit(this.#holes, bytes, places);
  }
}

/** What a hole takes at most, `0x` and an IPv6 address among it. */
const WIDEST = 48;
/** Holes of some bytes look like no other with one of these. */
const seeds = [2, 3, 4, 5];
/** The least and the greatest values, and some others. */
const trials = [0, 1, 6];

/**
 * Learns from one flow how all are written that differ from it in their holes only: `read` says what bytes mean. Undefined where the texts do
 * not show it, or do not hold in trials.
 */
export function learnFlow(
  sample: Uint8Array,
  from: number,
  parts: readonly Part[],
  read: (bytes: Uint8Array) => FlowWords | undefined,
): FlowTemplate | undefined {
  const flow = new SampleFlow(sample, from, parts);
  if (!flow.isLearnable) return undefined;
  const { holes, places } = flow;
  for (const seed of seeds) {
    const bytes = flow.filled(seed);
    const words = read(bytes);
    if (words === undefined) return undefined;
    const template = templateOf(words, bytes, holes, places);
    if (template === undefined) continue;
    const isRight = [sample, ...trials.map((t) => flow.filled(t))].every((b) => holds(template, b, places, read(b)));
    return isRight ? template : undefined;
  }
  return undefined;
}

function templateOf(
  { match, actions, gotoTable }: FlowWords,
  bytes: Uint8Array,
  holes: readonly PlacedHole[],
  places: Int32Array,
): FlowTemplate | undefined {
  const cut = cutText(`${match}\n${actions}`, bytes, holes, places);
  if (cut === undefined) return undefined;
  const { literals, order } = cut;
  const middle = literals.findIndex((text) => text.includes("\n"));
  const [before, behind] = literals[middle]!.split("\n") as [string, string];
  const size = literals.join("").length + WIDEST * holes.length;
  return new FlowTemplate(
    new Sentence([...literals.slice(0, middle), before], order.slice(0, middle)),
    new Sentence([behind, ...literals.slice(middle + 1)], order.slice(middle)),
    holes,
    size,
    gotoTable,
  );
}

/** What stands between the holes in a text; each hole must be seen in it once. */
function cutText(
  text: string,
  bytes: Uint8Array,
  holes: readonly PlacedHole[],
  places: Int32Array,
): { readonly literals: readonly string[]; readonly order: readonly PlacedHole[] } | undefined {
  const seen = holes.map((hole, i) => {
    const out = new OutputBuffer(WIDEST);
    hole.write(bytes, places[i]!, out);
    const value = out.take();
    const at = text.indexOf(value);
    return { hole, value, at, isOnly: at >= 0 && text.indexOf(value, at + 1) < 0 };
  });
  if (seen.some((s) => !s.isOnly)) return undefined;
  seen.sort((a, b) => a.at - b.at);
  const literals: string[] = [];
  let at = 0;
  for (const s of seen) {
    if (s.at < at) return undefined;
    literals.push(text.slice(at, s.at));
    at = s.at + s.value.length;
  }
  literals.push(text.slice(at));
  return { literals, order: seen.map((s) => s.hole) };
}

function holds(template: FlowTemplate, bytes: Uint8Array, places: Int32Array, words: FlowWords | undefined): boolean {
  // What the sample itself has may be none of the template's; others of its kind may be.
  if (!template.fits(bytes, places)) return true;
  if (words === undefined || words.gotoTable !== template.tableLimit) return false;
  const out = new OutputBuffer(template.size);
  template.match.write(bytes, places, out);
  out.text("\n");
  template.actions.write(bytes, places, out);
  return out.take() === `${words.match}\n${words.actions}`;
}
