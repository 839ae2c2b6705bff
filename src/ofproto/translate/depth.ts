import type { TranslationContext } from "./context.js";

/** Nested bridges, groups and tables a packet may pass. */
const MAX_DEPTH = 64;
/** Bridges, groups and tables a packet may pass in all. */
const MAX_STEPS: number = MAX_DEPTH * MAX_DEPTH;

/**
 * A packet ends after so many nested tables, with the copies made on the way sent; where loops branch, so that there would be no end of copies,
 * the translation is void.
 */
export function mayGoDeeper(ctx: TranslationContext): boolean {
  if (ctx.failed) return false;
  if (ctx.steps >= MAX_STEPS) {
    ctx.fail("too_many_resubmits", ` >> over ${MAX_STEPS} resubmit actions`);
    return false;
  }
  if (ctx.depth < MAX_DEPTH) return true;
  ctx.trace?.note(`     >>>> over max translation depth ${MAX_DEPTH} <<<<`);
  ctx.refuse("recursion_too_deep");
  return false;
}
