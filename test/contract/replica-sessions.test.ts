import { describe, expect, it } from "vitest";
import { type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import { declaredSchema } from "#ovsdb/declaration.js";
import type { Effects } from "#ovsdb/replica/effects.js";
import { ReplicaEngine, type ReplicaSettings } from "#ovsdb/replica/replica-engine.js";
import type { TransactionOutcome } from "#ovsdb/replica/transaction-outcome.js";
import type { WriteTransaction } from "#ovsdb/replica/write-transaction.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import {
  ModelConnection,
  ModelDatabase,
  type ModelMessage,
  type ModelMethod,
  type ModelRow,
} from "../support/ovsdb-model-server.js";
import { shopDeclaration } from "../support/shop-declaration.js";

const follow = { Shop: "all", Shelf: "all", Visitor: ["name", "seen"] } as const;
type Declaration = typeof shopDeclaration;
type Followed = typeof follow;
type Transaction = WriteTransaction<Declaration, Followed>;
const schema = schemaToJson(declaredSchema(shopDeclaration)) as {
  readonly tables: Record<string, { columns: object }>;
};
const standalone: ModelRow = { model: "standalone", connected: true, leader: true };

/** A replica that has each answer at once. */
class Session {
  readonly engine: ReplicaEngine<Declaration, Followed>;
  connection!: ModelConnection;
  left: { readonly why: string; readonly onlyForAnother: boolean }[] = [];
  complaints: string[] = [];
  /** Requests wait instead of being carried out. */
  held: { readonly method: string; readonly params: readonly Json[]; readonly id: string }[] | undefined;

  constructor(settings: ReplicaSettings<Declaration, Followed> = {}) {
    this.engine = new ReplicaEngine(shopDeclaration, follow, settings);
  }

  connect(
    model: ModelDatabase,
    self: ModelRow | undefined = standalone,
    best: ModelMethod = "monitor_cond_since",
    locks: string[] = [],
  ): this {
    this.connection = new ModelConnection(model, best, self, locks);
    this.take(this.engine.connected());
    return this;
  }

  disconnect(): void {
    this.connection.close();
    this.take(this.engine.disconnected());
  }

  take(effects: Effects): void {
    if (effects.leave) this.left.push(effects.leave);
    this.complaints.push(...effects.complaints);
    for (const request of effects.send) {
      if (this.held) this.held.push(request);
      else this.connection.request(request.method, request.params, request.id);
    }
    this.deliver();
  }

  deliver(): void {
    for (let message = this.connection.outbox.shift(); message; message = this.connection.outbox.shift())
      this.hear(message);
  }

  hear(message: ModelMessage): void {
    if (message.kind === "notification") this.take(this.engine.notified(message.method, message.params));
    else this.take(this.engine.answered(message.id, message));
  }

  notify(method: string, ...params: Json[]): void {
    this.hear({ kind: "notification", method, params });
  }

  commit(fill: (transaction: Transaction) => void): TransactionOutcome | undefined {
    const transaction = this.engine.transaction();
    fill(transaction);
    let outcome: TransactionOutcome | undefined;
    this.take(this.engine.submit(transaction, (o) => (outcome = o)));
    return outcome;
  }

  /** The operations of the last transaction. */
  get operations(): readonly Json[] {
    return this.connection.requests.findLast(({ method }) => method === "transact")!.params.slice(1);
  }
}

function shop(): ModelDatabase {
  const model = new ModelDatabase(schema as Json);
  model.transact([
    { op: "insert", table: "Shelf", "uuid-name": "s", row: { name: "one", floor: 3, weight: 1.5 } },
    { op: "insert", table: "Shop", row: { shelves: ["named-uuid", "s"], options: ["map", [["a", "1"]]] } },
  ]);
  return model;
}

