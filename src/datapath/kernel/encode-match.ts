import { MAX_WIDE_MASK_WORDS } from "#bpf/forward/layout.js";
import type { FlowKey } from "#flow/key.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import type { MaskShape } from "#flow/shape.js";

/** What a flow matches, as the forwarding program looks for it. */
export interface ForwardMatch {
  readonly port: number;
  /** The words that matter: each one's index in the key, the bits of it, and what they are. */
  readonly words: readonly { readonly word: number; readonly bits: number; readonly value: number }[];
  /** The same for equal masks only. */
  readonly maskId: string;
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
  return (
    word >= CORE_WORDS ||
    (word >= W.mpls && word < W.nwSrc) ||
    (word >= W.ndTarget && word < W.arpHw) ||
    word === W.igmpGroup ||
    (word >= W.nsh && word < W.tunMetadata)
  );
}

/** What all flows of one mask have in common. */
interface ForwardMaskWords {
  /** Words that are looked at, and their bits. */
  readonly looked: readonly { readonly word: number; readonly bits: number }[];
  /** Words that must be 0 under their bits. */
  readonly empty: readonly { readonly word: number; readonly bits: number }[];
  readonly maskId: string;
}

const known = new WeakMap<MaskShape, ForwardMaskWords>();

function wordsOf(shape: MaskShape): ForwardMaskWords {
  const before = known.get(shape);
  if (before !== undefined) return before;
  const all = shape.words.filter((word) => word !== W.inPort).map((word) => ({ word, bits: shape.mask[word]! }));
  const looked = all.filter(({ word }) => !isEmpty(word));
  const maskId = looked.map(({ word, bits }) => `${word}:${bits.toString(36)}`).join();
  const words = { looked, empty: all.filter(({ word }) => isEmpty(word)), maskId };
  known.set(shape, words);
  return words;
}

/** A flow's match for the forwarding program, or why it cannot have it. */
export function encodeMatch(key: FlowKey, shape: MaskShape): ForwardMatch | string {
  if (shape.mask[W.inPort] !== ALL) return "matches more than one port";
  const { looked, empty, maskId } = wordsOf(shape);
  for (const { word, bits } of empty) {
    if ((key[word]! & bits) !== 0)
      return word < PACKET_START ? "matches metadata" : "matches a header that the program does not read";
  }
  if (looked.length > MAX_WIDE_MASK_WORDS) return "matches too much";
  const words = looked.map(({ word, bits }) => ({ word, bits, value: (key[word]! & bits) >>> 0 }));
  return { port: key[W.inPort]!, words, maskId };
}

/** These bits of a key's word where all packets of a match have the same. */
export function knownBits({ words }: ForwardMatch, index: number, bits: number): number | undefined {
  const found = words.find(({ word }) => word === index);
  return found !== undefined && (found.bits & bits) >>> 0 === bits >>> 0 ? (found.value & bits) >>> 0 : undefined;
}
