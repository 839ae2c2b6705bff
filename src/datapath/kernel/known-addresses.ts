import { W } from "#flow/layout.js";
import type { Rewrite } from "../userspace/frames/rewrite.js";
import type { ForwardMatch } from "./encode-match.js";

const ADDRESSES = 12;

/** What is known of a packet's Ethernet addresses. */
export class KnownAddresses {
  readonly bytes: Uint8Array = new Uint8Array(ADDRESSES);
  readonly #known = new Uint8Array(ADDRESSES);
  /** What is still to be looked at. */
  #match: ForwardMatch | undefined;

  constructor(match: ForwardMatch | undefined) {
    this.#match = match;
  }

  /** Most programs never ask: the match is looked at only where one does. */
  #look(): void {
    const match = this.#match;
    if (match === undefined) return;
    this.#match = undefined;
    for (let at = 0; at < ADDRESSES; at += 4) {
      const word = W.eth + at / 4;
      const [value, bits] = [match.valueOf(word), match.bitsOf(word)];
      for (let i = 0; i < 4; i++) {
        this.bytes[at + i] = value >>> (24 - 8 * i);
        this.#known[at + i] = bits >>> (24 - 8 * i);
      }
    }
  }

  copy(): KnownAddresses {
    const copy = new KnownAddresses(this.#match);
    copy.bytes.set(this.bytes);
    copy.#known.set(this.#known);
    return copy;
  }

  /** Takes a change over. False where it then is not known what they are. */
  set({ words }: Rewrite): boolean {
    this.#look();
    for (let i = 0; i < words.length; i += 3) {
      const [at, value, mask] = [words[i]!, words[i + 1]!, words[i + 2]!];
      for (const [j, shift] of [8, 0].entries()) {
        const bits = (mask >> shift) & 0xff;
        this.bytes[at + j] = (this.bytes[at + j]! & ~bits) | ((value >> shift) & 0xff);
        this.#known[at + j]! |= bits;
      }
    }
    return this.#known.every((bits) => bits === 0xff);
  }
}
