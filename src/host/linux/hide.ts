import type { Hidden, Hide } from "./hidden.js";
import { hideByClsact } from "./hide-by-clsact.js";
import { hideByNft } from "./hide-by-nft.js";
import { hideByTcx } from "./hide-by-tcx.js";

const ways: Readonly<Record<"tcx" | "clsact" | "nft", Hide>> = { tcx: hideByTcx, clsact: hideByClsact, nft: hideByNft };

/**
 * Keeps the host's stack from seeing what arrives on a link of the calling thread's namespace, by the first way that works of
 * `order`. AF_PACKET sockets still see it. Never throws: `by` is `none` with the reasons where nothing works.
 */
export function hideLink(
  name: string,
  ifindex: number,
  order: readonly ("tcx" | "clsact" | "nft")[] = ["tcx", "nft", "clsact"],
): Hidden {
  const reasons: string[] = [];
  for (const way of order) {
    try {
      return ways[way](name, ifindex);
    } catch (error) {
      reasons.push(`${way}: ${(error as Error).message}`);
    }
  }
  return { hidden: { by: "none", reason: reasons.join("; ") }, link: -1, program: -1, release: () => undefined };
}
