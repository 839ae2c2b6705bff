import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { formatActions } from "#openflow/actions/table.js";
import { portOrAbsent } from "../absent-port.js";
import { runActionSet } from "./action-set.js";
import type { TranslationContext } from "./context.js";
import type { FrozenState, FrozenStep } from "./frozen-state.js";
import { formatUnrolled, type UnrolledStep, unroll, unrollText } from "./unroll.js";

/** Goes on with a packet that was recirculated: the way through the tables is as it was where the packet was stopped. */
export function thawRecirculated(ctx: TranslationContext, id: number): void {
  ctx.trace?.enter("bridge", ctx.bridge.name);
  thawById(ctx, id);
  runActionSet(ctx);
  ctx.trace?.leave();
}

function thawById(ctx: TranslationContext, id: number): void {
  const state = ctx.world.frozen.get(id);
  if (state === undefined) {
    ctx.fail(
      "no_recirculation",
      "No recirculation context",
      `Recirculation context not found for ID ${id.toString(16)}`,
    );
    return;
  }
  thaw(ctx, state);
}

/** Puts a frozen state back and does what it says is left. */
export function thaw(ctx: TranslationContext, state: FrozenState): void {
  const steps = state.steps === undefined ? undefined : unroll(state.steps);
  trace(ctx, state, steps);
  ctx.inPort = portOrAbsent(state.bridge, state.metadata[W.inPort]!);
  restoreMetadata(ctx.flow, state.metadata);
  restoreMetadata(ctx.base, state.metadata);
  ctx.stack = [...state.stack];
  ctx.actionSet = [...state.actionSet];
  ctx.conntracked = state.conntracked;
  if (state.live.length > 0) ctx.live = state.live.filter((filter) => ctx.world.live.includes(filter));
  ctx.tableId = state.table;
  if (steps === undefined) ctx.pipeline.runTable(ctx, state.table, { honorsMiss: true });
  else runSteps(ctx, steps);
}

function runSteps(ctx: TranslationContext, steps: readonly UnrolledStep[]): void {
  for (const [i, step] of steps.entries()) {
    ctx.tableId = step.table;
    ctx.cookie = step.cookie;
    if (step.unrolls) traceUnroll(ctx, step);
    ctx.pipeline.runActions(ctx, step.actions);
    if (ctx.freezing !== undefined) {
      ctx.freezing.steps.push(...steps.slice(i + 1));
      return;
    }
    if (ctx.stopped) return;
  }
}

/** Puts metadata that were kept (`frozenMetadata`) into a key. */
export function restoreMetadata(key: FlowKey, metadata: FlowKey): void {
  key.set(metadata.subarray(0, W.recircId));
  key[W.actsetOutput] = metadata[W.actsetOutput]!;
  key.set(metadata.subarray(W.tunMetadata), W.tunMetadata);
}

function trace(ctx: TranslationContext, state: FrozenState, steps: readonly UnrolledStep[] | undefined): void {
  if (ctx.trace === undefined) return;
  ctx.trace.enter("thaw", "thaw");
  ctx.trace.note(`Resuming from table ${state.table}`);
  if (state.actionSet.length > 0) ctx.trace.note(`Restoring action set: ${formatActions(state.actionSet)}`);
  if (steps !== undefined && steps.length > 0) ctx.trace.note(`Restoring actions: ${formatUnrolled(steps)}`);
  ctx.trace.leave();
}

function traceUnroll(ctx: TranslationContext, step: FrozenStep): void {
  if (ctx.trace === undefined) return;
  ctx.trace.enter("action", unrollText(step));
  ctx.trace.leave();
  ctx.trace.enter("action", `restored state: table=${step.table}, cookie=${cookieText(step.cookie)}`);
  ctx.trace.leave();
}

/** A cookie as a little-endian switch shows its bytes. */
function cookieText(cookie: bigint): string {
  if (cookie === 0n) return "0";
  const bytes = cookie.toString(16).padStart(16, "0").match(/../g) ?? [];
  return `0x${bytes.reverse().join("").replace(/^0+/, "")}`;
}
