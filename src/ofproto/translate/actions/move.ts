import { newKey } from "#flow/key.js";
import type { Move } from "#openflow/actions/move.js";
import type { TranslationContext } from "../context.js";
import { copyBits, hasField, lookAt, noteValue, written } from "../subfield.js";

/** What is moved, in case both places overlap. */
const held = newKey();

/** `move`. */
export function translateMove(ctx: TranslationContext, { source, destination }: Move): void {
  const { flow } = ctx;
  if (hasField(ctx, source.field) && hasField(ctx, destination.field)) {
    lookAt(ctx, source);
    lookAt(ctx, destination);
    // What goes at once is read before it is written.
    const from = source.bits <= 32 ? flow : held;
    if (from === held) held.set(flow);
    copyBits(flow, destination.field, destination.start, from, source.field, source.start, source.bits);
    written(ctx, destination.field);
  }
  noteValue(ctx, destination);
}
