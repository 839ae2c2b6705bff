import type { DatapathAction } from "#datapath/actions.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { KEY_WORDS } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import type { BridgeState } from "../bridge-state.js";
import type { TranslationContext } from "./context.js";

/** Whose packets are looked at as they pass: those that come into a bridge, by a port or a patch, and match. */
export interface LiveFilter {
  readonly bridge: BridgeState;
  readonly match: Match;
}

/** Sends a copy up, as the packet is when it meets the flow. */
export const liveCopy: DatapathAction = { kind: "userspace", pid: 0, cookie: { kind: "live_trace" } };

/**
 * A packet comes into a bridge: notes whose filters it passes. What tells that apart has been looked at, so that no megaflow holds packets of
 * both sorts.
 */
export function noticeLive(ctx: TranslationContext): void {
  for (const filter of ctx.world.live) {
    if (filter.bridge !== ctx.bridge || ctx.live.includes(filter)) continue;
    if (passes(ctx.flow, ctx.mask, filter.match)) ctx.live = [...ctx.live, filter];
  }
}

/** One bit tells that a packet does not pass; that it does, all bits of the filter. */
function passes(flow: FlowKey, mask: FlowMask, { key: wanted, mask: bits }: Match): boolean {
  for (let w = 0; w < KEY_WORDS; w++) {
    const difference = (flow[w]! ^ wanted[w]!) & bits[w]!;
    if (difference === 0) continue;
    mask[w]! |= 0x80000000 >>> Math.clz32(difference);
    return false;
  }
  for (let w = 0; w < KEY_WORDS; w++) mask[w]! |= bits[w]!;
  return true;
}
