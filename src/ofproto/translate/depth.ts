import type { TranslationContext } from "./context.js";

/** Nested bridges, groups and tables a packet may pass. */
const MAX_DEPTH = 64;
/** Bridges, groups and tables a packet may pass in all. */
const MAX_STEPS: number = MAX_DEPTH * MAX_DEPTH;

/** False, and the translation void, where a packet has passed too many bridges, groups and tables, one in the other or in all. */
export function mayGoDeeper(ctx: TranslationContext): boolean {
  if (ctx.failed) return false;
  if (ctx.depth >= MAX_DEPTH) {
    ctx.fail("recursion_too_deep", "Recursion too deep", `over max translation depth ${MAX_DEPTH}`);
    return false;
  }
  if (ctx.steps >= MAX_STEPS) {
    ctx.fail("too_many_resubmits", "Too many resubmits", `over ${MAX_STEPS} resubmit actions`);
    return false;
  }
  return true;
}
