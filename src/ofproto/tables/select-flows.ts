import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import type { FlowSelection } from "#openflow/messages/flow/flow-stats-request.js";
import { OFPP } from "#openflow/port-number.js";
import type { FlowTable } from "./flow-table.js";
import { type FlowTables, INTERNAL_TABLE } from "./flow-tables.js";
import { outputTo, sendToGroup } from "./referenced.js";
import { cookieBits, type Rule } from "./rule.js";

const ALL_BITS = 0xffffffffffffffffn;

/** Which flows, among those that lookups at a version see. */
export interface Selection extends FlowSelection {
  /** Where the match has to be the same and not only within: the priority, which has to be the same too. */
  readonly strictPriority?: number;
}

/**
 * Flows that are selected at a version, by table and in it by mask, of greater priority first. Hidden ones never are; `ALL_TABLES` leaves
 * the switch's own table out.
 */
export function selectRules(tables: FlowTables, selection: Selection, version: number): Rule[] {
  if (selection.cookieMask === ALL_BITS && selection.strictPriority === undefined && version >= tables.version) {
    const rules = tables.liveOfCookie(selection.cookie);
    if (rules !== undefined) return collectOfCookie(rules, selection);
  }
  const isSelected = filterOf(selection);
  const found: Rule[] = [];
  for (const table of tablesOf(tables, selection.table)) {
    if (table.size > 0) collect(table, selection, version, isSelected, found);
  }
  return found;
}

/** As above, of what is published: the flows that a request for statistics is about. */
export function selectFlows(tables: FlowTables, selection: FlowSelection): Rule[] {
  return selectRules(tables, selection, tables.version);
}

/** Of a cookie that is given whole, upstream gives the flows of all tables mixed. */
function collectOfCookie(rules: Iterable<Rule>, selection: Selection): Rule[] {
  const { table, match } = selection;
  const isSelected = filterOf(selection);
  const found: Rule[] = [];
  for (const rule of rules) {
    if (rule.isHidden || !(table === ALL_TABLES ? rule.tableId !== INTERNAL_TABLE : rule.tableId === table)) continue;
    if (rule.isWithin(match) && isSelected?.(rule) !== false) found.push(rule);
  }
  return found;
}

function tablesOf(tables: FlowTables, id: number): Iterable<FlowTable> {
  if (id !== ALL_TABLES) return [tables.table(id)];
  return [...tables].filter((t) => t.id !== INTERNAL_TABLE);
}

function collect(table: FlowTable, selection: Selection, version: number, isSelected: Filter, found: Rule[]): void {
  const { match, strictPriority } = selection;
  if (strictPriority !== undefined) {
    const entry = table.classifier.findExact(match, strictPriority, version);
    if (entry !== undefined && isSelected?.(entry.rule) !== false) found.push(entry.rule);
    return;
  }
  for (const { rule } of table.classifier.within(match, version)) {
    if (!rule.isHidden && isSelected?.(rule) !== false) found.push(rule);
  }
}

type Filter = ((rule: Rule) => boolean) | undefined;

/** Whether the rest of a selection, besides table and match, is true of a rule. */
function filterOf({ cookie, cookieMask, outPort, outGroup }: Selection): Filter {
  if (cookieMask === 0n && outPort === OFPP.none && outGroup === ANY_GROUP) return undefined;
  const bits = cookieBits(cookie, cookieMask);
  return (rule) =>
    rule.hasCookie(bits) &&
    (outPort === OFPP.none || outputTo(rule.actions, outPort)) &&
    (outGroup === ANY_GROUP || sendToGroup(rule.actions, outGroup));
}
