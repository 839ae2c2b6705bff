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

/** A flow's match for the forwarding program, or why it cannot have it. */
export function encodeMatch(key: FlowKey, { mask, words }: MaskShape): ForwardMatch | string {
  if (mask[W.inPort] !== ALL) return "matches more than one port";
  const found: { word: number; bits: number; value: number }[] = [];
  for (const word of words) {
    const bits = mask[word]!;
    const value = (key[word]! & bits) >>> 0;
    if (word === W.inPort) continue;
    if (isEmpty(word)) {
      if (value === 0) continue;
      return word < PACKET_START ? "matches metadata" : "matches a header that the program does not read";
    }
    found.push({ word, bits, value });
  }
  if (found.length > MAX_WIDE_MASK_WORDS) return "matches too much";
  const maskId = found.map(({ word, bits }) => `${word}:${bits.toString(36)}`).join();
  return { port: key[W.inPort]!, words: found, maskId };
}

/** These bits of a key's word where all packets of a match have the same. */
export function knownBits({ words }: ForwardMatch, index: number, bits: number): number | undefined {
  const found = words.find(({ word }) => word === index);
  return found !== undefined && (found.bits & bits) >>> 0 === bits >>> 0 ? (found.value & bits) >>> 0 : undefined;
}
