import type { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "#openflow/actions/action.js";
import { mapTunMetadata } from "#openflow/actions/map-tlvs.js";
import { FlowFlag } from "#openflow/messages/flow/flow-flags.js";
import { type FlowMod, NO_BUFFER } from "#openflow/messages/flow/flow-mod.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import type { Modification } from "../modification.js";
import type { FlowChanges, RemovalReason, Replacement } from "./flow-changes.js";
import { type FlowTables, INTERNAL_TABLE } from "./flow-tables.js";
import { everyAction } from "./referenced.js";
import { Rule } from "./rule.js";
import { selectRules } from "./select-flows.js";

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

/** Changes in the making: rules put in and taken out of the tables, in order, so that they can be taken back. */
class Steps {
  readonly #tables: FlowTables;
  readonly #steps: { readonly rule: Rule; readonly isIn: boolean }[] = [];
  /** Whether a flow in another's place goes on counting from where that one was. */
  readonly #keepsCounts: boolean;
  readonly added: Rule[] = [];
  readonly modified: Replacement[] = [];
  readonly removed: { readonly rule: Rule; readonly reason: RemovalReason }[] = [];

  constructor(tables: FlowTables, keepsCounts: boolean) {
    this.#tables = tables;
    this.#keepsCounts = keepsCounts;
  }

  add(rule: Rule): void {
    this.#in(rule);
    this.added.push(rule);
  }

  replace(before: Rule, after: Rule, byAddition: boolean): void {
    after.used = before.used;
    if (this.#keepsCounts) {
      after.packets = before.packets;
      after.bytes = before.bytes;
    }
    this.#out(before);
    this.#in(after);
    this.modified.push({ before, after, byAddition });
  }

  remove(rule: Rule, reason: RemovalReason): void {
    this.#out(rule);
    this.removed.push({ rule, reason });
  }

  #in(rule: Rule): void {
    this.#tables.insert(rule);
    this.#steps.push({ rule, isIn: true });
  }

  #out(rule: Rule): void {
    this.#tables.hide(rule);
    this.#steps.push({ rule, isIn: false });
  }

  /** What was taken out is not seen any more. */
  finish(): void {
    for (const { rule, isIn } of this.#steps) if (!isIn) this.#tables.purge(rule);
    for (const { before, after } of this.modified) before.succeededBy(after, this.#keepsCounts);
  }

  revert(): void {
    for (const { rule, isIn } of this.#steps.splice(0).reverse()) {
      if (isIn) {
        this.#tables.hide(rule);
        this.#tables.purge(rule);
      } else {
        this.#tables.unhide(rule);
      }
    }
    for (const list of [this.added, this.modified, this.removed]) list.length = 0;
  }
}

/**
 * A flow-mod as a change of tables. `start` throws `OfpError`: OFPBRC_EPERM for the switch's own flows, OFPBRC_BUFFER_UNKNOWN, OFPFMFC_OVERLAP, OFPFMFC_TABLE_FULL,
 * OFPBAC_BAD_OUT_GROUP and OFPMMFC_INVALID_METER for what is not there, NXFMFC_INVALID_TLV_FIELD.
 */
export function flowModification(tables: FlowTables, mod: FlowMod, env: FlowModEnvironment): FlowModification {
  const steps = new Steps(tables, (mod.flags & FlowFlag.resetCounts) === 0);
  return {
    changes: steps,
    start: () => {
      try {
        new FlowModRun(tables, mod, env, steps).run();
      } catch (error) {
        steps.revert();
        throw error;
      }
    },
    finish: () => steps.finish(),
    revert: () => steps.revert(),
  };
}

/** Flows that go by the switch's own doing: timeouts, or the end of a group or meter that they use. */
export function flowRemoval(tables: FlowTables, rules: readonly Rule[], reason: RemovalReason): FlowModification {
  const steps = new Steps(tables, true);
  return {
    changes: steps,
    start: () => {
      for (const rule of rules) if (rule.isLive) steps.remove(rule, reason);
    },
    finish: () => steps.finish(),
    revert: () => steps.revert(),
  };
}

class FlowModRun {
  readonly #tables: FlowTables;
  readonly #mod: FlowMod;
  readonly #env: FlowModEnvironment;
  readonly #steps: Steps;

  constructor(tables: FlowTables, mod: FlowMod, env: FlowModEnvironment, steps: Steps) {
    this.#tables = tables;
    this.#mod = mod;
    this.#env = env;
    this.#steps = steps;
  }

  run(): void {
    if (this.#mod.bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
    switch (this.#mod.command) {
      case "add":
        this.#add();
        return;
      case "modify":
      case "modify_strict":
        this.#modify();
        return;
      case "delete":
      case "delete_strict":
        for (const rule of this.#selected()) this.#steps.remove(rule, "delete");
        return;
    }
  }

  #add(): void {
    const { priority, newCookie = 0n, idleTimeout, hardTimeout, importance, flags } = this.#mod;
    const { match } = this.#mod;
    const tableId = this.#mod.table === ALL_TABLES ? 0 : this.#mod.table;
    if (tableId === INTERNAL_TABLE) throw new OfpError("OFPBRC_EPERM");
    const actions = this.#actions();
    const now = this.#env.now();
    const { classifier } = this.#tables.table(tableId);
    const next = this.#tables.version + 1;
    const rule = new Rule({
      ...{ tableId, priority, match, actions, cookie: newCookie, idleTimeout, hardTimeout, importance, flags, now },
    });
    const old = classifier.findLike(rule, next)?.rule;
    if (old !== undefined) {
      this.#steps.replace(old, rule, true);
      return;
    }
    if ((flags & FlowFlag.checkOverlap) !== 0 && classifier.overlaps(match, priority, next)) {
      throw new OfpError("OFPFMFC_OVERLAP");
    }
    this.#makeRoom(tableId);
    this.#steps.add(rule);
  }

  /** Throws OFPFMFC_TABLE_FULL where a table is full and no flow of it may go. */
  #makeRoom(tableId: number): void {
    const table = this.#tables.table(tableId);
    if (!table.isFull) return;
    const rule = table.toEvict();
    if (rule === undefined) throw new OfpError("OFPFMFC_TABLE_FULL");
    this.#steps.remove(rule, "eviction");
  }

  #modify(): void {
    const { newCookie, cookieMask } = this.#mod;
    const rules = this.#selected();
    if (rules.length === 0) {
      if (newCookie !== undefined && cookieMask === 0n) this.#add();
      return;
    }
    const actions = this.#actions();
    const now = this.#env.now();
    for (const old of rules) {
      const rule = old.modifiedBy(actions, newCookie ?? old.cookie, now);
      this.#steps.replace(old, rule, false);
    }
  }

  /** Flows that are meant. Throws OFPBRC_EPERM where one of them is the switch's own. */
  #selected(): Rule[] {
    const { command, match, table, cookie, cookieMask, priority, outPort, outGroup } = this.#mod;
    const isStrict = command === "modify_strict" || command === "delete_strict";
    const isDelete = command === "delete" || command === "delete_strict";
    const rules = selectRules(
      this.#tables,
      {
        ...{ table, match, cookie, cookieMask },
        outPort: isDelete ? outPort : OFPP.none,
        outGroup: isDelete ? outGroup : ANY_GROUP,
        ...(isStrict && { strictPriority: priority }),
      },
      this.#tables.version + 1,
    );
    if (rules.some((rule) => rule.tableId === INTERNAL_TABLE)) throw new OfpError("OFPBRC_EPERM");
    return rules;
  }

  /** The actions as the switch has them: all that they name is there. */
  #actions(): readonly Action[] {
    const { hasGroup, hasMeter, tlvs } = this.#env;
    for (const action of everyAction(this.#mod.actions)) {
      if (action.kind === "group" && !hasGroup(action.groupId)) throw new OfpError("OFPBAC_BAD_OUT_GROUP");
      if (action.kind === "meter" && !hasMeter(action.meterId)) throw new OfpError("OFPMMFC_INVALID_METER");
    }
    return mapTunMetadata(this.#mod.actions, tlvs);
  }
}
