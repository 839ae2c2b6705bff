import { MAX_WIDE_MASK_WORDS, PROGRAM_KEY_WORDS } from "#bpf/forward/layout.js";
import type { FlowKey } from "#flow/key.js";
import { PACKET_START, W } from "#flow/layout.js";
import type { MaskShape } from "#flow/shape.js";

/** What a flow matches, as the forwarding program looks for it. */
export interface ForwardMatch {
  readonly port: number;
  /** The words that matter: each one's number among the program's, the bits of it, and what they are. */
  readonly words: readonly { readonly word: number; readonly bits: number; readonly value: number }[];
  /** The same for equal masks only. */
  readonly maskId: string;
}

const ALL = 0xffffffff;

/** Words that the program never fills: packets that have such headers are not for it, so that all of its packets have 0 there. */
function isEmpty(word: number): boolean {
  return (
    word < PACKET_START ||
    word >= PACKET_START + PROGRAM_KEY_WORDS ||
    (word >= W.mpls && word < W.nwSrc) ||
    (word >= W.ndTarget && word < W.arpHw) ||
    word === W.igmpGroup ||
    word === W.nsh
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
    found.push({ word: word - PACKET_START, bits, value });
  }
  if (found.length > MAX_WIDE_MASK_WORDS) return "matches too much";
  const maskId = found.map(({ word, bits }) => `${word}:${bits.toString(36)}`).join();
  return { port: key[W.inPort]!, words: found, maskId };
}
