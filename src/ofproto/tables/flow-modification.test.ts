import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setField, unwildcard } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { equalUnder, type Match, matchesOverlap, matchIncludes, newMatch } from "#flow/match.js";
import { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "#openflow/actions/action.js";
import { FlowFlag } from "#openflow/messages/flow/flow-flags.js";
import type { FlowMod, FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import { commit, type Modification } from "../modification.js";
import { type FlowModEnvironment, type FlowModification, flowModification } from "./flow-modification.js";
import { FlowTables } from "./flow-tables.js";
import { Rule } from "./rule.js";
import { selectFlows } from "./select-flows.js";

const ANY_COOKIE = 0xffffffffffffffffn;

const output = (port: number): Action => ({ kind: "output", port, maxLength: 0 });

function match(fields: Readonly<Record<string, number>>): Match {
  const made = newMatch();
  for (const [name, value] of Object.entries(fields)) {
    setField(made.key, field(name), value);
    unwildcard(made.mask, field(name));
  }
  return made;
}

function mod(change: Partial<FlowMod> & Pick<FlowMod, "command">): FlowMod {
  return newFlowMod({ priority: 1, newCookie: undefined, ...change });
}

/** A flow as the obvious model has it. */
interface Plain {
  readonly table: number;
  readonly priority: number;
  readonly match: Match;
  readonly cookie: bigint;
  readonly port: number;
  readonly packets: number;
}

/** Flows in a list, gone through from end to end for everything. */
class ListModel {
  flows: Plain[] = [];

  /** The name of the error, where it is refused. */
  apply(m: FlowMod): string | undefined {
    const isStrict = m.command.endsWith("strict");
    const isModify = m.command.startsWith("modify");
    if (m.command === "add") return this.#add(m);
    const isMeant = (f: Plain): boolean =>
      (m.table === ALL_TABLES || f.table === m.table) &&
      ((f.cookie ^ m.cookie) & m.cookieMask) === 0n &&
      (isModify || m.outPort === OFPP.none || f.port === m.outPort) &&
      (isStrict ? f.priority === m.priority && sameMatch(f.match, m.match) : matchIncludes(m.match, f.match));
    if (!isModify) {
      this.flows = this.flows.filter((f) => !isMeant(f));
      return undefined;
    }
    if (!this.flows.some(isMeant)) return m.newCookie !== undefined && m.cookieMask === 0n ? this.#add(m) : undefined;
    const isReset = (m.flags & FlowFlag.resetCounts) !== 0;
    this.flows = this.flows.map((f) =>
      isMeant(f)
        ? { ...f, cookie: m.newCookie ?? f.cookie, port: portOf(m.actions), packets: isReset ? 0 : f.packets }
        : f,
    );
    return undefined;
  }

  #add(m: FlowMod): string | undefined {
    const table = m.table === ALL_TABLES ? 0 : m.table;
    const isSame = (f: Plain): boolean => f.table === table && f.priority === m.priority && sameMatch(f.match, m.match);
    const old = this.flows.find(isSame);
    const clash = (f: Plain): boolean =>
      f.table === table && f.priority === m.priority && matchesOverlap(f.match, m.match);
    if (old === undefined && (m.flags & FlowFlag.checkOverlap) !== 0 && this.flows.some(clash)) {
      return "OFPFMFC_OVERLAP";
    }
    const packets = old === undefined || (m.flags & FlowFlag.resetCounts) !== 0 ? 0 : old.packets;
    this.flows = this.flows.filter((f) => !isSame(f));
    const { priority, match: made, newCookie: cookie = 0n, actions } = m;
    this.flows.push({ table, priority, match: made, cookie, port: portOf(actions), packets });
    return undefined;
  }
}

const portOf = (actions: readonly Action[]): number => (actions[0]?.kind === "output" ? actions[0].port : -1);

const sameMatch = (a: Match, b: Match): boolean =>
  a.mask.every((bits, i) => bits === b.mask[i]) && equalUnder(a.mask, a.key, b.key);

const textOf = ({ key, mask }: Match): string =>
  [...mask.entries()].flatMap(([i, bits]) => (bits === 0 ? [] : [`${i}:${bits}=${key[i]}`])).join();

const identity = (f: Plain): string => `${f.table}/${f.priority}/${textOf(f.match)}`;

function show(f: Plain): string {
  return `${identity(f)} cookie=${f.cookie} port=${f.port} packets=${f.packets}`;
}

const plain = (r: Rule): Plain => ({
  ...{ table: r.tableId, priority: r.priority, match: r.match, cookie: r.cookie },
  ...{ port: portOf(r.actions), packets: r.packets },
});

/** All that can be seen of tables, in order. */
function seen(tables: FlowTables): string[] {
  const all = { table: ALL_TABLES, match: newMatch(), cookie: 0n, cookieMask: 0n };
  const every = selectFlows(tables, { ...all, outPort: OFPP.none, outGroup: ANY_GROUP });
  return every.map((r) => show(plain(r)));
}

const commands: readonly FlowModCommand[] = ["add", "add", "add", "modify", "modify_strict", "delete", "delete_strict"];

const matches: fc.Arbitrary<Match> = fc
  .record(
    {
      in_port: fc.integer({ min: 1, max: 2 }),
      reg0: fc.integer({ min: 0, max: 2 }),
      eth_type: fc.constant(0x800),
    },
    { requiredKeys: [] },
  )
  .map((fields) => match(fields as Record<string, number>));

const mods: fc.Arbitrary<FlowMod> = fc
  .record({
    command: fc.constantFrom(...commands),
    match: matches,
    priority: fc.integer({ min: 1, max: 3 }),
    table: fc.constantFrom(0, 0, 1, 253, ALL_TABLES),
    cookie: fc.constantFrom(0n, 1n, 2n, 3n),
    cookieMask: fc.constantFrom(0n, 0n, 0n, 1n, ANY_COOKIE),
    newCookie: fc.constantFrom(undefined, 0n, 1n, 2n),
    outPort: fc.constantFrom(OFPP.none, OFPP.none, 1, 2),
    flags: fc.constantFrom(0, 0, FlowFlag.checkOverlap, FlowFlag.resetCounts),
    port: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ port, ...m }) => mod({ ...m, cookieMask: m.command === "add" ? 0n : m.cookieMask, actions: [output(port)] }));