/** The shop's schema without some columns (`Table.column`) and tables. */
function without(...names: string[]): ModelDatabase {
  const copy = JSON.parse(JSON.stringify(schema)) as { tables: Record<string, { columns: Record<string, unknown> }> };
  for (const name of names) {
    const [table, column] = name.split(".") as [string, string?];
    if (column === undefined) delete copy.tables[table];
    else delete copy.tables[table]!.columns[column];
  }
  return new ModelDatabase(copy as Json);
}

const rowUuid = "aaaaaaaa-0000-4000-8000-000000000001" as Uuid;
const shopRow = (session: Session) => [...session.engine.table("Shop")][0]!;

describe("a server", () => {
  it("is left if it is not the leader, by a client who wants the leader only", () => {
    const follower: ModelRow = { model: "clustered", connected: true, leader: false };
    expect(new Session().connect(shop(), follower).engine.state).toBe("current");
    const picky = new Session({ leaderOnly: true }).connect(shop(), follower);
    expect(picky.left).toEqual([
      { why: "Shop: server is not the leader of the cluster; trying another server", onlyForAnother: false },
    ]);
    expect(picky.engine.state).not.toBe("current");
    expect(new Session({ leaderOnly: true }).connect(shop()).engine.state).toBe("current");
  });

  it("is left when its cluster or its source is lost", () => {
    const alone: ModelRow = { model: "clustered", connected: false, leader: false };
    expect(new Session().connect(shop(), alone).left).toHaveLength(1);
    const relay = new Session().connect(shop(), { model: "relay", connected: true, leader: false });
    expect(relay.left).toEqual([]);
    const row = "0a000000-0000-4000-8000-000000000000";
    relay.notify("update2", "replica-server-monitor", { Database: { [row]: { modify: { connected: false } } } });
    expect(relay.left[0]?.why).toContain("relay is disconnected from its source");
  });

  it("is waited for while it lacks the database", () => {
    const session = new Session();
    session.connection = new ModelConnection(shop(), "monitor_cond_since", standalone);
    session.held = [];
    session.take(session.engine.connected());
    const answer = (method: string, result: Json): void => {
      const request = session.held!.find((r) => r.method === method)!;
      session.held = session.held!.filter((r) => r !== request);
      session.hear({ kind: "reply", id: request.id, result });
    };
    const database = { columns: { name: { type: "string" }, model: { type: "string" } } };
    answer("get_schema", { name: "_Server", version: "1.0.0", tables: { Database: database } });
    answer("monitor_cond", {});
    expect([session.engine.state, session.left[0]?.onlyForAnother]).toEqual(["absent", true]);
    session.held = undefined;
    const row = { name: "Shop", model: "standalone" };
    session.notify("update2", "replica-server-monitor", { Database: { [rowUuid]: { insert: row } } });
    expect(session.engine.state).toBe("current");
    expect(session.engine.table("Shelf").size).toBe(1);
  });

  it("is asked by the newest method that it knows", () => {
    const methods = (session: Session) =>
      session.connection.requests.filter((r) => r.params[0] === "Shop").map((r) => r.method);
    const old = new Session().connect(shop(), undefined, "monitor");
    expect(methods(old)).toEqual(["get_schema", "monitor_cond_since", "monitor_cond", "monitor"]);
    expect([old.engine.state, old.engine.figures.method]).toEqual(["current", "monitor"]);
    const newer = new Session().connect(shop(), standalone, "monitor_cond");
    expect(methods(newer)).toEqual(["get_schema", "monitor_cond_since", "monitor_cond"]);
    newer.take(newer.engine.setConditions({ Shelf: "none" }));
    expect(newer.connection.requests.at(-1)?.method).toBe("monitor_cond_change");
    expect(newer.engine.table("Shelf").size).toBe(0);
  });

  it("may lack tables and columns, which are reported and read as defaults", () => {
    const model = without("Shelf.weight", "Shelf.tags", "Visitor");
    model.transact([
      { op: "insert", table: "Shelf", "uuid-name": "s", row: { name: "one" } },
      { op: "insert", table: "Shop", row: { shelves: ["named-uuid", "s"] } },
    ]);
    const session = new Session().connect(model);
    expect(session.engine.missing).toEqual(["Shelf.tags", "Shelf.weight", "Visitor"]);
    expect(session.complaints).toContain("Shop database lacks Visitor, which is read as if it had its default");
    expect([...session.engine.table("Shelf")][0]).toMatchObject({ name: "one", weight: 0, tags: [] });
    expect(session.engine.table("Visitor").size).toBe(0);
    const { uuid } = shopRow(session);
    const outcome = session.commit((t) => {
      t.insert("Visitor", { name: "x" });
      t.add("Shop", uuid, "shelves", [t.insert("Shelf", { name: "two", weight: 2 })]);
    });
    expect(outcome).toMatchObject({ status: "success", omitted: ["Visitor", "Shelf.weight"] });
    // Once there is more to follow, all of it is fetched.
    session.disconnect();
    session.connect(shop());
    expect([session.engine.missing, session.engine.figures.downloads]).toEqual([[], 2]);
    expect([...session.engine.table("Shelf")][0]?.weight).toBe(1.5);
  });

  it("that sends what does not fit is left, and everything is fetched anew", () => {
    for (const updates of [
      { Shelf: { [rowUuid]: { modify: { floor: 1 } } } },
      { Nothing: {} },
      { Shelf: { [rowUuid]: { insert: { floor: "x" } } } },
      { Shelf: { nonsense: { insert: {} } } },
      7,
    ] as Json[]) {
      const session = new Session().connect(shop());
      const before = [...session.engine.table("Shelf")];
      session.notify("update3", "replica-monitor-0", ZERO_UUID, updates);
      expect(session.left[0]?.why).toMatch(/^bad message from server: /);
      expect([...session.engine.table("Shelf")]).toEqual(before);
      session.disconnect();
      session.connect(shop());
      expect(session.engine.figures).toMatchObject({ downloads: 2, resumptions: 0 });
    }
  });
});

