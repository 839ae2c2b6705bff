import {
  FLOW_KEY_SIZE,
  flowTag,
  MAX_MASK_WORDS,
  MAX_WIDE_MASK_WORDS,
  WIDE_FLOW_KEY_SIZE,
} from "#bpf/forward/layout.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import type { CompactValues, MaskShape } from "#flow/shape.js";

/** What a flow matches, as the forwarding program looks for it. */
export interface ForwardMatch {
  readonly port: number;
  /** The words that matter: each one's index in the key, the bits of it, and what they are. */
  readonly words: readonly ForwardWord[];
  /** The same for equal masks only. */
  readonly maskId: string;
  /** A word of the mask. */
  bitsOf(word: number): number;
  /** A word of the key under the mask. */
  valueOf(word: number): number;
}

interface ForwardWord {
  readonly word: number;
  readonly bits: number;
  readonly value: number;
}

const ALL = 0xffffffff;

/** Metadata words that the program may fill. */
const metadata: ReadonlySet<number> = new Set([
  ...Array.from({ length: W.tunErspan }, (_, i) => i),
  W.recircId,
  W.dpHash,
  W.skbPriority,
  W.pktMark,
  ...Array.from({ length: W.ctIpv6Dst + 4 - W.ctState }, (_, i) => W.ctState + i),
]);

/** Words that the program never fills: packets that have such headers are not for it, so that all of its packets have 0 there. */
function isEmpty(word: number): boolean {
  if (word < PACKET_START) return !metadata.has(word);
  return word >= CORE_WORDS || (word >= W.mpls && word < W.nwSrc) || (word >= W.nsh && word < W.tunMetadata);
}

/** A word of a mask: its index in the key, its bits, and its place among compact values. */
interface MaskWord {
  readonly word: number;
  readonly bits: number;
  readonly at: number;
}

/** What all flows of one mask have in common. */
interface ForwardMaskWords {
  /** Words that are looked at. */
  readonly looked: readonly MaskWord[];
  /** Words that must be 0. */
  readonly empty: readonly MaskWord[];
  /** Those that are looked at, by their indexes. */
  readonly places: ReadonlyMap<number, MaskWord>;
  readonly portAt: number;
  readonly maskId: string;
}

const known = new WeakMap<MaskShape, ForwardMaskWords>();

function wordsOf(shape: MaskShape): ForwardMaskWords {
  const before = known.get(shape);
  if (before !== undefined) return before;
  const whole = shape.words.map((word, at) => ({ word, bits: shape.mask[word]!, at }));
  const all = whole.filter(({ word }) => word !== W.inPort);
  const looked = all.filter(({ word }) => !isEmpty(word));
  const maskId = looked.map(({ word, bits }) => `${word}:${bits.toString(36)}`).join();
  const portAt = shape.words.indexOf(W.inPort);
  const places = new Map(looked.map((word) => [word.word, word]));
  const words = { looked, empty: all.filter(({ word }) => isEmpty(word)), places, portAt, maskId };
  known.set(shape, words);
  return words;
}

/** A match made of a mask's compact values, which are kept; its words are objects only where somebody asks for them. */
class CompactMatch implements ForwardMatch {
  readonly #mask: ForwardMaskWords;
  readonly #values: CompactValues;
  readonly #from: number;
  #words: readonly ForwardWord[] | undefined;

  constructor(mask: ForwardMaskWords, values: CompactValues, from: number) {
    this.#mask = mask;
    this.#values = values;
    this.#from = from;
  }

  get port(): number {
    return this.#value(this.#mask.portAt);
  }

  get maskId(): string {
    return this.#mask.maskId;
  }

  get words(): readonly ForwardWord[] {
    this.#words ??= this.#mask.looked.map(({ word, bits, at }) => ({ word, bits, value: this.#value(at) }));
    return this.#words;
  }

  #value(at: number): number {
    return this.#values[this.#from + at]! >>> 0;
  }

  bitsOf(word: number): number {
    return this.#mask.places.get(word)?.bits ?? 0;
  }

  valueOf(word: number): number {
    const place = this.#mask.places.get(word);
    return place === undefined ? 0 : this.#value(place.at);
  }
}

/** The match of a mask and its compact values from `from` on for the forwarding program, or why it cannot have it. */
export function encodeMatch(shape: MaskShape, values: CompactValues, from: number): ForwardMatch | string {
  if (shape.mask[W.inPort] !== ALL) return "matches more than one port";
  const mask = wordsOf(shape);
  for (const { word, at } of mask.empty) {
    if (values[from + at] !== 0)
      return word < PACKET_START ? "matches metadata" : "matches a header that the program does not read";
  }
  if (mask.looked.length > MAX_WIDE_MASK_WORDS) return "matches too much";
  return new CompactMatch(mask, values, from);
}

/** These bits of a key's word where all packets of a match have the same. */
export function knownBits(match: ForwardMatch, word: number, bits: number): number | undefined {
  return (match.bitsOf(word) & bits) >>> 0 === bits >>> 0 ? (match.valueOf(word) & bits) >>> 0 : undefined;
}

/** A match as a key of the maps: of a port with a slot, under the mask of a number. */
export function flowKey({ words }: ForwardMatch, slot: number, mask: number): Uint8Array {
  const key = new Uint8Array(words.length > MAX_MASK_WORDS ? WIDE_FLOW_KEY_SIZE : FLOW_KEY_SIZE);
  const view = new DataView(key.buffer);
  view.setUint32(0, flowTag(slot, mask), true);
  for (const [i, { value }] of words.entries()) view.setUint32(4 + 4 * i, value, true);
  return key;
}
