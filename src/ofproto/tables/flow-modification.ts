import type { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "#openflow/actions/action.js";
import { mapTunMetadata } from "#openflow/actions/map-tlvs.js";
import { FlowFlag } from "#openflow/messages/flow/flow-flags.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import type { Modification } from "../modification.js";
import type { FlowChanges, RemovalReason } from "./flow-changes.js";
import { FlowSteps } from "./flow-steps.js";
import { type FlowTables, INTERNAL_TABLE } from "./flow-tables.js";
import { everyAction } from "./referenced.js";
import { Rule } from "./rule.js";
import { type Selection, selectRules } from "./select-flows.js";
import { sharedActions } from "./shared-actions.js";

/** What a flow-mod needs to know besides the tables. */
export interface FlowModEnvironment {
  /** Clock milliseconds. */
  now(): number;
  /** Where the bridge has tunnel metadata. */
  readonly tlvs: TlvMap;
  /** Whether there is a group or meter of a number, those that the same commit adds among them. */
  hasGroup(id: number): boolean;
  hasMeter(id: number): boolean;
}

/** A change of flows: what it did is known once it has started. */
export interface FlowModification extends Modification {
  readonly changes: FlowChanges;
}

/**
 * A flow-mod as a change of tables. `start` throws `OfpError`: OFPBRC_EPERM for the switch's own flows, OFPBRC_BUFFER_UNKNOWN, OFPFMFC_OVERLAP, OFPFMFC_TABLE_FULL,
 * OFPBAC_BAD_OUT_GROUP and OFPMMFC_INVALID_METER for what is not there, NXFMFC_INVALID_TLV_FIELD.
 */
export function flowModification(tables: FlowTables, mod: FlowMod, env: FlowModEnvironment): FlowModification {
  const steps = new FlowSteps(tables, (mod.flags & FlowFlag.resetCounts) === 0);
  // Bundles have many additions: of each its rule is kept, which is a tenth of the message.
  const run = mod.command === "add" ? addition(tables, mod, env, steps) : change(tables, mod, env, steps);
  return modification(steps, run);
}

function modification(steps: FlowSteps, run: Run): FlowModification {
  return {
    changes: steps,
    start: () => {
      try {
        run();
      } catch (error) {
        steps.revert();
        throw error;
      }
    },
    finish: () => steps.finish(),
    revert: () => steps.revert(),
  };
}

/** A flow that was read already, as a change of tables: as `flowModification` of its addition. */
export function flowAddition(tables: FlowTables, rule: Rule, env: FlowModEnvironment): FlowModification {
  const steps = new FlowSteps(tables, true);
  return modification(steps, () => {
    rule.begin(env.now());
    add(tables, rule, env, steps);
  });
}

/** Flows that go by the switch's own doing: timeouts, or the end of a group or meter that they use. */
export function flowRemoval(tables: FlowTables, rules: readonly Rule[], reason: RemovalReason): FlowModification {
  const steps = new FlowSteps(tables, true);
  return {
    changes: steps,
    start: () => {
      for (const rule of rules) if (rule.isLive) steps.remove(rule, reason);
    },
    finish: () => steps.finish(),
    revert: () => steps.revert(),
  };
}

type Run = () => void;

/** Adds a flow, in the place of one with the same match and priority. */
function addition(tables: FlowTables, mod: FlowMod, env: FlowModEnvironment, steps: FlowSteps): Run {
  const { bufferId } = mod;
  const rule = ruleOf(mod, env);
  return () => {
    if (bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
    rule.begin(env.now());
    add(tables, rule, env, steps);
  };
}

function ruleOf(mod: FlowMod, env: FlowModEnvironment): Rule {
  return new Rule({
    tableId: mod.table === ALL_TABLES ? 0 : mod.table,
    priority: mod.priority,
    match: mod.match,
    actions: sharedActions(mapTunMetadata(mod.actions, env.tlvs)),
    cookie: mod.newCookie ?? 0n,
    idleTimeout: mod.idleTimeout,
    hardTimeout: mod.hardTimeout,
    importance: mod.importance,
    flags: mod.flags,
    now: env.now(),
  });
}

function add(tables: FlowTables, rule: Rule, env: FlowModEnvironment, steps: FlowSteps): void {
  if (rule.tableId === INTERNAL_TABLE) throw new OfpError("OFPBRC_EPERM");
  if (!rule.isPlain) checkNamed(rule.actions, env);
  const table = tables.table(rule.tableId);
  const next = tables.version + 1;
  const old = table.classifier.findLike(rule, next)?.rule;
  if (old !== undefined) {
    steps.replace(old, rule, true);
    return;
  }
  const { priority, flags } = rule;
  if ((flags & FlowFlag.checkOverlap) !== 0 && table.classifier.overlaps(rule.match, priority, next)) {
    throw new OfpError("OFPFMFC_OVERLAP");
  }
  if (table.isFull) {
    const evicted = table.toEvict();
    if (evicted === undefined) throw new OfpError("OFPFMFC_TABLE_FULL");
    steps.remove(evicted, "eviction");
  }
  steps.add(rule);
}

/** Modifies or deletes flows. A modification that finds none adds one where it brings a cookie and asks for none. */
function change(tables: FlowTables, mod: FlowMod, env: FlowModEnvironment, steps: FlowSteps): Run {
  return () => {
    const isDelete = mod.command === "delete" || mod.command === "delete_strict";
    if (!isDelete && mod.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
    const rules = selected(tables, mod);
    if (isDelete) {
      for (const rule of rules) steps.remove(rule, "delete");
    } else if (rules.length > 0) {
      const actions = sharedActions(mapTunMetadata(mod.actions, env.tlvs));
      checkNamed(actions, env);
      const now = env.now();
      for (const old of rules) steps.replace(old, old.modifiedBy(actions, mod.newCookie, now), false);
    } else if (mod.newCookie !== undefined && mod.cookieMask === 0n) {
      add(tables, ruleOf(mod, env), env, steps);
    }
  };
}

/** Flows that are meant. Throws OFPBRC_EPERM where one of them is the switch's own. */
function selected(tables: FlowTables, mod: FlowMod): Rule[] {
  const { command, match, table, cookie, cookieMask, priority } = mod;
  const isDelete = command === "delete" || command === "delete_strict";
  const outPort = isDelete ? mod.outPort : OFPP.none;
  const outGroup = isDelete ? mod.outGroup : ANY_GROUP;
  const loose: Selection = { table, match, cookie, cookieMask, outPort, outGroup };
  const isStrict = command === "modify_strict" || command === "delete_strict";
  const rules = selectRules(tables, isStrict ? { ...loose, strictPriority: priority } : loose, tables.version + 1);
  if (rules.some((rule) => rule.tableId === INTERNAL_TABLE)) throw new OfpError("OFPBRC_EPERM");
  return rules;
}

/** Throws where actions name a group or meter that is not there. */
function checkNamed(actions: readonly Action[], { hasGroup, hasMeter }: FlowModEnvironment): void {
  for (const action of everyAction(actions)) {
    if (action.kind === "group" && !hasGroup(action.groupId)) throw new OfpError("OFPBAC_BAD_OUT_GROUP");
    if (action.kind === "meter" && !hasMeter(action.meterId)) throw new OfpError("OFPMMFC_INVALID_METER");
  }
}
