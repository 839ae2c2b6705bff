import type { TranslationContext } from "../context.js";

/** `exit`: no action of this packet is done any more, of this flow or another, and the action set neither. */
export function translateExit(ctx: TranslationContext): void {
  ctx.exit = true;
}
