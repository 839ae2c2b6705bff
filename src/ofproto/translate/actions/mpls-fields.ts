import { W } from "#flow/layout.js";
import type { MplsAction } from "#openflow/actions/mpls.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";
import { ttlException } from "./dec-ttl.js";

/** Those that set a part of the label stack entry. */
type SetKind = keyof typeof places;

const places = {
  set_mpls_label: [0xfffff000, 12],
  set_mpls_tc: [0xe00, 9],
  set_mpls_ttl: [0xff, 0],
} as const;

/** `set_mpls_label`, `set_mpls_tc`, `set_mpls_ttl`: of the outermost label. */
export function translateSetMpls({ flow, mask }: TranslationContext, action: MplsAction): void {
  if (!isMpls(flow[W.ethType]!)) return;
  if (action.kind === "dec_mpls_ttl") return;
  const [bits, shift] = places[action.kind as SetKind];
  mask[W.mpls] = mask[W.mpls]! | bits;
  flow[W.mpls] = (flow[W.mpls]! & ~bits) | (action.value << shift);
}

/** `dec_mpls_ttl`. */
export function translateDecMplsTtl(ctx: TranslationContext): void {
  const { flow, mask } = ctx;
  if (!isMpls(flow[W.ethType]!)) return;
  mask[W.mpls] = mask[W.mpls]! | 0xff;
  const ttl = flow[W.mpls]! & 0xff;
  if (ttl > 1) flow[W.mpls] = flow[W.mpls]! - 1;
  else ttlException(ctx, "MPLS decrement TTL exception", [0]);
}
