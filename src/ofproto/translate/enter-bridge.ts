import type { Action } from "#openflow/actions/action.js";
import { formatAction } from "#openflow/actions/table.js";
import { formatMatch } from "#openflow/match-text.js";
import { PortConfig } from "../port-config.js";
import type { Rule } from "../rule.js";
import type { TranslationContext } from "./context.js";
import { translateController } from "./controller.js";
import { translateOutput } from "./output.js";

/** A packet begins in a bridge, having come in by `ctx.inPort`: the first table decides. */
export function enterBridge(ctx: TranslationContext): void {
  ctx.trace?.enter("bridge", ctx.bridge.name);
  const rule = ctx.bridge.tables[0]?.lookup(ctx.flow, ctx.mask);
  ctx.trace?.enter("table", ` 0. ${rule ? describe(rule) : "No match."}`);
  if (!rule) miss(ctx);
  else if (mayReceive(ctx)) runRule(ctx, rule);
  ctx.trace?.leave();
  ctx.trace?.leave();
}

function mayReceive(ctx: TranslationContext): boolean {
  if ((ctx.inPort.config & PortConfig.noReceive) === 0) return true;
  ctx.refuse("no_receive");
  return false;
}

function miss(ctx: TranslationContext): void {
  ctx.effects.push({ kind: "rule", rule: ctx.bridge.missDrop });
  ctx.trace?.enter("action", "drop");
  ctx.trace?.leave();
  ctx.refuse("no_match");
}

function runRule(ctx: TranslationContext, rule: Rule): void {
  ctx.effects.push({ kind: "rule", rule });
  if (rule.actions.length === 0) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
    ctx.refuse("rule_drop");
  }
  for (const action of rule.actions) {
    if (ctx.failed) return;
    ctx.trace?.enter("action", formatAction(action));
    translateAction(ctx, action, rule);
    ctx.trace?.leave();
  }
}

function translateAction(ctx: TranslationContext, action: Action, rule: Rule): void {
  switch (action.kind) {
    case "output":
      translateOutput(ctx, action);
      break;
    case "controller":
      translateController(ctx, action, rule);
      break;
  }
}

function describe(rule: Rule): string {
  const match = formatMatch(rule.match);
  const cookie = rule.cookie === 0n ? "" : `, cookie 0x${rule.cookie.toString(16)}`;
  return `${match === "" ? "" : `${match}, `}priority ${rule.priority}${cookie}`;
}
