import { W } from "#flow/layout.js";
import { ND_OPTION_SLL, ND_OPTION_TLL, NEIGHBOUR_ADVERT, NEIGHBOUR_SOLICIT } from "#wire/nd.js";
import type { Rewrite } from "../userspace/frames/rewrite.js";
import { type ForwardMatch, knownBits } from "./encode-match.js";

/** Where the target begins in a neighbour message, and its only option; in that the address, and in the target's change the option's type. */
const [TARGET, OPTION, ADDRESS, TYPE_FROM_TARGET] = [8, 24, 2, 16];
const TYPE_BITS = 0xff00;

/**
 * What is known of a packet's ICMPv6 header as far as that is a neighbour message (RFC 4861), all changes before being done. The program knows messages with one option at the most.
 */
export class KnownNeighbour {
  /** They came as neighbour messages, and were read as such. */
  readonly #isRead: boolean;
  /** Type and code as they are in the packet, and the type of the option; undefined where it is not known. */
  #kind: number | undefined;
  #option: number | undefined;

  private constructor(isRead: boolean, kind: number | undefined, option: number | undefined) {
    this.#isRead = isRead;
    this.#kind = kind;
    this.#option = option;
  }

  static of(match: ForwardMatch): KnownNeighbour {
    const known = knownBits(match, W.tp, 0x00ff00ff);
    const kind = known === undefined ? undefined : ((known >>> 8) & TYPE_BITS) | (known & 0xff);
    return new KnownNeighbour(isDiscovery(kind), kind, optionOf(match));
  }

  copy(): KnownNeighbour {
    return new KnownNeighbour(this.#isRead, this.#kind, this.#option);
  }

  /** Where in the transport header that lies which a change is of: "nowhere" where packets have no such thing, undefined where that is not known. */
  placeOf({ layer, words }: Rewrite): number | "nowhere" | undefined {
    if (this.#kind === undefined) return undefined;
    if (!isDiscovery(this.#kind)) return "nowhere";
    if (!this.#isRead) return undefined;
    if (layer === "nd_target") {
      // Without an option there is none whose type could be changed.
      const isOfOption = words.some((offset, i) => i % 3 === 0 && offset >= TYPE_FROM_TARGET);
      return isOfOption && !this.#option ? undefined : TARGET;
    }
    if (this.#option === undefined) return undefined;
    return this.#option === (layer === "nd_sll" ? ND_OPTION_SLL : ND_OPTION_TLL) ? OPTION + ADDRESS : "nowhere";
  }

  /** Takes a change over. */
  note({ layer, words }: Rewrite): void {
    for (let i = 0; i < words.length; i += 3) {
      const [offset, value, mask] = [words[i]!, words[i + 1]!, words[i + 2]!];
      if (layer === "icmpv6" && offset === 0) this.#kind = changed(this.#kind, value, mask, 0xffff);
      if (layer !== "nd_target" || offset !== TYPE_FROM_TARGET) continue;
      const option = this.#option === undefined ? undefined : this.#option << 8;
      const now = changed(option, value, mask, TYPE_BITS);
      this.#option = now === undefined ? undefined : now >>> 8;
    }
  }
}

function isDiscovery(kind: number | undefined): boolean {
  return kind === NEIGHBOUR_SOLICIT << 8 || kind === NEIGHBOUR_ADVERT << 8;
}

function changed(old: number | undefined, value: number, mask: number, all: number): number | undefined {
  if ((mask & all) === all) return value;
  return old === undefined ? undefined : (old & ~mask) | value;
}

/** The type of the option that all packets of a match have, if it holds an address, else 0: there may be another one, or none. */
function optionOf(match: ForwardMatch): number | undefined {
  const known = knownBits(match, W.l4, 0x00ff0000);
  if (known !== undefined) return known >>> 16;
  const middle = match.valueOf(W.arpHw + 1);
  if ((match.valueOf(W.arpHw) | (middle >>> 16)) !== 0) return ND_OPTION_SLL;
  return ((middle & 0xffff) | match.valueOf(W.arpHw + 2)) === 0 ? undefined : ND_OPTION_TLL;
}
