import { setField, unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type Match, newMatch } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";
import { PacketInReason } from "#openflow/actions/controller.js";
import { normal } from "#openflow/actions/output.js";
import type { BridgeSettings } from "./settings.js";
import type { FlowTable } from "./tables/flow-table.js";
import { type FlowTables, INTERNAL_TABLE } from "./tables/flow-tables.js";
import { Rule } from "./tables/rule.js";

/**
 * Puts the rule into the first table that a bridge has before any controller speaks: without controllers, a standalone bridge is a learning switch. All
 * flows that controllers could see are taken out.
 */
export function resetFlows(tables: FlowTables, settings: BridgeSettings, now: number): void {
  tables.flush();
  if (settings.failMode !== "standalone" || settings.hasControllers) return;
  tables.table(0).add(new Rule({ tableId: 0, priority: 0, match: newMatch(), actions: [normal], now }));
}

/** Whether other settings mean that a bridge's flows begin anew, as upstream has it. */
export function resetsFlows(before: BridgeSettings, after: BridgeSettings): boolean {
  if (before.hasControllers !== after.hasControllers) return true;
  return before.failMode !== after.failMode && !after.hasControllers;
}

/** The switch's own rules for packets that no rule matches, which count them. */
export interface MissRules {
  readonly toController: Rule;
  /** Also of packets whose port is set not to send any to controllers. */
  readonly drop: Rule;
  /** Of fragments, where the bridge drops them. */
  readonly dropFragments: Rule;
}

/** Puts in the switch's own rules: where recirculated packets begin, and what becomes of packets no rule matches. Gives the latter. */
export function installInternalRules(table: FlowTable, now: number): MissRules {
  const rule = (priority: number, match: Match, actions: readonly Action[]): Rule =>
    new Rule({ tableId: INTERNAL_TABLE, priority, match, actions, now });
  table.add(rule(2, matching("recirc_id", 0), []));
  const toController = {
    kind: "controller",
    maxLength: 65535,
    reason: PacketInReason.implicitMiss,
    controllerId: 0,
  } as const;
  const misses: MissRules = {
    toController: rule(0, matching("reg0", 1), [toController]),
    drop: rule(0, matching("reg0", 2), []),
    dropFragments: rule(0, matching("reg0", 3), []),
  };
  for (const miss of Object.values(misses)) table.add(miss);
  return misses;
}

function matching(name: string, value: number): Match {
  const match = newMatch();
  setField(match.key, field(name), value);
  unwildcard(match.mask, field(name));
  return match;
}
