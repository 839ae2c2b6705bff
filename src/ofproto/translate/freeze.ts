import type { CtNat } from "#datapath/actions.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";
import type { Freezing, TranslationContext } from "./context.js";
import type { FrozenState } from "./frozen-state.js";

/** Stops the packet here: it goes on with the actions that are left, which `runActions` collects. `finishFreezing` then sends it on its way. */
export function freeze(ctx: TranslationContext, how: Pick<Freezing, "controller" | "hash"> = {}): void {
  ctx.freezing = { table: undefined, steps: [], cookie: ctx.flowCookie, ...how };
}

/** Stops the packet, to be looked up in a table when it goes on. */
export function freezeAtTable(ctx: TranslationContext, table: number): void {
  ctx.freezing = { table, steps: [], cookie: ctx.flowCookie };
}

/**
 * Stops the packet before an action, which is done when the packet has come back with a hash: its key then has `dp_hash`. `rest` are the actions after it
 * in its list.
 */
export function freezeForHash(
  ctx: TranslationContext,
  hash: { readonly algorithm: "l4" | "sym_l4"; readonly basis: number },
  action: Action,
): void {
  freeze(ctx, { hash });
  ctx.freezing?.steps.push({ table: ctx.tableId, cookie: ctx.flowCookie, actions: [action] });
}

/** Of a packet that was stopped: keeps the actions that are left in the present list. */
export function keepRest(ctx: TranslationContext, actions: readonly Action[]): void {
  const { freezing } = ctx;
  if (freezing === undefined) return;
  freezing.cookie = ctx.flowCookie;
  if (actions.length > 0) freezing.steps.push({ table: ctx.tableId, cookie: ctx.flowCookie, actions });
}

/** Sends a copy of the packet to a table, by way of connection tracking; `flow` is as a trace goes on with it. */
export function forkToTable(
  ctx: TranslationContext,
  table: number,
  tracked: { readonly flow: FlowKey; readonly zone: number; readonly nat: CtNat | undefined },
): void {
  const id = keep(ctx, {
    table,
    steps: undefined,
    actionSet: [...ctx.actionSet],
    conntracked: true,
    userdata: undefined,
    meterId: undefined,
  });
  ctx.recirculations.push({ id, ...tracked });
  ctx.actions.push({ kind: "recirc", id });
}

/** Keeps the packet's metadata under a number. */
export function keep(
  ctx: TranslationContext,
  rest: Omit<FrozenState, "bridge" | "metadata" | "stack" | "live">,
): number {
  const id = ctx.world.frozen.id({
    bridge: ctx.bridge,
    metadata: frozenMetadata(ctx.flow),
    stack: [...ctx.stack],
    live: ctx.live,
    ...rest,
  });
  ctx.frozen.push(id);
  return id;
}

/** Of a key, what the datapath does not keep: tunnel, registers, port, and the port that the action set ends with. */
function frozenMetadata(flow: FlowKey): FlowKey {
  const kept = newKey();
  kept.set(flow.subarray(0, W.recircId));
  kept[W.actsetOutput] = flow[W.actsetOutput]!;
  kept.set(flow.subarray(W.tunMetadata), W.tunMetadata);
  return kept;
}
