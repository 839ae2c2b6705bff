import { formatMatch } from "#openflow/match-text.js";
import type { Rule } from "../tables/rule.js";
import type { TranslationContext } from "./context.js";
import { mayGoDeeper } from "./depth.js";
import { runActions } from "./run-actions.js";

/** Looks the packet up in a table of its bridge and does what the flow says. */
export function runTable(ctx: TranslationContext, tableId: number): void {
  if (ctx.failed || !mayGoDeeper(ctx)) return;
  const { tableId: outerTable, rule: outerRule } = ctx;
  ctx.tableId = tableId;
  const rule = ctx.bridge.tables.lookup(tableId, ctx.flow, ctx.mask);
  ctx.trace?.enter("table", `${String(tableId).padStart(2)}. ${rule ? describe(rule) : "No match."}`);
  ctx.depth++;
  ctx.steps++;
  if (rule) runRule(ctx, rule);
  else miss(ctx);
  ctx.depth--;
  ctx.trace?.leave();
  ctx.tableId = outerTable;
  ctx.rule = outerRule;
}

function miss(ctx: TranslationContext): void {
  ctx.effects.push({ kind: "rule", rule: ctx.bridge.missDrop });
  ctx.trace?.enter("action", "drop");
  ctx.trace?.leave();
  ctx.refuse("no_match");
}

function runRule(ctx: TranslationContext, rule: Rule): void {
  ctx.rule = rule;
  ctx.effects.push({ kind: "rule", rule });
  if (rule.actions.length === 0) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
    ctx.refuse("rule_drop");
  }
  runActions(ctx, rule.actions);
}

function describe(rule: Rule): string {
  const match = formatMatch(rule.match);
  const cookie = rule.cookie === 0n ? "" : `, cookie 0x${rule.cookie.toString(16)}`;
  return `${match === "" ? "" : `${match}, `}priority ${rule.priority}${cookie}`;
}
