import type { Multipath } from "#openflow/actions/multipath.js";
import type { TranslationContext } from "../context.js";
import { hashPacket, hashPair } from "../field-hash.js";
import { noteValue, writeNumber } from "../subfield.js";

/** `multipath`: the number of a link, chosen by a hash of the packet's fields, goes into a field. */
export function translateMultipath(ctx: TranslationContext, action: Multipath): void {
  const { fields, basis, algorithm, links, argument, destination } = action;
  writeNumber(ctx, destination, chooseLink(hashPacket(ctx, fields, basis), algorithm, links, argument));
  noteValue(ctx, destination);
}

/** ovs-actions(7), "multipath". */
function chooseLink(hash: number, algorithm: string, links: number, argument: number): number {
  switch (algorithm) {
    case "modulo_n":
      return hash % links;
    case "hash_threshold":
      return links === 1 ? 0 : Math.floor(hash / (Math.floor(0xffffffff / links) + 1));
    case "hrw": {
      let best = 0;
      let most = -1;
      for (let link = 0; link < links; link++) {
        const weight = hashPair(hash, link);
        if (weight <= most) continue;
        best = link;
        most = weight;
      }
      return best;
    }
    default:
      return iterate(hash, links, argument);
  }
}

/**
 * A hash below `argument` is made until it is a link, so that few flows move when links come and go. An argument that leaves links out, or would take long, is
 * the next power of two instead.
 */
function iterate(hash: number, links: number, argument: number): number {
  const isUsable = argument >= links && argument >>> 1 <= links;
  const modulus = isUsable ? argument : 2 ** Math.ceil(Math.log2(links));
  for (let i = 0; ; i++) {
    const link = hashPair(hash, i) % modulus;
    if (link < links) return link;
  }
}
