import { describe, expect, it } from "vitest";
import { setField, unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type Match, newMatch } from "#flow/match.js";
import { TlvMap } from "#flow/tlv-map.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import type { TableMod } from "#openflow/messages/table/table-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import { parseSubfield } from "#openflow/subfield.js";
import { commit } from "../modification.js";
import { flowModification, flowRemoval } from "./flow-modification.js";
import { FlowTables } from "./flow-tables.js";
import type { Rule } from "./rule.js";
import { TableKeeper } from "./table-keeper.js";
import type { FlowTableSettings } from "./table-settings.js";

function portMatch(port: number): Match {
  const match = newMatch();
  setField(match.key, field("in_port"), port);
  unwildcard(match.mask, field("in_port"));
  return match;
}

/** Tables with a keeper on a virtual clock, and what it told. */
class Kept {
  readonly clock = new FakeClock();
  readonly tables = new FlowTables();
  readonly told: string[] = [];
  isRestoring = false;
  /** Packets that the datapath has seen and nobody has been told of. */
  pending: (() => void)[] = [];
  readonly keeper: TableKeeper = new TableKeeper({
    tables: this.tables,
    clock: this.clock,
    isRestoring: () => this.isRestoring,
    collectStatistics: () => {
      for (const credit of this.pending.splice(0)) credit();
    },
    removeFlows: (rules, reason) => {
      commit([flowRemoval(this.tables, rules, reason)], () => void this.tables.version++);
      this.told.push(...rules.map((rule) => `${portOf(rule)} ${reason}`));
      this.keeper.changed();
    },
    tableStatus: (table, reason) => void this.told.push(`table ${table} ${reason}`),
  });

  /** Adds a flow of a port. Gives the error's name where it is refused. */
  add(port: number, change: Partial<FlowMod> = {}): string | undefined {
    return this.mod({ ...change, command: "add", match: portMatch(port) });
  }

  mod(change: Partial<FlowMod> & Pick<FlowMod, "command">): string | undefined {
    const mod = newFlowMod({ priority: 1, ...change });
    const env = { now: () => this.clock.now(), tlvs: TlvMap.empty, hasGroup: () => false, hasMeter: () => false };
    const made = flowModification(this.tables, mod, env);
    const failure = commit([made], () => void this.tables.version++);
    this.keeper.changed();
    if (failure !== undefined) return (failure.error as OfpError).error;
    for (const { rule, reason } of made.changes.removed)
      if (reason !== "delete") this.told.push(`${portOf(rule)} ${reason}`);
    return undefined;
  }

  tableMod(mod: Partial<TableMod>): void {
    this.keeper.modify({ kind: "table_mod", table: 0, miss: "default", ...mod });
  }

  configure(settings: FlowTableSettings): void {
    this.keeper.configure(new Map([[0, settings]]));
  }

  rule(port: number): Rule {
    return this.tables.rules().find((r) => portOf(r) === port)!;
  }

  get ports(): number[] {
    return this.tables
      .rules()
      .map(portOf)
      .sort((a, b) => a - b);
  }
}

const portOf = (rule: Rule): number => rule.match.key[field("in_port").word]!;

describe("timeouts", () => {
  it("wait while flows are put back after a restart", () => {
    const kept = new Kept();
    kept.isRestoring = true;
    kept.add(1, { hardTimeout: 3 });
    kept.clock.advance(60_000);
    expect(kept.told).toEqual([]);
    kept.isRestoring = false;
    kept.keeper.changed();
    kept.clock.advance(100);
    expect(kept.told).toEqual(["1 hard_timeout"]);
  });

  it("end flows, the hard ones from when they were changed, the idle ones from their last packet", () => {
    const kept = new Kept();
    kept.add(1, { hardTimeout: 3 });
    kept.add(2, { idleTimeout: 3 });
    kept.add(3, { idleTimeout: 5, hardTimeout: 4 });
    kept.add(4);
    kept.clock.advance(2900);
    kept.pending.push(() => kept.rule(2).credit(1, 60, 2500));
    kept.clock.advance(300);
    expect(kept.told).toEqual(["1 hard_timeout"]);
    kept.clock.advance(1000);
    expect(kept.told).toEqual(["1 hard_timeout", "3 hard_timeout"]);
    kept.mod({ command: "modify" });
    kept.clock.advance(1200);
    expect(kept.told.slice(2)).toEqual([]);
    kept.clock.advance(200);
    expect(kept.told.slice(2)).toEqual(["2 idle_timeout"]);
    expect(kept.ports).toEqual([4]);
    expect(kept.tables.expiry.nextWake()).toBeUndefined();
  });

  it("are lowered, and never raised, by fin_timeout", () => {
    const kept = new Kept();
    kept.add(1, { idleTimeout: 100, hardTimeout: 1 });
    kept.add(2);
    kept.tables.lowerTimeouts(kept.rule(1), 2, 50);
    kept.tables.lowerTimeouts(kept.rule(2), 2, 0);
    kept.keeper.changed();
    expect(kept.rule(1)).toMatchObject({ idleTimeout: 2, hardTimeout: 1 });
    kept.clock.advance(1200);
    expect(kept.told).toEqual(["1 hard_timeout"]);
    kept.clock.advance(1000);
    expect(kept.told).toEqual(["1 hard_timeout", "2 idle_timeout"]);
  });

  it("of thousands of flows that come and go leave nothing behind", () => {
    const kept = new Kept();
    for (let round = 0; round < 20; round++) {
      for (let port = 1; port <= 100; port++) kept.add(port, { hardTimeout: 1000 + round });
    }
    for (let port = 1; port <= 99; port++) kept.mod({ command: "delete", match: portMatch(port) });
    expect(kept.tables.expiry.size).toBeLessThan(200);
    kept.clock.advance(1_020_000);
    expect(kept.told).toEqual(["100 hard_timeout"]);
    expect(kept.tables.expiry.size).toBe(0);
  });
});

