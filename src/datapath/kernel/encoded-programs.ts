import type { Program } from "../userspace/ops.js";
import type { ForwardMatch } from "./encode-match.js";
import { type EncodedProgram, encodeProgram, type ProgramPlaces } from "./encode-program.js";

/** Ways to encode a program that are kept. */
const MOST = 16;

interface Known {
  readonly maskId: string;
  /** What was asked of the match: its port, where that matters, and words with what they are. */
  readonly port: number | undefined;
  readonly words: readonly number[];
  readonly values: readonly number[];
  readonly encoded: EncodedProgram | string;
}

/**
 * Programs as operations, encoded once for all flows that have them and differ in nothing that was asked of their matches meanwhile. What programs may name is to stay
 * as it is, or `clear` be called.
 */
export class EncodedPrograms {
  readonly #places: ProgramPlaces;
  #known = new WeakMap<Program, Known[]>();

  constructor(places: ProgramPlaces) {
    this.#places = places;
  }

  /** As `encodeProgram`. */
  encode(program: Program, match: ForwardMatch): EncodedProgram | string {
    let known = this.#known.get(program);
    if (known === undefined) this.#known.set(program, (known = []));
    for (const one of known) if (isLike(match, one)) return one.encoded;
    const watched = new WatchedMatch(match);
    const encoded = encodeProgram(program, watched, this.#places);
    if (known.length < MOST) known.push(watched.learned(encoded));
    return encoded;
  }

  /** Something that programs name is another matter now. */
  clear(): void {
    this.#known = new WeakMap();
  }
}

function isLike(match: ForwardMatch, { maskId, port, words, values }: Known): boolean {
  if (match.maskId !== maskId || (port !== undefined && match.port !== port)) return false;
  for (let i = 0; i < words.length; i++) if (match.valueOf(words[i]!) !== values[i]) return false;
  return true;
}

/** A match that remembers what it was asked for. */
class WatchedMatch implements ForwardMatch {
  readonly #match: ForwardMatch;
  readonly #asked = new Set<number>();
  #isPortAsked = false;

  constructor(match: ForwardMatch) {
    this.#match = match;
  }

  get port(): number {
    this.#isPortAsked = true;
    return this.#match.port;
  }

  get words(): ForwardMatch["words"] {
    for (const { word } of this.#match.words) this.#asked.add(word);
    return this.#match.words;
  }

  get maskId(): string {
    return this.#match.maskId;
  }

  bitsOf(word: number): number {
    return this.#match.bitsOf(word);
  }

  valueOf(word: number): number {
    this.#asked.add(word);
    return this.#match.valueOf(word);
  }

  learned(encoded: EncodedProgram | string): Known {
    const words = [...this.#asked];
    const port = this.#isPortAsked ? this.#match.port : undefined;
    return { maskId: this.maskId, port, words, values: words.map((word) => this.#match.valueOf(word)), encoded };
  }
}
