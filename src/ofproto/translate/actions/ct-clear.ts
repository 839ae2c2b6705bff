import { W } from "#flow/layout.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";

/** `ct_clear`: the packet is as if it had not been tracked. */
export function translateCtClear(ctx: TranslationContext): void {
  if (!ctx.conntracked && ctx.flow[W.ctState] === 0) return;
  commit(ctx);
  ctx.actions.push({ kind: "ct_clear" });
  clearConntrack(ctx);
}

/** Takes from a packet's fields all that connection tracking said of it. */
export function clearConntrack(ctx: TranslationContext): void {
  ctx.conntracked = false;
  ctx.flow.fill(0, W.ctState, W.eth);
  ctx.base.fill(0, W.ctState, W.eth);
}
