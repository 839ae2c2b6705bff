import { MAX_MPLS, W } from "#flow/layout.js";
import type { MplsAction } from "#openflow/actions/mpls.js";
import { EtherType } from "#wire/ethernet.js";
import { commit } from "../commit.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";
import { BOTTOM, countLabels, DEFAULT_TTL, IPV6_NULL } from "./mpls-labels.js";

/** `push_mpls`: a label stack entry in front of those there are, like the outermost of them, or else of the class and TTL of the IP packet. */
export function translatePushMpls(ctx: TranslationContext, action: MplsAction): void {
  if (action.kind !== "push_mpls") return;
  const { flow, mask } = ctx;
  const count = countLabels(ctx);
  if (count >= MAX_MPLS) {
    ctx.fail("too_many_mpls", "Too many MPLS labels");
    return;
  }
  if (count === 0) {
    commit(ctx);
    flow[W.mpls] = firstEntry(ctx);
    flow.fill(0, W.nwSrc, W.tunMetadata);
  } else {
    for (let i = 0; i < count; i++) mask[W.mpls + i] = 0xffffffff;
    flow.copyWithin(W.mpls + 1, W.mpls, W.mpls + count);
    flow[W.mpls] = flow[W.mpls]! & ~BOTTOM;
  }
  flow[W.ethType] = action.value;
}

function firstEntry({ flow, mask }: TranslationContext): number {
  const type = flow[W.ethType]!;
  if (isMpls(type) || (type !== EtherType.ipv4 && type !== EtherType.ipv6)) return BOTTOM | DEFAULT_TTL;
  mask[W.nw] = mask[W.nw]! | 0x00fcff00;
  const [dscp, ttl] = [(flow[W.nw]! >>> 18) & 0x3f, (flow[W.nw]! >>> 8) & 0xff];
  const label = type === EtherType.ipv6 ? IPV6_NULL : 0;
  return ((label << 12) | ((dscp & 7) << 9) | BOTTOM | ttl) >>> 0;
}