describe("a full table", () => {
  it("refuses flows, but not those in the place of others", () => {
    const kept = new Kept();
    kept.configure({ flowLimit: 2 });
    for (const port of [1, 2]) expect(kept.add(port, { hardTimeout: 9 })).toBeUndefined();
    expect(kept.add(3)).toBe("OFPFMFC_TABLE_FULL");
    expect(kept.mod({ command: "modify", match: portMatch(3) })).toBe("OFPFMFC_TABLE_FULL");
    expect(kept.add(2, { importance: 4 })).toBeUndefined();
    kept.configure({ flowLimit: 0 });
    expect(kept.ports).toEqual([1, 2]);
  });

  it("evicts the least important, and of these who would go soonest; never those that stay for good", () => {
    const kept = new Kept();
    kept.configure({ flowLimit: 4, evicts: true });
    kept.add(1, { idleTimeout: 11 });
    kept.add(2, { idleTimeout: 12 });
    kept.add(3, { hardTimeout: 2, importance: 5 });
    kept.add(4);
    kept.rule(1).credit(1, 60, 5000);
    kept.add(5);
    kept.add(6);
    kept.add(7);
    expect(kept.told).toEqual(["2 eviction", "1 eviction", "3 eviction"]);
    expect(kept.add(8)).toBe("OFPFMFC_TABLE_FULL");
    expect(kept.ports).toEqual([4, 5, 6, 7]);
  });

  it("evicts from the largest group", () => {
    const kept = new Kept();
    kept.configure({ flowLimit: 5, evicts: true, groups: [parseSubfield("NXM_OF_IN_PORT[4..7]")] });
    kept.add(0x10, { hardTimeout: 1 });
    for (const port of [0x20, 0x21, 0x22]) kept.add(port, { hardTimeout: 100 + port });
    kept.add(0x30, { hardTimeout: 2 });
    kept.add(0x31, { hardTimeout: 3 });
    expect(kept.told).toEqual([`${0x20} eviction`]);
    // Now two groups are the largest: who goes soonest of both.
    kept.add(0x11, { hardTimeout: 4 });
    expect(kept.told.slice(1)).toEqual([`${0x30} eviction`]);
  });

  it("evicts what is too many where the limit is lowered, and at a controller's word", () => {
    const kept = new Kept();
    for (const port of [1, 2, 3, 4]) kept.add(port, { hardTimeout: 10 * port });
    kept.configure({ flowLimit: 2, evicts: true });
    expect(kept.told).toEqual(["1 eviction", "2 eviction"]);
    kept.configure({ flowLimit: 2 });
    expect(kept.add(5)).toBe("OFPFMFC_TABLE_FULL");
    kept.tableMod({ eviction: true });
    expect(kept.add(5)).toBeUndefined();
    expect(kept.told.slice(2)).toEqual(["3 eviction"]);
    kept.tableMod({ eviction: false });
    expect(kept.add(6)).toBe("OFPFMFC_TABLE_FULL");
  });

  it("has all its flows where a bundle that evicted is refused", () => {
    const kept = new Kept();
    kept.configure({ flowLimit: 2, evicts: true });
    for (const port of [1, 2]) kept.add(port, { hardTimeout: 10 * port });
    const env = { now: () => 0, tlvs: TlvMap.empty, hasGroup: () => false, hasMeter: () => false };
    const add = (port: number, bufferId: number): FlowMod =>
      newFlowMod({ command: "add", match: portMatch(port), priority: 1, hardTimeout: 5, bufferId });
    const mods = [add(3, NO_BUFFER), add(4, NO_BUFFER), add(5, 7)].map((m) => flowModification(kept.tables, m, env));
    expect(commit(mods, () => void kept.tables.version++)).toMatchObject({ index: 2 });
    expect(kept.ports).toEqual([1, 2]);
    expect(kept.add(6)).toBeUndefined();
    expect(kept.told).toEqual(["1 eviction"]);
  });
});

describe("vacancy events", () => {
  it("take turns", () => {
    const kept = new Kept();
    kept.configure({ flowLimit: 10 });
    kept.tableMod({ vacancy: true, vacancyLimits: { down: 20, up: 80 } });
    for (let port = 1; port <= 10; port++) kept.add(port);
    expect(kept.told).toEqual(["table 0 vacancy_down"]);
    for (let port = 1; port <= 10; port++) kept.mod({ command: "delete", match: portMatch(port) });
    expect(kept.told).toEqual(["table 0 vacancy_down", "table 0 vacancy_up"]);
    kept.tableMod({ vacancy: false });
    for (let port = 1; port <= 10; port++) kept.add(port);
    expect(kept.told).toHaveLength(2);
  });
});

describe("table-mods", () => {
  it("are for all tables but the switch's own", () => {
    const kept = new Kept();
    kept.tableMod({ table: 255, miss: "drop" });
    expect([...kept.tables].map((t) => t.missConfig)).toEqual([...new Array<string>(254).fill("drop"), "default"]);
    expect(() => kept.tableMod({ table: 254 })).toThrow(new OfpError("OFPTMFC_EPERM"));
  });
});
