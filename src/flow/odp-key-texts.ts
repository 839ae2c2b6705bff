import type { FlowKey, FlowMask } from "./key.js";
import { formatOdpKey, type OdpKeyPattern, type OdpTextOptions, odpKeyPattern } from "./odp-text.js";

/** Patterns that are kept of each mask; keys that are like none of them cost as much as the first one. */
const MOST = 64;

interface KnownPattern extends OdpKeyPattern {
  /** Words that decide what the text is like, and what they are. */
  readonly words: readonly number[];
  readonly are: readonly number[];
}

/** Writes keys as `formatOdpKey` does, quickly where there are many alike: what is written of one but for its values is kept for those that differ in values only. */
export class OdpKeyTexts {
  readonly #options: OdpTextOptions;
  readonly #known = new Map<FlowMask, KnownPattern[]>();

  constructor(options: OdpTextOptions) {
    this.#options = options;
  }

  /** The text of a key under a mask that nobody changes as long as this is in use. */
  format(key: FlowKey, mask: FlowMask): string {
    const pattern = this.#patternOf(key, mask);
    return pattern === undefined ? formatOdpKey(key, mask, this.#options) : fill(pattern, key);
  }

  /** None for the first key of a mask, of which there may be no other. */
  #patternOf(key: FlowKey, mask: FlowMask): OdpKeyPattern | undefined {
    const patterns = this.#known.get(mask);
    if (patterns === undefined) {
      this.#known.set(mask, []);
      return undefined;
    }
    for (let i = patterns.length - 1; i >= 0; i--) if (isLike(key, patterns[i]!)) return patterns[i]!;
    if (patterns.length === MOST) return undefined;
    const made = makePattern(key, mask, this.#options);
    patterns.push(made);
    return made;
  }
}

function isLike(key: FlowKey, { words, are }: KnownPattern): boolean {
  for (let i = 0; i < words.length; i++) if (key[words[i]!] !== are[i]) return false;
  return true;
}

function fill({ literals, values }: OdpKeyPattern, key: FlowKey): string {
  let text = literals[0]!;
  for (let i = 0; i < values.length; i++) text += values[i]!(key) + literals[i + 1]!;
  return text;
}

/** A key that has the same in all words that were looked at is written in the same way, whatever it has elsewhere. */
function makePattern(key: FlowKey, mask: FlowMask, options: OdpTextOptions): KnownPattern {
  const read = new Set<number>();
  const watched = new Proxy(key, {
    get(of, name) {
      const word = typeof name === "string" ? Number(name) : Number.NaN;
      if (Number.isInteger(word)) read.add(word);
      const value: unknown = Reflect.get(of, name, of);
      if (Number.isInteger(word)) return value;
      // Whoever takes many words at once may look at any.
      if (typeof value !== "function") return value;
      for (let i = 0; i < of.length; i++) read.add(i);
      return value.bind(of);
    },
  });
  const pattern = odpKeyPattern(watched, mask, options);
  const words = [...read].sort((a, b) => a - b);
  return { ...pattern, words, are: words.map((word) => key[word]!) };
}