describe("a transaction", () => {
  it("waits for the rows that it writes to, and verifies values that are as the replica has them", () => {
    const session = new Session().connect(shop());
    const { uuid } = shopRow(session);
    session.commit((t) => {
      t.set("Shop", uuid, { next_cfg: 0, options: { a: "2" } });
      t.comment("first");
      t.comment("second");
      t.durable = true;
    });
    const where = [["_uuid", "==", ["uuid", uuid]]];
    expect(session.operations).toEqual([
      {
        op: "wait",
        timeout: 0,
        table: "Shop",
        where,
        columns: ["next_cfg", "_uuid"],
        until: "==",
        rows: [{ next_cfg: 0, _uuid: ["uuid", uuid] }],
      },
      { op: "update", table: "Shop", where, row: { options: ["map", [["a", "2"]]] } },
      { op: "comment", comment: "first\nsecond" },
      { op: "commit", durable: true },
    ]);
    expect(shopRow(session).options.get("a")).toBe("2");
  });

  it("changes parts of sets and maps by mutations", () => {
    const session = new Session().connect(shop());
    const { uuid } = shopRow(session);
    const [shelf] = session.engine.table("Shelf");
    session.commit((t) => {
      t.add("Shop", uuid, "options", { b: "1", c: "2" });
      t.remove("Shop", uuid, "options", ["a", "c"]);
      t.add("Shelf", shelf!.uuid, "tags", ["x", "y"]);
      t.remove("Shelf", shelf!.uuid, "tags", ["y"]);
    });
    const mutations = session.operations.flatMap((op) => (op as { mutations?: Json[] }).mutations ?? []);
    expect(mutations).toEqual([
      ["options", "delete", ["set", ["a", "b", "c"]]],
      ["options", "insert", ["map", [["b", "1"]]]],
      ["tags", "delete", ["set", ["y"]]],
      ["tags", "insert", ["set", ["x"]]],
    ]);
    expect([...shopRow(session).options]).toEqual([["b", "1"]]);
  });

  it("folds changes to rows that it inserts into their insertion", () => {
    const session = new Session().connect(shop());
    const outcome = session.commit((t) => {
      const row = t.insert("Visitor", { name: "v" });
      t.set("Visitor", row, { seen: 4 });
      t.delete("Visitor", t.insert("Visitor", { name: "nobody" }));
      const shelf = t.insert("Shelf", { name: "n", tags: ["a"] });
      t.add("Shelf", shelf, "tags", ["b"]);
      t.remove("Shelf", shelf, "tags", ["a"]);
      t.add("Shop", shopRow(session).uuid, "by_name", { n: shelf });
    });
    expect(outcome?.status).toBe("success");
    expect([...session.engine.table("Visitor")]).toMatchObject([{ name: "v", seen: 4 }]);
    const named = session.engine.table("Shop").referred(shopRow(session), "by_name").get("n");
    expect(named).toMatchObject({ name: "n", tags: ["b"] });
  });

  it("is sent although it seems to change nothing, while another one is on its way", () => {
    const session = new Session().connect(shop());
    const { uuid } = shopRow(session);
    expect(session.commit((t) => t.set("Shop", uuid, { next_cfg: 0 }))).toEqual({ status: "unchanged" });
    session.held = [];
    expect(session.commit((t) => t.set("Shop", uuid, { next_cfg: 5 }))).toBeUndefined();
    expect(session.commit((t) => t.set("Shop", uuid, { next_cfg: 0 }))).toBeUndefined();
    expect(session.held).toHaveLength(2);
  });

  it("is not sent without the lock, and asserts it", () => {
    const session = new Session({ lock: "till" }).connect(shop());
    const { uuid } = shopRow(session);
    expect(session.commit((t) => t.increment("Shop", uuid, "next_cfg"))).toEqual({ status: "notLocked" });
    session.notify("locked", "till");
    // The server does not know of it.
    expect(session.commit((t) => t.increment("Shop", uuid, "next_cfg"))).toEqual({ status: "notLocked" });
    expect(session.operations[0]).toEqual({ op: "assert", lock: "till" });
    session.disconnect();
    session.connect(shop(), standalone, "monitor_cond_since", ["till"]);
    const other = shopRow(session).uuid;
    expect(session.commit((t) => t.increment("Shop", other, "next_cfg", 7))).toMatchObject({ incremented: 7 });
    session.notify("stolen", "till");
    expect(session.engine.lockState).toBe("contended");
  });

  it("has an uncertain end when the connection is lost in the middle", () => {
    const session = new Session().connect(shop());
    const { uuid } = shopRow(session);
    session.held = [];
    const transaction = session.engine.transaction();
    transaction.increment("Shop", uuid, "next_cfg");
    const outcomes: TransactionOutcome[] = [];
    session.take(session.engine.submit(transaction, (o) => outcomes.push(o)));
    expect(outcomes).toEqual([]);
    session.disconnect();
    expect(outcomes).toEqual([{ status: "tryAgain", uncertain: true }]);
    expect(session.commit((t) => t.delete("Shop", uuid))).toEqual({ status: "tryAgain", uncertain: false });
  });

  it("refuses rows of another transaction, and values of other types", () => {
    const session = new Session().connect(shop());
    const stranger = session.engine.transaction().insert("Shelf");
    expect(() => session.commit((t) => t.set("Shelf", stranger, { floor: 1 }))).toThrow(TypeError);
    expect(() => session.commit((t) => t.insert("Shelf", { neighbour: stranger }))).toThrow(TypeError);
    expect(() => session.commit((t) => t.insert("Shelf", { floor: 1.5 }))).toThrow("1.5 is no integer");
  });
});