const env: FlowModEnvironment = { now: () => 0, tlvs: TlvMap.empty, hasGroup: () => false, hasMeter: () => false };

/** Makes all changes or none. Gives the error's name. */
function apply(tables: FlowTables, changes: readonly Modification[]): string | undefined {
  const failure = commit(changes, () => void tables.version++);
  if (failure === undefined) return undefined;
  if (!(failure.error instanceof OfpError)) throw failure.error;
  return failure.error.error;
}

describe("flowModification", () => {
  it("does what a list of flows does, bundle by bundle, and leaves nothing behind of bundles that fail", () => {
    fc.assert(
      fc.property(fc.array(fc.array(mods, { minLength: 1, maxLength: 6 }), { maxLength: 25 }), (bundles) => {
        const tables = new FlowTables();
        const model = new ListModel();
        let traffic = 0;
        for (const bundle of bundles) {
          const before = model.flows;
          const wanted = bundle.map((m) => model.apply(m)).find((e) => e !== undefined);
          if (wanted !== undefined) model.flows = before;
          const visible = seen(tables);
          const versionBefore = tables.version;
          expect(
            apply(
              tables,
              bundle.map((m) => flowModification(tables, m, env)),
            ),
          ).toBe(wanted);
          if (wanted !== undefined) {
            expect(seen(tables).sort()).toEqual(visible.sort());
            expect(tables.version).toBe(versionBefore);
          }
          expect(seen(tables).sort()).toEqual(model.flows.map(show).sort());
          // Nothing is kept that nobody sees.
          expect(tables.size).toBe(model.flows.length);
          expect([...tables].reduce((sum, t) => sum + t.count, 0)).toBe(model.flows.length);
          // Every flow sees a different number of packets.
          for (const rule of tables.rules()) rule.credit(++traffic, 0, 0);
          const packets = new Map(tables.rules().map((rule) => [identity(plain(rule)), rule.packets]));
          model.flows = model.flows.map((f) => ({ ...f, packets: packets.get(identity(f))! }));
          for (const cookie of [1n, 2n]) {
            const some = { table: ALL_TABLES, match: newMatch(), cookie, cookieMask: ANY_COOKIE };
            const found = selectFlows(tables, { ...some, outPort: OFPP.none, outGroup: ANY_GROUP });
            const expected = model.flows.filter((f) => f.cookie === cookie);
            expect(found.map((r) => show(plain(r))).sort()).toEqual(expected.map(show).sort());
          }
        }
      }),
      { numRuns: 150, seed: 50_051 },
    );
  });

  it("gives flows by mask, masks by their greatest priority, flows of one mask as they came", () => {
    const tables = new FlowTables();
    const add = (priority: number, fields: Record<string, number>, command: FlowModCommand = "add"): void => {
      expect(
        apply(tables, [flowModification(tables, mod({ command, priority, match: match(fields) }), env)]),
      ).toBeUndefined();
    };
    for (const priority of [5, 9, 3]) for (const port of [1, 2]) add(priority, { in_port: port });
    add(9, { reg1: 1 });
    add(19, { reg2: 1 });
    add(9, { in_port: 1 });
    const order = (): string[] => seen(tables).map((line) => line.slice(0, line.indexOf(" ")));
    const name = (priority: number, fields: Record<string, number>): string => `0/${priority}/${textOf(match(fields))}`;
    const rest = [name(5, { in_port: 1 }), name(5, { in_port: 2 }), name(9, { in_port: 2 })];
    const last = [name(3, { in_port: 1 }), name(3, { in_port: 2 }), name(9, { in_port: 1 }), name(9, { reg1: 1 })];
    expect(order()).toEqual([name(19, { reg2: 1 }), ...rest, ...last]);
    add(20, { reg1: 2 });
    expect(order()).toEqual([
      name(9, { reg1: 1 }),
      name(20, { reg1: 2 }),
      name(19, { reg2: 1 }),
      ...rest,
      ...last.slice(0, -1),
    ]);
  });

  it("keeps times, counters and flags of flows as upstream does", () => {
    const tables = new FlowTables();
    let now = 1000;
    const timed = { ...env, now: () => now };
    const run = (change: Partial<FlowMod> & Pick<FlowMod, "command">): Rule => {
      expect(apply(tables, [flowModification(tables, mod(change), timed)])).toBeUndefined();
      return tables.rules()[0]!;
    };
    const first = run({ command: "add", newCookie: 7n, idleTimeout: 10, hardTimeout: 20, importance: 3, flags: 1 });
    first.credit(4, 400, 1500);
    now = 2000;
    const changed = run({ command: "modify", actions: [output(2)], idleTimeout: 1, importance: 9, flags: 8 });
    expect(changed).toMatchObject({
      ...{ cookie: 7n, idleTimeout: 10, hardTimeout: 20, importance: 3, flags: 1 },
      ...{ created: 1000, modified: 2000, used: 1500, packets: 4, bytes: 400 },
    });
    now = 3000;
    const replaced = run({ command: "add", newCookie: 9n, idleTimeout: 77 });
    expect(replaced).toMatchObject({
      ...{ cookie: 9n, idleTimeout: 77, hardTimeout: 0, importance: 0, flags: 0 },
      ...{ created: 3000, modified: 3000, used: 1500, packets: 4, bytes: 400 },
    });
    // Packets that were under way are those of the flow in its place.
    first.credit(1, 100, 2500);
    expect(replaced).toMatchObject({ packets: 5, bytes: 500, used: 2500 });
    now = 4000;
    const reset = run({ command: "add", flags: FlowFlag.resetCounts });
    expect(reset).toMatchObject({ packets: 0, bytes: 0, used: 2500, flags: FlowFlag.resetCounts });
    first.credit(1, 100, 2600);
    expect(reset).toMatchObject({ packets: 0, used: 2600 });
  });

  it("tells what changed", () => {
    const tables = new FlowTables();
    const run = (change: Partial<FlowMod> & Pick<FlowMod, "command">): FlowModification => {
      const made = flowModification(tables, mod(change), env);
      expect(apply(tables, [made])).toBeUndefined();
      return made;
    };
    const [added] = run({ command: "add", actions: [output(1)] }).changes.added;
    const [replaced] = run({ command: "add", actions: [output(2)] }).changes.modified;
    expect(replaced).toMatchObject({ before: added, byAddition: true });
    const [modified] = run({ command: "modify", actions: [output(3)] }).changes.modified;
    expect(modified).toMatchObject({ before: replaced!.after, byAddition: false });
    expect(run({ command: "delete" }).changes.removed).toEqual([{ rule: modified!.after, reason: "delete" }]);
    expect(tables.size).toBe(0);
  });

  it("refuses as upstream does", () => {
    const tables = new FlowTables();
    tables.table(254).add(new Rule({ tableId: 254, priority: 2, match: newMatch(), actions: [], now: 0 }));
    const hidden = new Rule({ tableId: 0, priority: 70_000, match: newMatch(), actions: [], now: 0 });
    tables.table(0).add(hidden);
    const refused = (change: Partial<FlowMod> & Pick<FlowMod, "command">): string | undefined =>
      apply(tables, [flowModification(tables, mod(change), env)]);
    expect(refused({ command: "add", table: 254 })).toBe("OFPBRC_EPERM");
    expect(refused({ command: "modify", table: 254 })).toBe("OFPBRC_EPERM");
    expect(refused({ command: "delete", table: 254 })).toBe("OFPBRC_EPERM");
    expect(refused({ command: "delete_strict", table: 254, priority: 7 })).toBeUndefined();
    expect(refused({ command: "add", bufferId: 5 })).toBe("OFPBRC_BUFFER_UNKNOWN");
    expect(refused({ command: "add", actions: [{ kind: "group", groupId: 5 }] })).toBe("OFPBAC_BAD_OUT_GROUP");
    const within: Action = { kind: "clone", actions: [{ kind: "group", groupId: 5 }] };
    expect(refused({ command: "add", actions: [within] })).toBe("OFPBAC_BAD_OUT_GROUP");
    expect(refused({ command: "add", actions: [{ kind: "meter", meterId: 5 }] })).toBe("OFPMMFC_INVALID_METER");
    expect(refused({ command: "delete", table: ALL_TABLES })).toBeUndefined();
    expect(tables.rules()).toHaveLength(2);
    expect(hidden.isLive).toBe(true);
  });
});
