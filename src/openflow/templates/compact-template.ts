import { type CompactValues, type MaskShape, shapeOf } from "#flow/shape.js";
import { u16 } from "#util/big-endian.js";
import type { Action } from "../actions/action.js";
import type { FlowMod } from "../messages/flow/flow-mod.js";
import { type Part, partSize } from "./flow-parts.js";
import { copyOf } from "./flow-template.js";
import { PlacedHole } from "./hole.js";
import { LONGEST } from "./template-tree.js";

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
    const holes = this.#holes;
    for (let i = 0; i < holes.length; i++) if (!holes[i]!.fits(bytes, places[i]!)) return false;
    return true;
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

/** A word of the values: what it has whatever the holes, and the units of holes that are in it. */
interface Word {
  readonly base: number;
  readonly units: readonly {
    readonly hole: number;
    readonly offset: number;
    readonly size: number;
    readonly shift: number;
  }[];
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
  const { holes, places } = placedHoles(sample, from, parts);
  if (holes.length >= LONGEST) return undefined;
  const matchEnd = from + ((u16(sample, from + 2) + 7) & ~7);
  const inMatch = holes.filter((_, i) => places[i]! < matchEnd);
  const filled = (seed: number): Uint8Array => {
    const bytes = copyOf(sample, 0, sample.length);
    holes.forEach((hole, i) => void hole.fill(bytes, places[i]!, seed));
    return bytes;
  };
  const understand = (bytes: Uint8Array): CompactFlow | undefined => {
    const mod = read(bytes);
    return mod && compact(mod);
  };
  const least = filled(0);
  const base = understand(least);
  if (base === undefined) return undefined;
  const words = [...base.values];
  const units: Word["units"][number][][] = words.map(() => []);
  const most = filled(1);
  for (const [i, { hole }] of inMatch.entries()) {
    const size = hole.size === 1 ? 1 : 2;
    for (let offset = 0; offset < hole.size; offset += size) {
      const at = places[i]! + offset;
      const probe = copyOf(least, 0, least.length);
      probe.set(most.subarray(at, at + size), at);
      const [low, high] = [valueAt(least, at, size), valueAt(most, at, size)];
      const probed = understand(probe);
      if (probed === undefined || probed.shape.id !== base.shape.id) return undefined;
      if (low === high) continue;
      const changed = words.findIndex((value, w) => probed.values[w] !== value);
      if (changed < 0) return undefined;
      const difference = (probed.values[changed]! ^ words[changed]!) >>> 0;
      const shift = trailingZeros(difference) - trailingZeros((low ^ high) >>> 0);
      if (shift < 0 || ((low ^ high) << shift) >>> 0 !== difference) return undefined;
      units[changed]!.push({ hole: i, offset, size, shift });
    }
  }
  const gather = gatherer(
    words.map((value, w): Word => {
      // What the least values of the holes gave is taken out again.
      const put = (u: Word["units"][number]): number => valueAt(least, places[u.hole]! + u.offset, u.size) << u.shift;
      return { base: units[w]!.reduce((v, u) => v ^ put(u), value), units: units[w]! };
    }),
  );
  const at32 = Int32Array.from(places);
  const holds = (bytes: Uint8Array): boolean => {
    const flow = understand(bytes);
    if (flow === undefined || flow.shape.id !== base.shape.id || flow.tableLimit !== base.tableLimit) return false;
    const values = new Int32Array(words.length);
    gather(bytes, at32, values, 0);
    return values.every((v, w) => v === flow.values[w]);
  };
  if (!trials.map(filled).every(holds)) return undefined;
  const shared = inMatch.length === holes.length ? base.actions : undefined;
  return new CompactTemplate(base.shape, gather, shared, base.tableLimit, holes);
}

function placedHoles(
  sample: Uint8Array,
  from: number,
  parts: readonly Part[],
): { readonly holes: readonly PlacedHole[]; readonly places: readonly number[] } {
  const places: number[] = [];
  const holes: PlacedHole[] = [];
  let at = from;
  for (const part of parts) {
    if (typeof part !== "number" && !("instead" in part)) {
      const mask = part.masked === true ? copyOf(sample, at + part.size, at + 2 * part.size) : undefined;
      holes.push(new PlacedHole(part, holes.length, mask));
      places.push(at);
    }
    at += partSize(part);
  }
  return { holes, places };
}

const valueAt = (bytes: Uint8Array, at: number, size: number): number => (size === 1 ? bytes[at]! : u16(bytes, at));

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

/** Straight-line code for the words. */
function gatherer(words: readonly Word[]): Gather {
  const unit = ({ hole, offset, size, shift }: Word["units"][number]): string => {
    const byte = (i: number): string => `b[p[${hole}]+${offset + i}]`;
    const value = size === 1 ? byte(0) : `(${byte(0)}<<8|${byte(1)})`;
    return shift === 0 ? value : `(${value}<<${shift})`;
  };
  const line = ({ base, units }: Word, w: number): string =>
    `v[a+${w}]=${[String(base), ...units.map(unit)].join("^")};`;
  return new Function("b", "p", "v", "a", words.map(line).join("")) as Gather;
}
