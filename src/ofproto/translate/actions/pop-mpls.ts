import { MAX_MPLS, W } from "#flow/layout.js";
import type { MplsAction } from "#openflow/actions/mpls.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";
import { BOTTOM, countLabels } from "./mpls-labels.js";

/** `pop_mpls`: takes the outermost label stack entry off. Where it was the last, the packet's inner headers are not known yet. */
export function translatePopMpls(ctx: TranslationContext, action: MplsAction): void {
  if (action.kind === "pop_mpls") popMpls(ctx, action.value);
}

/** Takes a label off; the packet then has the Ethernet type. */
export function popMpls(ctx: TranslationContext, ethType: number): void {
  const { flow } = ctx;
  const count = countLabels(ctx);
  if (count === 0) return;
  if ((flow[W.mpls + count - 1]! & BOTTOM) !== 0) ctx.mask.fill(0xffffffff, W.mpls + 1, W.mpls + count);
  if (!isMpls(ethType)) ctx.wasMpls = true;
  flow.copyWithin(W.mpls, W.mpls + 1, W.mpls + MAX_MPLS);
  flow[W.mpls + MAX_MPLS - 1] = 0;
  flow.fill(0, W.nwSrc, W.tunMetadata);
  flow[W.ethType] = ethType;
}
