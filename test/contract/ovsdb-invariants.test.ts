import { describe, expect, it } from "vitest";
import { type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import { Database, uniqueKey } from "#ovsdb/database.js";
import { equalDatums } from "#ovsdb/datum.js";
import { datumFromJson, datumToJson } from "#ovsdb/datum-json.js";
import { applyColumnDifference, differenceType } from "#ovsdb/difference.js";
import { execute } from "#ovsdb/execute.js";
import { changesToRecord, contentsToRecord } from "#ovsdb/log-record.js";
import { type MonitorSpec, monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { initialUpdates, updatesOf } from "#ovsdb/monitor-update.js";
import { initialUpdates2, updates2Of } from "#ovsdb/monitor-update2.js";
import { eachStrongRef, namedIn, referencesOf } from "#ovsdb/references.js";
import { Replay } from "#ovsdb/replay.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { Dice, randomOperations, randomSchema } from "../support/ovsdb-random.js";

const schema = schemaFromJson(randomSchema);
let counter = 0;
const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++counter).toString(16).padStart(12, "0")}` as Uuid;

type Members = { readonly [name: string]: Json };
type Rows = Map<string, Members>;

/** Counts everything anew and compares it with what the database keeps. */
function checkInvariants(database: Database): void {
  const strong = new Map<string, number>();
  const weak = new Set<string>();
  for (const table of database.tables.values()) {
    expect(table.rows.size).toBeLessThanOrEqual(table.schema.maxRows);
    for (const row of table.rows.values()) {
      eachStrongRef(table.schema, row, (target, uuid) => {
        expect(database.table(target).rows.has(uuid)).toBe(true);
        strong.set(`${target} ${uuid}`, (strong.get(`${target} ${uuid}`) ?? 0) + 1);
      });
      for (const reference of referencesOf(table.schema).weak) {
        for (const uuid of namedIn(row, reference)) {
          expect(database.table(reference.target).rows.has(uuid)).toBe(true);
          weak.add(`${reference.target} ${uuid} ${row.uuid}`);
        }
      }
      for (const column of table.schema.columnList) {
        const n = row.data[column.index]!.keys.length;
        expect(n).toBeGreaterThanOrEqual(column.type.min);
        expect(n).toBeLessThanOrEqual(column.type.max);
      }
    }
    table.schema.indexes.forEach((index, i) => {
      const holders = [...table.rows.values()].map((row) => [uniqueKey(row.data, index), row.uuid] as const);
      expect(new Map(holders).size).toBe(table.rows.size);
      expect(new Map(holders)).toEqual(table.uniques[i]);
    });
  }
  for (const table of database.tables.values()) {
    const { name, isRoot } = table.schema;
    for (const uuid of table.rows.keys()) {
      expect(table.strongRefs.get(uuid) ?? 0).toBe(strong.get(`${name} ${uuid}`) ?? 0);
      if (!isRoot) expect(strong.get(`${name} ${uuid}`) ?? 0).toBeGreaterThan(0);
    }
    const kept = [...table.weakReferrers].flatMap(([to, from]) => [...from.keys()].map((f) => `${name} ${to} ${f}`));
    expect(kept.sort()).toEqual([...weak].filter((w) => w.startsWith(`${name} `)).sort());
  }
}

/** All rows as JSON by column; `_version` aside, and ephemeral columns too if they are not wanted. */
function contents(database: Database, ephemeral: boolean): Members {
  return Object.fromEntries(
    [...database.tables.values()].flatMap(({ schema: table, rows }) =>
      [...rows.values()]
        .sort((a, b) => (a.uuid < b.uuid ? -1 : 1))
        .map((row) => {
          const columns = table.columnList.slice(2).filter((column) => ephemeral || !column.ephemeral);
          const members = columns.map((column) => [column.name, datumToJson(column.type, row.data[column.index]!)]);
          return [`${table.name} ${row.uuid}`, Object.fromEntries(members)] as const;
        }),
    ),
  );
}

/** A client's copy, kept by `update` notifications. */
function applyUpdates(copy: Rows, updates: Json | undefined): void {
  for (const [table, rows] of Object.entries((updates ?? {}) as { [t: string]: Members })) {
    for (const [uuid, row] of Object.entries(rows)) {
      const fresh = (row as Members)["new"];
      if (fresh === undefined) copy.delete(`${table} ${uuid}`);
      else copy.set(`${table} ${uuid}`, fresh as Members);
    }
  }
}

/** A client's copy, kept by `update2` notifications. */
function applyUpdates2(copy: Rows, updates: Json | undefined): void {
  for (const [name, rows] of Object.entries((updates ?? {}) as { [t: string]: Members })) {
    const table = schema.tables.get(name)!;
    for (const [uuid, update] of Object.entries(rows)) {
      const key = `${name} ${uuid}`;
      const { initial, insert, modify } = update as { [kind: string]: Members };
      const whole = initial ?? insert;
      if (!whole && !modify) {
        expect(copy.delete(key)).toBe(true);
        continue;
      }
      const row: { [column: string]: Json } = { ...copy.get(key) };
      for (const column of table.columnList.slice(2)) {
        if (whole) row[column.name] = whole[column.name] ?? datumToJson(column.type, emptyValue(column.type));
        const change = modify?.[column.name];
        if (change === undefined) continue;
        const before = datumFromJson(column.type, row[column.name]!);
        const told = datumFromJson(differenceType(column.type), change);
        row[column.name] = datumToJson(column.type, applyColumnDifference(column.type, before, told));
      }
      copy.set(key, row);
    }
  }
}

function emptyValue(type: Parameters<typeof datumToJson>[0]): Parameters<typeof datumToJson>[1] {
  if (type.min === 0) return { keys: [], values: type.value && [] };
  return { keys: [type.key.type === "string" ? "" : type.key.type === "uuid" ? ZERO_UUID : 0], values: undefined };
}

const sortedCopy = (copy: Rows): Members => Object.fromEntries([...copy].sort(([a], [b]) => (a < b ? -1 : 1)));
const text = (json: Json): string => formatJson(json, { sorted: true });

function everyColumn(): Json {
  return Object.fromEntries(
    [...schema.tables.values()].map((table) => [table.name, { columns: [...table.columns.keys()].slice(2) }]),
  );
}

describe("a database under random transactions", () => {
  it.each([1, 2, 3, 4, 5])("keeps its rules, log and monitors whole (seed %i)", (seed) => {
    const dice = new Dice(seed);
    const database = new Database(schema);
    const replayed = new Database(schema);
    const replay = new Replay(replayed);
    const spec: MonitorSpec = monitorSpecFromJson(schema, everyColumn(), false);
    const spec2: MonitorSpec = monitorSpecFromJson(schema, everyColumn(), true);
    const copy: Rows = new Map();
    const copy2: Rows = new Map();
    applyUpdates(copy, initialUpdates(spec, database));
    applyUpdates2(copy2, initialUpdates2(spec2, database));
    let most = 0;
    for (let i = 0; i < 400; i++) {
      most = Math.max(most, copy.size);
      const before = text(contents(database, true));
      const { outcome } = execute(database, randomOperations(dice), { newUuid, holdsLock: () => false, elapsed: 0 });
      expect(text(contents(database, true))).toBe(before);
      if (outcome.kind !== "commit") continue;
      database.apply(outcome.changes);
      applyUpdates(copy, updatesOf(spec, outcome.changes));
      applyUpdates2(copy2, updates2Of(spec2, outcome.changes));
      const record = changesToRecord(outcome.changes, { date: i, comment: "" });
      if (record !== undefined) replay.apply(record);
      if (i % 10 === 0) checkInvariants(database);
    }
    checkInvariants(database);
    replay.finish(newUuid);
    checkInvariants(replayed);
    expect(text(contents(replayed, false))).toBe(text(contents(database, false)));
    expect(text(sortedCopy(copy))).toBe(text(contents(database, true)));
    expect(text(sortedCopy(copy2))).toBe(text(contents(database, true)));
    const compacted = new Database(schema);
    const whole = new Replay(compacted);
    whole.apply(contentsToRecord(database, { date: 0, comment: "" }));
    whole.finish(newUuid);
    checkInvariants(compacted);
    expect(text(contents(compacted, false))).toBe(text(contents(database, false)));
    expect(most).toBeGreaterThan(3);
  });

  it("does not tell rows apart that are equal", () => {
    const database = new Database(schema);
    const context = { newUuid, holdsLock: () => false, elapsed: 0 };
    const insert = execute(database, [{ op: "insert", table: "Root", row: { name: "a", n: 1 } }], context);
    if (insert.outcome.kind === "commit") database.apply(insert.outcome.changes);
    const [row] = database.table("Root").rows.values();
    const same = execute(database, [{ op: "update", table: "Root", where: [], row: { name: "a", n: 1 } }], context);
    expect(same.results).toEqual([{ count: 1 }]);
    expect(same.outcome).toMatchObject({ kind: "commit", changes: { changes: [] } });
    const more = execute(database, [{ op: "update", table: "Root", where: [], row: { n: 2 } }], context);
    if (more.outcome.kind === "commit") database.apply(more.outcome.changes);
    const [changed] = database.table("Root").rows.values();
    expect(equalDatums(row!.data[0]!, changed!.data[0]!)).toBe(true);
    expect(equalDatums(row!.data[1]!, changed!.data[1]!)).toBe(false);
  });
});
