import { readFieldBytes, setFieldBytes } from "#flow/access.js";
import type { StackAction } from "#openflow/actions/stack.js";
import type { TranslationContext } from "../context.js";
import { bitsOf, hasField, lookAt, noteValue, written } from "../subfield.js";

/** `push` and `pop`: values as bytes, of as many bits as were pushed. */
export function translateStack(ctx: TranslationContext, { kind, subfield }: StackAction): void {
  if (kind === "push") {
    const value = new Uint8Array(Math.ceil(subfield.bits / 8));
    readFieldBytes(ctx.flow, bitsOf(subfield), value);
    lookAt(ctx, subfield);
    ctx.stack.push(value);
    return;
  }
  const value = ctx.stack.pop();
  if (value === undefined) {
    ctx.trace?.note(" >>>> stack underflow <<<<");
    return;
  }
  if (hasField(ctx, subfield.field)) {
    lookAt(ctx, subfield);
    setFieldBytes(ctx.flow, bitsOf(subfield), value);
    written(ctx, subfield.field);
  }
  noteValue(ctx, subfield);
}
