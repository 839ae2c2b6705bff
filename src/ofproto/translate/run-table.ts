import { W } from "#flow/layout.js";
import type { DropReason } from "../drop-reason.js";
import { PortConfig } from "../port-config.js";
import type { Rule } from "../tables/rule.js";
import type { Lookup, TranslationContext } from "./context.js";
import { mayGoDeeper } from "./depth.js";
import { lookupOriginal } from "./original-direction.js";
import { runActions } from "./run-actions.js";
import type { Trace } from "./trace.js";

/** The last table that a packet can go on to where a table is set to pass on what it does not know. */
const LAST_TABLE = 253;
/** Of the bits of `nw_frag`: a fragment, be it the first or a later one. */
const ANY_FRAGMENT = 1;

/** Looks the packet up in a table of its bridge and does what the flow says. */
export function runTable(ctx: TranslationContext, tableId: number, how: Lookup = {}): void {
  if (ctx.failed || !mayGoDeeper(ctx)) return;
  const { tableId: outerTable, rule: outerRule } = ctx;
  const found = lookup(ctx, tableId, how);
  if (!found) return;
  // A way that leads on to later tables only has an end.
  const counts = tableId <= outerTable ? 1 : 0;
  ctx.depth += counts;
  ctx.steps++;
  runFound(ctx, found);
  ctx.depth -= counts;
  ctx.trace?.leave();
  ctx.tableId = outerTable;
  ctx.rule = outerRule;
}

/**
 * As `runTable`, for a packet that has just come into the bridge: `inside` is done at last, as part of the same step. Of the limits every step is one, but
 * the very first.
 */
export function runFirstTable(ctx: TranslationContext, mayRun: boolean, inside: () => void): void {
  if (ctx.failed || !mayGoDeeper(ctx)) return;
  const counts = ctx.entered ? 1 : 0;
  ctx.entered = true;
  const found = lookup(ctx, 0, { honorsMiss: true })!;
  const { rule } = found;
  ctx.depth += counts;
  ctx.steps += counts;
  if (mayRun) runFound(ctx, found);
  else {
    creditRule(ctx, found.rule);
    ctx.refuse("no_receive");
  }
  inside();
  ctx.firstRule = rule;
  ctx.depth -= counts;
  ctx.trace?.leave();
}

/** A rule, or what a table does without one; and why a packet is dropped where that has no actions. */
type Found = { readonly rule: Rule; readonly dropped: DropReason };

/** Finds the rule, and tells a trace of it: the step is left open. Fragments are seen without ports, or dropped, as the bridge is set. */
function lookup(ctx: TranslationContext, tableId: number, how: Lookup): Found | undefined {
  const { flow, bridge } = ctx;
  const isFragment = ((flow[W.nw]! >>> 24) & ANY_FRAGMENT) !== 0;
  if (!isFragment || bridge.fragments === "nx-match") return lookupAny(ctx, tableId, how);
  if (bridge.fragments === "drop") {
    ctx.tableId = tableId;
    ctx.trace?.enter(
      "table",
      `${numbered(tableId)}. Packets are IP fragments and the fragment handling mode is "drop".`,
      { table: tableId, rule: null },
    );
    return { rule: bridge.misses.dropFragments, dropped: "fragment" };
  }
  const ports = flow[W.tp]!;
  flow[W.tp] = 0;
  const found = lookupAny(ctx, tableId, how);
  flow[W.tp] = ports;
  return found;
}

function numbered(tableId: number): string {
  return String(tableId).padStart(2);
}

/** The masks of flows that the packet itself has taught are looked up too, where a flow of theirs would come first; the flows are not there yet. */
function seeLearned({ learned, bridge: at, mask }: TranslationContext, tableId: number, found: Rule | undefined): void {
  for (const { bridge, table, priority, mask: bits } of learned) {
    if (bridge !== at || table !== tableId || (found !== undefined && found.priority >= priority)) continue;
    for (let w = 0; w < bits.length; w++) if (bits[w] !== 0) mask[w]! |= bits[w]!;
  }
}

function lookupAny(ctx: TranslationContext, tableId: number, { inPort, ct, honorsMiss }: Lookup): Found | undefined {
  const { flow, mask, bridge } = ctx;
  const before = flow[W.inPort]!;
  if (inPort !== undefined) flow[W.inPort] = inPort;
  let rule: Rule | undefined;
  let at = tableId;
  let miss = bridge.misses.drop;
  for (;;) {
    if (ct) {
      const original = lookupOriginal(ctx, (k, m) => bridge.tables.lookup(at, k, m));
      if (!original) {
        ctx.trace?.note(" >>>> resubmit(ct) with non-tracked or non-IP packet! <<<<");
        flow[W.inPort] = before;
        return undefined;
      }
      rule = original.rule;
    } else rule = bridge.tables.lookup(at, flow, mask);
    if (ctx.learned.length > 0) seeLearned(ctx, at, rule);
    const table = bridge.tables.table(at);
    ctx.effects.push(rule === undefined ? table.miss : table.hit);
    if (rule || !honorsMiss) break;
    const config = bridge.tables.table(at).missConfig;
    if (config === "continue" && at < LAST_TABLE) {
      at++;
      continue;
    }
    if (config === "controller" || (config === "default" && bridge.controllers?.wantsMisses)) {
      miss = (ctx.inPort.config & PortConfig.noPacketIn) === 0 ? bridge.misses.toController : bridge.misses.drop;
    }
    break;
  }
  flow[W.inPort] = before;
  ctx.tableId = at;
  if (ctx.trace) traceLookup(ctx, ctx.trace, at, rule, miss);
  return { rule: rule ?? miss, dropped: rule ? "rule_drop" : "no_match" };
}

function runFound(ctx: TranslationContext, { rule, dropped }: Found): void {
  ctx.rule = rule;
  creditRule(ctx, rule);
  if (rule.actions.length === 0) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
    ctx.refuse(dropped);
  }
  runActions(ctx, rule.actions);
}

function creditRule(ctx: TranslationContext, rule: Rule): void {
  ctx.effects.push(rule.effect);
}

/** What a trace says of a lookup. Only of the bridge that the packet came into does it say in words that nothing matched. */
function traceLookup(
  { bridge, origin }: TranslationContext,
  trace: Trace,
  table: number,
  rule: Rule | undefined,
  miss: Rule,
): void {
  if (rule === undefined && bridge === origin.bridge) {
    const text = miss === bridge.misses.toController ? 'No match, and a "packet-in" is called for.' : "No match.";
    trace.enter("table", `${numbered(table)}. ${text}`, { table, rule: null });
    return;
  }
  const given = rule ?? miss;
  const { priority, cookie } = given;
  const shown = { match: trace.matchText(given, bridge), priority, cookie: `0x${cookie.toString(16)}` };
  const match = shown.match === "" ? "" : `${shown.match}, `;
  const text = `${match}priority ${priority}${cookie === 0n ? "" : `, cookie ${shown.cookie}`}`;
  trace.enter("table", `${numbered(table)}. ${text}`, { table, rule: rule === undefined ? null : shown });
}
