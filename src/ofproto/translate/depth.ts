import type { TranslationContext } from "./context.js";

/** Nested bridges, groups and tables a packet may pass. */
const MAX_DEPTH = 64;
/** Bridges, groups and tables a packet may pass in all. */
const MAX_STEPS: number = MAX_DEPTH * MAX_DEPTH;

/** Bytes of values that may be on the stack. */
const MAX_STACK = 65536;

function stackBytes({ stack }: TranslationContext): number {
  let bytes = 0;
  for (const value of stack) bytes += value.length;
  return bytes;
}

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
  if (ctx.stack.length > 0 && stackBytes(ctx) > MAX_STACK) {
    ctx.fail("stack_too_deep", "Stack too deep", "resubmits yielded over 64 kB of stack");
    return false;
  }
  return true;
}
