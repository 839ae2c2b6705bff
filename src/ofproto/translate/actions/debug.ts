import { commit } from "../commit.js";
import { SLOW_ACTION } from "../commit-set.js";
import type { TranslationContext } from "../context.js";
import { freeze } from "../freeze.js";

/** `debug_recirc`: the packet goes through the datapath once more before what is left is done. */
export function translateDebugRecirculate(ctx: TranslationContext): void {
  commit(ctx);
  freeze(ctx);
}

/** `debug_slow`: packets of the flow are handled in userspace. */
export function translateDebugSlow(ctx: TranslationContext): void {
  ctx.slow |= SLOW_ACTION;
}
