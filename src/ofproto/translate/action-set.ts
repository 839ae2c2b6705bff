import { W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";
import { resolveActionSet } from "#openflow/actions/action-set.js";
import { formatActions } from "#openflow/actions/table.js";
import { OFPP } from "#openflow/port-number.js";
import type { TranslationContext } from "./context.js";

/** Adds to the action set what a `write_actions` says. */
export function writeToActionSet(ctx: TranslationContext, actions: readonly Action[]): void {
  ctx.actionSet.push(...actions);
  const done = resolveActionSet(ctx.actionSet);
  ctx.flow[W.actsetOutput] = outputOf(done);
  note(ctx, "is", done);
}

/** Makes the action set empty. */
export function clearActionSet(ctx: TranslationContext): void {
  if (ctx.trace) note(ctx, "was", resolveActionSet(ctx.actionSet));
  ctx.actionSet = [];
  ctx.flow[W.actsetOutput] = OFPP.unset;
}

function note({ trace }: TranslationContext, verb: "is" | "was", done: readonly Action[]): void {
  if (!trace) return;
  const text = done.length === 0 ? "empty" : formatActions(done);
  trace.note(` -> action set ${verb}${done.length === 0 ? "" : ":"} ${text}`);
}

/** The port that the action set ends with, as the field actset_output has it. */
function outputOf(done: readonly Action[]): number {
  const last = done.at(-1);
  return last?.kind === "output" ? last.port : OFPP.unset;
}

/** Does the action set, where the packet's way through the tables has ended. */
export function runActionSet(ctx: TranslationContext): void {
  if (ctx.stopped || ctx.actionSet.length === 0) return;
  const done = resolveActionSet(ctx.actionSet);
  ctx.actionSet = [];
  if (done.length === 0) return;
  const outer = ctx.inActionSet;
  ctx.inActionSet = true;
  ctx.trace?.enter("action_set", "--. Executing action set:");
  ctx.pipeline.runActions(ctx, done);
  ctx.trace?.leave();
  ctx.inActionSet = outer;
}
