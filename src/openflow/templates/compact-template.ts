import { type CompactValues, type MaskShape, shapeOf } from "#flow/shape.js";
import { u16 } from "#util/big-endian.js";
import type { Action } from "../actions/action.js";
import type { FlowMod } from "../messages/flow/flow-mod.js";
import type { Part } from "./flow-parts.js";
import type { PlacedHole } from "./hole.js";
import { allFit, copyOf, SampleFlow } from "./sample-flow.js";

/** Writes what a flow matches as compact values of its mask's shape. */
type Gather = (bytes: Uint8Array, places: Int32Array, values: CompactValues, at: number) => void;

/** Additions of one kind: their bytes from the match on are the same but for the holes, and so is what they mean. */
export class CompactTemplate {
  readonly shape: MaskShape;
  /** What they do, where that is the same for all; undefined where holes are in it. */
  readonly actions: readonly Action[] | undefined;
  /** The first table that may not have such a flow. */
  readonly tableLimit: number;
  readonly gather: Gather;
  readonly #holes: readonly PlacedHole[];

  constructor(
    shape: MaskShape,
    gather: Gather,
    actions: readonly Action[] | undefined,
    tableLimit: number,
    holes: readonly PlacedHole[],
  ) {
    this.shape = shape;
    this.gather = gather;
    this.actions = actions;
    this.tableLimit = tableLimit;
    this.#holes = holes;
  }

  fits(bytes: Uint8Array, places: Int32Array): boolean {
    return allFit(this.#holes, bytes, places);
  }
}

/** A flow as its bytes say it. */
interface CompactFlow {
  readonly shape: MaskShape;
  readonly values: Int32Array;
  readonly actions: readonly Action[];
  readonly tableLimit: number;
}

const NO_GOTO = 256;

function compact({ match, actions }: FlowMod): CompactFlow {
  const shape = shapeOf(match.mask);
  const values = new Int32Array(shape.words.length);
  shape.gather(match.key, values, 0);
  const target = actions.find((a) => a.kind === "goto_table");
  return { shape, values, actions, tableLimit: target?.table ?? NO_GOTO };
}

/** A byte, or two, of a hole, and how far to the left they go in a word. */
interface Unit {
  readonly hole: number;
  readonly offset: number;
  readonly size: number;
  readonly shift: number;
}

/** A word of the values: what it has whatever the holes, and what of holes is in it. */
interface Word {
  readonly base: number;
  readonly units: readonly Unit[];
}

const trials = [0, 1, 2, 3, 6];

/**
 * Learns from one addition what all match that differ from it in their holes only. `read` says what an addition's bytes mean; undefined where they are
 * not to be taken that way. Undefined where the values do not show where each hole goes, or trials say something else.
 */
export function learnCompact(
  sample: Uint8Array,
  from: number,
  parts: readonly Part[],
  read: (bytes: Uint8Array) => FlowMod | undefined,
): CompactTemplate | undefined {
  const sampleFlow = new SampleFlow(sample, from, parts);
  if (!sampleFlow.isLearnable) return undefined;
  const { holes, places } = sampleFlow;
  const understand = (bytes: Uint8Array): CompactFlow | undefined => {
    const mod = read(bytes);
    return mod && compact(mod);
  };
  const base = understand(sampleFlow.filled(0));
  if (base === undefined) return undefined;
  const matchEnd = from + ((u16(sample, from + 2) + 7) & ~7);
  const inMatch = holes.filter((_, i) => places[i]! < matchEnd);
  const words = findWords(sampleFlow, inMatch.length, base, understand);
  if (words === undefined) return undefined;
  const gather = gatherer(words);
  const holds = (bytes: Uint8Array): boolean => {
    const flow = understand(bytes);
    if (flow === undefined || flow.shape.id !== base.shape.id || flow.tableLimit !== base.tableLimit) return false;
    const values = new Int32Array(words.length);
    gather(bytes, places, values, 0);
    return values.every((v, w) => v === flow.values[w]);
  };
  if (!trials.map((seed) => sampleFlow.filled(seed)).every(holds)) return undefined;
  const shared = inMatch.length === holes.length ? base.actions : undefined;
  return new CompactTemplate(base.shape, gather, shared, base.tableLimit, holes);
}

/**
 * Finds where the first `count` holes go by changing them one after the other, from their least values, of which `base` is what is understood, to their
 * greatest. Undefined where a change does not move as a whole into one word.
 */
function findWords(
  sample: SampleFlow,
  count: number,
  base: CompactFlow,
  understand: (bytes: Uint8Array) => CompactFlow | undefined,
): readonly Word[] | undefined {
  const { holes, places } = sample;
  const [least, most] = [sample.filled(0), sample.filled(1)];
  const units: Unit[][] = Array.from(base.values, () => []);
  for (const [i, { hole }] of holes.slice(0, count).entries()) {
    const size = hole.size === 1 ? 1 : 2;
    for (let offset = 0; offset < hole.size; offset += size) {
      const at = places[i]! + offset;
      const probe = copyOf(least, 0, least.length);
      probe.set(most.subarray(at, at + size), at);
      const [low, high] = [valueAt(least, at, size), valueAt(most, at, size)];
      const probed = understand(probe);
      if (probed === undefined || probed.shape.id !== base.shape.id) return undefined;
      if (low === high) continue;
      const changed = base.values.findIndex((value, w) => probed.values[w] !== value);
      if (changed < 0) return undefined;
      const difference = (probed.values[changed]! ^ base.values[changed]!) >>> 0;
      const shift = trailingZeros(difference) - trailingZeros((low ^ high) >>> 0);
      if (shift < 0 || ((low ^ high) << shift) >>> 0 !== difference) return undefined;
      units[changed]!.push({ hole: i, offset, size, shift });
    }
  }
  // What the least values of the holes gave is taken out again.
  const put = (u: Unit): number => valueAt(least, places[u.hole]! + u.offset, u.size) << u.shift;
  return Array.from(base.values, (value, w) => ({
    base: units[w]!.reduce((v, u) => v ^ put(u), value),
    units: units[w]!,
  }));
}

const valueAt = (bytes: Uint8Array, at: number, size: number): number => (size === 1 ? bytes[at]! : u16(bytes, at));

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** Straight-line code for the words. */
function gatherer(words: readonly Word[]): Gather {
  const unit = ({ hole, offset, size, shift }: Unit): string => {
    const byte = (i: number): string => `b[p[${hole}]+${offset + i}]`;
    const value = size === 1 ? byte(0) : `(${byte(0)}<<8|${byte(1)})`;
    return shift === 0 ? value : `(${value}<<${shift})`;
  };
  const line = ({ base, units }: Word, w: number): string =>
    `v[a+${w}]=${[String(base), ...units.map(unit)].join("^")};`;
  return new Function("b", "p", "v", "a", words.map(line).join("")) as Gather;
}
