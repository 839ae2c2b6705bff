import { formatActions } from "#openflow/actions/table.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { BridgeState } from "./bridge-state.js";
import type { Rule } from "./tables/rule.js";

/** The live flow in whose place a learned one would come. */
function inItsPlace({ tables }: BridgeState, { table, match, priority }: FlowMod): Rule | undefined {
  return tables.table(table).classifier.findExact(match, priority, tables.version)?.rule;
}

/** Whether a `learn` may do what it says: the flow is there already, or its table has fewer than `limit` flows of its cookie (0 for any number). */
export function mayLearn(bridge: BridgeState, mod: FlowMod, limit: number): boolean {
  if (limit === 0 || inItsPlace(bridge, mod) !== undefined) return true;
  const cookie = mod.newCookie ?? 0n;
  let count = 0;
  for (const rule of bridge.tables.liveOfCookie(cookie) ??
    bridge.tables.table(mod.table).rules(bridge.tables.version)) {
    if (rule.tableId === mod.table && rule.cookie === cookie) count++;
  }
  return count < limit;
}

/**
 * A packet of `used` (clock milliseconds) has taught a flow: adds it, or changes what is in its place; one that says the same already is as if added then.
 * Returns the flow, for the next time.
 */
export function learnFlow(
  bridge: BridgeState,
  mod: FlowMod,
  limit: number,
  known: Rule | undefined,
  used: number,
): Rule | undefined {
  const rule = known?.isLive ? known : inItsPlace(bridge, mod);
  if (rule !== undefined && (rule === known || says(rule, mod))) {
    rule.modified = Math.max(rule.modified, used);
    return rule;
  }
  if (!mayLearn(bridge, mod, limit)) return undefined;
  try {
    bridge.flowChanger?.flowMod(mod);
  } catch (error) {
    // A table that is full, for one, learns nothing.
    if (!(error instanceof OfpError)) throw error;
  }
  return inItsPlace(bridge, mod);
}

function says(rule: Rule, { actions, newCookie }: FlowMod): boolean {
  return rule.cookie === (newCookie ?? 0n) && formatActions(rule.actions) === formatActions(actions);
}
