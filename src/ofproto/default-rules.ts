import { setField, unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type Match, newMatch } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";
import { PacketInReason } from "#openflow/actions/controller.js";
import { normal } from "#openflow/actions/output.js";
import type { BridgeSettings } from "./settings.js";
import type { FlowTable } from "./tables/flow-table.js";
import { INTERNAL_TABLE } from "./tables/flow-tables.js";
import { Rule } from "./tables/rule.js";

/**
 * Whether a bridge forwards by itself. A standalone bridge without controllers is a learning switch; so is one whose controllers do not
 * answer, and until there are connections to controllers none does.
 */
function actsAlone(settings: BridgeSettings): boolean {
  return settings.failMode === "standalone";
}

/** Puts the rules into the first table that a bridge has before any controller speaks, and takes others out. */
export function installDefaultRules(table: FlowTable, settings: BridgeSettings, now: number): void {
  table.clear();
  if (actsAlone(settings)) table.add(new Rule({ tableId: 0, priority: 0, match: newMatch(), actions: [normal], now }));
}

/**
 * Puts in the switch's own rules: where recirculated packets begin, and what becomes of packets no rule matches. Gives the one for packets
 * that are dropped then, which counts them.
 */
export function installInternalRules(table: FlowTable, now: number): Rule {
  const rule = (priority: number, match: Match, actions: readonly Action[]): Rule =>
    new Rule({ tableId: INTERNAL_TABLE, priority, match, actions, now });
  table.add(rule(2, matching("recirc_id", 0), []));
  const toController = {
    kind: "controller",
    maxLength: 65535,
    reason: PacketInReason.implicitMiss,
    controllerId: 0,
  } as const;
  table.add(rule(0, matching("reg0", 1), [toController]));
  const missDrop = rule(0, matching("reg0", 2), []);
  table.add(missDrop);
  table.add(rule(0, matching("reg0", 3), []));
  return missDrop;
}

function matching(name: string, value: number): Match {
  const match = newMatch();
  setField(match.key, field(name), value);
  unwildcard(match.mask, field(name));
  return match;
}
