import { MAX_MPLS, W } from "#flow/layout.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";

/** The bit of a label stack entry that says that there is none below it. */
export const BOTTOM = 0x100;

/** TTL of a label on a packet that has none. */
export const DEFAULT_TTL = 64;

/** Label of an IPv6 packet's only entry: IPv6 explicit null (RFC 3032). */
export const IPV6_NULL = 2;

/** Label stack entries of the packet, as many as can be seen; where the stack ends has then been looked at. */
export function countLabels({ flow, mask }: TranslationContext): number {
  if (!isMpls(flow[W.ethType]!)) return 0;
  for (let i = 0; i < MAX_MPLS; i++) {
    mask[W.mpls + i] = mask[W.mpls + i]! | BOTTOM;
    if ((flow[W.mpls + i]! & BOTTOM) !== 0) return i + 1;
  }
  return MAX_MPLS;
}
