import type { Match } from "#flow/match.js";
import type { Action } from "./actions/action.js";
import { formatActions } from "./actions/table.js";
import { FlowFlag } from "./messages/flow/flow-flags.js";
import type { FlowMod } from "./messages/flow/flow-mod.js";
import { ALL_TABLES, formatPriorityMatch, formatTable } from "./messages/flow/flow-parts.js";
import type { FlowTextOptions } from "./messages/flow/flow-stats.js";
import { newFlowMod } from "./messages/flow/new-flow-mod.js";

/** A flow as a table holds it, without what it has done. Flow statistics are one. */
export interface FlowEntry {
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  /** Seconds, 0 for never. */
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly importance: number;
  /** Bits of `FlowFlag`. */
  readonly flags: number;
  readonly actions: readonly Action[];
}

/** The flow that an addition makes; table 0 where it names none. */
export function entryOfFlowMod(flowMod: FlowMod): FlowEntry {
  const { priority, match, idleTimeout, hardTimeout, importance, flags, actions } = flowMod;
  const table = flowMod.table === ALL_TABLES ? 0 : flowMod.table;
  const cookie = flowMod.newCookie ?? 0n;
  return { table, priority, match, cookie, idleTimeout, hardTimeout, importance, flags, actions };
}

/** The flow mod that adds a flow, or deletes it and no other. */
export function flowModOfEntry(entry: FlowEntry, command: "add" | "delete_strict"): FlowMod {
  const isAdd = command === "add";
  const { table, priority, match, cookie, idleTimeout, hardTimeout, importance, flags, actions } = entry;
  return newFlowMod({
    command,
    ...{ table, priority, match, idleTimeout, hardTimeout },
    newCookie: cookie,
    importance: isAdd ? importance : 0,
    // Upstream's replace-flows keeps this one alone.
    flags: isAdd ? flags & FlowFlag.sendFlowRemoved : 0,
    actions: isAdd ? actions : [],
  });
}

/** What tells a flow from all others of a switch, as text: its table, priority and match. */
function flowIdentity({ table, priority, match: { key, mask } }: FlowEntry): string {
  let text = `${table}/${priority}`;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) text += `/${i}:${mask[i]}:${key[i]}`;
  return text;
}

/** True where two flows do the same for as long: cookie, timeouts, importance and actions. */
export function sameFlow(a: FlowEntry, b: FlowEntry): boolean {
  return (
    a.cookie === b.cookie &&
    a.idleTimeout === b.idleTimeout &&
    a.hardTimeout === b.hardTimeout &&
    a.importance === b.importance &&
    formatActions(a.actions) === formatActions(b.actions)
  );
}

/** Flows by what tells them apart; of equal ones the last counts. */
export class FlowSet {
  readonly #flows = new Map<string, FlowEntry>();

  constructor(flows: Iterable<FlowEntry> = []) {
    for (const flow of flows) this.#flows.set(flowIdentity(flow), flow);
  }

  /** The flow with the table, priority and match of this one. */
  like(flow: FlowEntry): FlowEntry | undefined {
    return this.#flows.get(flowIdentity(flow));
  }

  [Symbol.iterator](): IterableIterator<FlowEntry> {
    return this.#flows.values();
  }
}

/** A flow of the one set that the other has not, or has otherwise. */
interface FlowDifference {
  readonly before: FlowEntry | undefined;
  readonly after: FlowEntry | undefined;
}

/**
 * Flows of two sets that differ: by table, and in a table those that match the same fields together, the fields of the highest priority first, as
 * a classifier has them.
 */
export function differingFlows(before: FlowSet, after: FlowSet): FlowDifference[] {
  const found: FlowDifference[] = [];
  const order = new FieldOrder();
  for (const flow of before) {
    order.add(flow);
    const other = after.like(flow);
    if (other === undefined || !sameFlow(flow, other)) found.push({ before: flow, after: other });
  }
  for (const flow of after) {
    order.add(flow);
    if (before.like(flow) === undefined) found.push({ before: undefined, after: flow });
  }
  const at = ({ before: b, after: a }: FlowDifference): FlowEntry => (b ?? a)!;
  return found.sort((x, y) => order.compare(at(x), at(y)));
}

/** The order of flows by what they match, whatever its value. */
class FieldOrder {
  readonly #ranks = new Map<string, { priority: number; readonly number: number }>();

  add(flow: FlowEntry): void {
    const fields = fieldsOf(flow);
    const rank = this.#ranks.get(fields);
    if (rank === undefined) this.#ranks.set(fields, { priority: flow.priority, number: this.#ranks.size });
    else rank.priority = Math.max(rank.priority, flow.priority);
  }

  compare(a: FlowEntry, b: FlowEntry): number {
    if (a.table !== b.table) return a.table - b.table;
    const [x, y] = [this.#ranks.get(fieldsOf(a))!, this.#ranks.get(fieldsOf(b))!];
    return y.priority - x.priority || x.number - y.number;
  }
}

/** The table of a flow, and the bits that it matches. */
function fieldsOf({ table, match: { mask } }: FlowEntry): string {
  let text = String(table);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) text += `/${i}:${mask[i]}`;
  return text;
}

/** A flow as `diff-flows` writes it behind its sign. */
export function formatFlowEntry(flow: FlowEntry, options: FlowTextOptions = {}): string {
  let text = flow.table === 0 ? "" : `table=${formatTable(flow.table, options)} `;
  text += formatPriorityMatch(flow.match, flow.priority, options);
  if (flow.cookie !== 0n) text += ` cookie=0x${flow.cookie.toString(16)}`;
  if (flow.idleTimeout !== 0) text += ` idle_timeout=${flow.idleTimeout}`;
  if (flow.hardTimeout !== 0) text += ` hard_timeout=${flow.hardTimeout}`;
  if (flow.importance !== 0) text += ` importance=${flow.importance}`;
  return `${text} actions=${formatActions(flow.actions, options)}`;
}
