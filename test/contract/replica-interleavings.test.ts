import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meetsAny } from "#ovsdb/condition.js";
import type { SchemaDeclaration } from "#ovsdb/declaration.js";
import { declarationOf } from "#ovsdb/declaration-of.js";
import { monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import type { ChangeTracker } from "#ovsdb/replica/change-tracker.js";
import { shapeOf } from "#ovsdb/replica/column-shape.js";
import { programValue } from "#ovsdb/replica/column-value.js";
import type { Effects } from "#ovsdb/replica/effects.js";
import { ReplicaEngine } from "#ovsdb/replica/replica-engine.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { ModelConnection, ModelDatabase, type ModelMethod, type ModelRow } from "../support/ovsdb-model-server.js";
import { Dice, randomOperations, randomSchema } from "../support/ovsdb-random.js";

const declaration: SchemaDeclaration = declarationOf(schemaFromJson(randomSchema));
const follow = {
  Root: ["name", "n", "limited", "numbers", "words", "kids", "byNumber", "friends", "best", "pets"],
  Kid: "all",
  Needy: "all",
} as const;
type Any = ReplicaEngine<SchemaDeclaration, Record<string, "all" | readonly string[]>>;
type Rows = Record<string, Record<string, unknown>>;

/** A replica and its connection, moved step by step. */
class Bench {
  readonly model = new ModelDatabase(randomSchema);
  readonly engine = new ReplicaEngine(declaration, follow) as unknown as Any;
  readonly tracker: ChangeTracker<SchemaDeclaration, Record<string, "all" | readonly string[]>> = this.engine.track();
  /** The rows as the changes taken so far make them. */
  readonly tracked: Rows = { Root: {}, Kid: {}, Needy: {} };
  where: Record<string, "all" | "none" | readonly (readonly [string, string, unknown])[]> = {};
  method: ModelMethod = "monitor_cond_since";
  self: ModelRow | undefined = { model: "standalone", connected: true, leader: true };
  connection: ModelConnection | undefined;
  #toServer: { method: string; params: readonly never[]; id: string }[] = [];

  connect(): void {
    if (this.connection) return;
    this.connection = new ModelConnection(this.model, this.method, this.self);
    this.take(this.engine.connected());
  }

  /** Everything on its way is lost. */
  disconnect(): void {
    if (!this.connection) return;
    this.connection.close();
    this.connection = undefined;
    this.#toServer = [];
    this.take(this.engine.disconnected());
  }

  take(effects: Effects): void {
    for (const request of effects.send) this.#toServer.push(request as never);
    if (effects.leave) throw new Error(effects.leave.why);
  }

  /** Moves one message, one way or the other; false if there is none. */
  deliver(toServer: boolean): boolean {
    const { connection } = this;
    if (!connection) return false;
    const request = toServer ? this.#toServer.shift() : undefined;
    if (request) {
      connection.request(request.method, request.params, request.id);
      return true;
    }
    const message = connection.outbox.shift();
    if (!message) return false;
    if (message.kind === "notification") this.take(this.engine.notified(message.method, message.params));
    else this.take(this.engine.answered(message.id, message));
    return true;
  }

  settle(): void {
    this.connect();
    while (this.deliver(true) || this.deliver(false));
  }

  setWhere(table: string, condition: (typeof this.where)[string]): void {
    this.where = { ...this.where, [table]: condition };
    this.take(this.engine.setConditions({ [table]: condition } as never));
  }

  look(): void {
    const changes = this.tracker.take();
    for (const table of changes.tables) {
      const { inserted, modified, deleted } = changes.of(table);
      const rows = this.tracked[table]!;
      for (const row of inserted) rows[row.uuid] = row;
      for (const { before, row, columns } of modified) {
        expect(rows[row.uuid]).toEqual(before);
        expect(columns.length).toBeGreaterThan(0);
        rows[row.uuid] = row;
      }
      for (const row of deleted) delete rows[row.uuid];
    }
  }

  replicaRows(): Rows {
    return Object.fromEntries(
      Object.keys(follow).map((table) => [
        table,
        Object.fromEntries([...this.engine.table(table)].map((row) => [row.uuid, row])),
      ]),
    );
  }

  /** The rows of the database that the conditions select, as a program sees them. */
  databaseRows(): Rows {
    const rows: Rows = {};
    for (const [name, wanted] of Object.entries(follow)) {
      const { schema, rows: stored } = this.model.database.table(name);
      const columns = wanted === "all" ? schema.columnList.slice(2).map((column) => column.name) : wanted;
      const asked = this.method === "monitor" ? undefined : this.where[name];
      const where = asked === undefined || asked === "all" ? [] : asked === "none" ? [false] : asked;
      const spec = monitorSpecFromJson(this.model.database.schema, { [name]: [{ where: where as never }] }, true);
      rows[name] = {};
      for (const row of stored.values()) {
        if (!meetsAny(row.data, spec.get(name)!.condition)) continue;
        const values = columns.map((column) => {
          const shape = shapeOf(declaration.tables[name]!.columns[column]!);
          return [column, programValue(shape, row.data[schema.columns.get(column)!.index]!)];
        });
        rows[name][row.uuid] = { uuid: row.uuid, ...Object.fromEntries(values) };
      }
    }
    return rows;
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("transact" as const), seed: fc.nat() }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("deliver" as const), toServer: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: "disconnect" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "connect" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "settle" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "look" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("where" as const), seed: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ do: "cancel" as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function randomWhere(bench: Bench, seed: number): void {
  const dice = new Dice(seed);
  const conditions = {
    Root: [
      "all",
      "none",
      [["n", "<", dice.below(6)]],
      [
        ["name", "==", dice.pick(["a", "b"])],
        ["n", ">", 3],
      ],
    ],
    Kid: ["all", [["name", "!=", dice.pick(["a", "b", "c"])]]],
    Needy: ["all", "none", [["x", "==", dice.below(4)]]],
  } as const;
  const table = dice.pick(["Root", "Kid", "Needy"] as const);
  bench.setWhere(table, dice.pick(conditions[table] as readonly (typeof bench.where)[string][]));
}

function take(bench: Bench, one: Step): void {
  switch (one.do) {
    case "transact":
      bench.model.transact(randomOperations(new Dice(one.seed)));
      break;
    case "deliver":
      bench.deliver(one.toServer);
      break;
    case "where":
      randomWhere(bench, one.seed);
      break;
    case "cancel":
      bench.connection?.cancelMonitors();
      break;
    default:
      bench[one.do]();
  }
}

describe("a replica", () => {
  for (const method of ["monitor_cond_since", "monitor_cond", "monitor"] as const) {
    it(`equals the database after any interleaving of messages, changes and lost connections, by ${method}`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
          const bench = new Bench();
          bench.method = method;
          if (method === "monitor") bench.self = undefined;
          for (const one of steps) take(bench, one);
          bench.settle();
          expect(bench.engine.conditionsInForce).toBe(true);
          expect(bench.replicaRows()).toEqual(bench.databaseRows());
          bench.look();
          expect(bench.tracked).toEqual(bench.replicaRows());
        }),
        { seed: 20240601, numRuns: 600 },
      );
    });
  }

  it("fetches only what it missed while it was away", () => {
    const bench = new Bench();
    bench.settle();
    for (let seed = 0; seed < 60; seed++) bench.model.transact(randomOperations(new Dice(seed)));
    bench.settle();
    bench.disconnect();
    for (let seed = 60; seed < 70; seed++) bench.model.transact(randomOperations(new Dice(seed)));
    bench.settle();
    expect(bench.replicaRows()).toEqual(bench.databaseRows());
    expect(bench.engine.figures).toMatchObject({ downloads: 1, resumptions: 1, method: "monitor_cond_since" });
  });
});
