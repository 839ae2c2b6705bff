import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { startCluster } from "../support/ovsdb-cluster.js";
import { Dice, randomOperations, randomSchema, randomSchemaWithoutWeak } from "../support/ovsdb-random.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import {
  createDatabase,
  startOurRelay,
  startOurs,
  startReal,
  startRealRelay,
  type TestServer,
} from "../support/ovsdb-servers.js";

const schema = {
  name: "S",
  version: "1.0.0",
  tables: {
    T: {
      columns: {
        n: { type: "string" },
        set: { type: { key: "integer", min: 0, max: "unlimited" } },
        brief: { type: "string", ephemeral: true },
      },
      isRoot: true,
      indexes: [["n"]],
    },
  },
};

const zeros = "00000000-0000-0000-0000-000000000000";
const toStop: { stop(): Promise<void> }[] = [];
const clients: RawClient[] = [];

async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  toStop.push(server);
  return server;
}

async function connect(server: Pick<TestServer, "socket">): Promise<RawClient> {
  const client = await RawClient.open(server.socket);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of toStop.splice(0).reverse()) await server.stop();
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const insert = (n: string, more: { readonly [column: string]: Json } = {}): Json => ({
  op: "insert",
  table: "T",
  row: { n, ...more },
});
const select: Json = { op: "select", table: "T", where: [], columns: ["n", "set", "brief"] };

/** A client of the server once the database can be used. */
async function ready(server: Pick<TestServer, "socket">, name = "S"): Promise<RawClient> {
  let watcher = await connect(server);
  // Who is there before the database is and has not said yet that it knows of such things is cut off.
  for (;;) {
    const aware = watcher.call("set_db_change_aware", [true]);
    await Promise.race([aware, watcher.until(() => watcher.closed)]);
    if (!watcher.closed) break;
    watcher = await connect(server);
  }
  const where = [["name", "==", name]];
  const columns = ["model", "connected", "leader", "sid", "cid", "index"];
  const { result } = await watcher.call("monitor_cond", ["_Server", "srv", { Database: [{ columns, where }] }]);
  const connected = (json: Json | undefined): boolean => formatJson(json ?? null).includes('"connected":true');
  await watcher.until(() => connected(result) || watcher.notifications.some((n) => connected(n["params"])));
  return watcher;
}

/** Waits until the selected names are those. */
async function shows(client: RawClient, ...names: readonly string[]): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { result } = await client.call("transact", ["S", select]);
    const [{ rows }] = result as unknown as [{ readonly rows: readonly { readonly n: string }[] }];
    const found = rows.map(({ n }) => n).sort();
    if (formatJson(found) === formatJson([...names].sort())) return;
    if (Date.now() > deadline) throw new Error(`never came: ${names.join()}; there is ${found.join()}`);
    await tick();
  }
}

const spec = (...sources: readonly { readonly socket: string }[]): string =>
  `relay:S:${sources.map(({ socket }) => `unix:${socket}`).join(",")}`;

/** What every relay must do, whoever made it or its source. */
async function relays(source: Pick<TestServer, "socket">, relay: TestServer): Promise<void> {
  const there = await connect(source);
  await there.call("transact", ["S", insert("before", { set: ["set", [1, 2]], brief: "e" })]);
  const here = await ready(relay);
  await shows(here, "before");

  const { result: contents } = await here.call("monitor_cond_since", ["S", "m", { T: [{ columns: ["n"] }] }, zeros]);
  expect(formatJson((contents as Json[])[2]!)).toContain('"n":"before"');
  // A change made here is made there, and is seen here before it is answered.
  const seen = here.notifications.length;
  const { result } = await here.call("transact", ["S", insert("mine", { brief: "now" }), { ...(select as object) }]);
  const [{ uuid }] = result as unknown as [{ readonly uuid: readonly [string, string] }];
  expect(uuid[0]).toBe("uuid");
  const told = here.notifications.slice(seen).map((n) => formatJson(n["params"]!));
  expect(told.join()).toContain(`"${uuid[1]}":{"insert":{"n":"mine"}}`);
  await shows(there, "before", "mine");
  const { result: brief } = await there.call("transact", ["S", select]);
  expect(formatJson(brief!)).toContain('"brief":"now"');

  // Sets change by differences, rows go.
  const mutate = { op: "mutate", table: "T", where: [["n", "==", "before"]] };
  await there.call("transact", ["S", { ...mutate, mutations: [["set", "insert", ["set", [7]]]] }]);
  await there.call("transact", ["S", { ...mutate, mutations: [["set", "delete", ["set", [1]]]] }]);
  await here.call("transact", ["S", { op: "delete", table: "T", where: [["n", "==", "mine"]] }]);
  await shows(there, "before");
  const { result: rows } = await here.call("transact", ["S", select]);
  expect(formatJson(rows!)).toContain('"set":["set",[2,7]]');

  // The source's refusals come back; what cannot be right is refused here.
  const twice = await here.call("transact", ["S", insert("before")]);
  expect(formatJson(twice.result!)).toContain("identical values (before)");
  const unknown = await here.call("transact", ["S", { op: "insert", table: "Z", row: {} }]);
  expect(formatJson(unknown.result!)).toContain("No table named Z.");
  const late = await here.call("transact", ["S", { ...waitFor("never"), timeout: 20 }, insert("x")]);
  expect(formatJson(late.result!)).toContain("timed out");
}

const waitFor = (n: string): { readonly [member: string]: Json } => ({
  op: "wait",
  table: "T",
  where: [["n", "==", n]],
  columns: ["n"],
  until: "==",
  rows: [{ n }],
});

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "relays with the installed server", () => {
  it("relays a real server's database", async () => {
    const source = await keep(startReal(schema));
    await relays(source, await keep(startOurRelay(spec(source))));
  });

  it("is relayed by a real server", async () => {
    const source = await keep(startOurs(schema));
    await relays(source, await keep(startRealRelay(spec(source))));
  });

  it("relays a real relay of ours", async () => {
    const source = await keep(startOurs(schema));
    const middle = await keep(startRealRelay(spec(source)));
    await ready(middle);
    await relays(source, await keep(startOurRelay(spec(middle))));
  });

  it("follows a real cluster through the death of the server it follows", async () => {
    const cluster = await keep(startCluster({ ...schema, tables: clustered }, 3));
    const relay = await keep(startOurRelay(spec(...cluster.sockets.map((socket) => ({ socket })))));
    const here = await ready(relay);
    await here.call("transact", ["S", insert("one")]);
    await shows(here, "one");
    await cluster.kill(cluster.leader());
    const { result } = await here.call("transact", ["S", insert("two")]).then((answer) =>
      // What was on its way when the source died is given up; then it is for the client to look and try again.
      answer.error === "canceled" ? here.call("transact", ["S", insert("two")]) : answer,
    );
    expect(formatJson(result!)).toContain('"uuid"');
    await shows(here, "one", "two");
    const { result: told } = await here.call("transact", [
      "_Server",
      {
        op: "select",
        table: "Database",
        where: [["name", "==", "S"]],
        columns: ["model", "leader", "cid", "sid", "index"],
      },
    ]);
    const none = ["set", []];
    expect(told).toEqual([{ rows: [{ model: "relay", leader: false, cid: none, sid: none, index: none }] }]);

    const sources = spec(...cluster.sockets.map((socket) => ({ socket })));
    const other = await keep(startOurRelay(`${sources},cid:5a4ed0a2-0b1d-4d0c-8a1a-5c8f6c1b2d3e`));
    while (!other.log.lines.some((line) => line.includes("server is not of cluster"))) await tick();
  }, 60_000);

  it("has what a real server has after whatever happens", async () => {
    const source = await keep(startReal(randomSchemaWithoutWeak));
    const relay = await keep(startOurRelay(`relay:Random:unix:${source.socket}`));
    await agrees(source, relay, () => {}, 400);
  });

  it("is told of another schema by a real server", async () => {
    const source = await keep(startReal(schema));
    await schemaChanges(source, await keep(startOurRelay(spec(source))));
  });
});

const clustered = { T: { ...schema.tables.T, columns: { ...schema.tables.T.columns, brief: { type: "string" } } } };

/** A way to a server that can be cut. */
async function startWire(to: string): Promise<{ socket: string; cut(): void; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "weft-wire-"));
  const socket = join(directory, "sock");
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = netConnect(to);
    for (const end of [near, far]) {
      ends.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(socket, () => resolve()));
  const cut = (): void => {
    for (const end of ends) end.destroy();
    ends.clear();
  };
  return {
    socket,
    cut,
    async stop() {
      cut();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Random transactions go to the source and to the relay in turn, with connections lost now and then; both come to have the same. */
async function agrees(source: TestServer, relay: TestServer, lose: () => void, transactions: number): Promise<void> {
  const there = await connect(source);
  const here = await ready(relay, "Random");
  const dice = new Dice(7);
  let changed = 0;
  for (let i = 0; i < transactions; i++) {
    if (i % 60 === 59) lose();
    const client = i % 3 === 0 ? here : there;
    const { result, error } = await client.call("transact", ["Random", ...randomOperations(dice)]);
    if (!formatJson(result ?? error ?? null).includes('"error"')) changed++;
  }
  expect(changed).toBeGreaterThan(transactions / 10);
  // What was passed on is answered after everything before it has arrived.
  const { result: last } = await here.call("transact", ["Random", { op: "commit", durable: true }]);
  expect(last).toEqual([{}]);
  const schemaOfAll = schemaFromJson(randomSchema);
  const everything = [...schemaOfAll.tables.values()].map(({ name, columnList }): Json => {
    const columns = columnList.filter((column) => column.name !== "_version").map((column) => column.name);
    return { op: "select", table: name, where: [], columns };
  });
  const contents = async (client: RawClient): Promise<readonly string[]> => {
    const { result } = await client.call("transact", ["Random", ...everything]);
    const tables = result as readonly { readonly rows: readonly Json[] }[];
    return tables.flatMap(({ rows }) => rows.map((row) => formatJson(row, { sorted: true }))).sort();
  };
  expect(await contents(here)).toEqual(await contents(there));
}

/** The source's schema changes, asked for through the relay. */
async function schemaChanges(source: TestServer, relay: TestServer): Promise<void> {
  const aware = await ready(relay);
  await aware.call("transact", ["S", insert("kept")]);
  await aware.call("monitor_cond", ["S", "m", { T: [{}] }]);
  const plain = await connect(relay);
  await plain.call("monitor", ["S", "m", { T: [{}] }]);
  const more = { U: { columns: { u: { type: "string" } }, isRoot: true } };
  const converted = { ...schema, version: "1.1.0", tables: { ...schema.tables, ...more } };
  expect(await aware.call("convert", ["S", converted])).toEqual({ result: {}, error: null });
  await aware.until(() => aware.notifications.some((n) => n["method"] === "monitor_canceled"));
  await plain.until(() => plain.closed);
  const shown = async (): Promise<string> => formatJson((await aware.call("get_schema", ["S"])).result ?? null);
  while (!(await shown()).includes("1.1.0"));
  await shows(aware, "kept");
  const { result } = await aware.call("transact", ["S", { op: "insert", table: "U", row: { u: "new" } }]);
  expect(formatJson(result!)).toContain('"uuid"');
  const refused = await aware.call("convert", ["S", { name: "Other", tables: {} }]);
  expect(formatJson(refused.error!)).toContain("does not match database name (S)");
  const there = await connect(source);
  expect(formatJson((await there.call("get_schema", ["S"])).result!)).toContain("1.1.0");
}

describe("a relay", () => {
  it("relays a relay", async () => {
    const source = await keep(startOurs(schema));
    const middle = await keep(startOurRelay(spec(source)));
    await relays(source, await keep(startOurRelay(spec(middle))));
  });

  it("follows the source's schema", async () => {
    const source = await keep(startOurs(schema));
    await schemaChanges(source, await keep(startOurRelay(spec(source))));
  });

  it("has what its source has after whatever happens, lost connections too", async () => {
    const source = await keep(startOurs(randomSchema));
    const wire = await keep(startWire(source.socket));
    const relay = await keep(startOurRelay(`relay:Random:unix:${wire.socket}`));
    await agrees(source, relay, () => wire.cut(), 130);
  }, 60_000);

  it("says what it is, and refuses what it does not have yet", async () => {
    const relay = await keep(startOurRelay("relay:S:unix:/nonexistent/sock"));
    const client = await connect(relay);
    expect((await client.call("list_dbs", [])).result).toEqual(["S", "_Server"]);
    const where = [["name", "==", "S"]];
    const columns = ["name", "model", "connected", "leader", "schema", "cid", "sid", "index"];
    const { result } = await client.call("transact", ["_Server", { op: "select", table: "Database", where, columns }]);
    const none = ["set", []];
    const row = { name: "S", model: "relay", connected: false, leader: false, schema: none, cid: none, sid: none };
    expect(result).toEqual([{ rows: [{ ...row, index: none }] }]);
    for (const [method, ...params] of [["get_schema"], ["transact", select], ["monitor", "m", {}], ["convert", {}]]) {
      const { error } = await client.call(method as string, ["S", ...(params as Json[])]);
      expect(error).toEqual({
        error: "database not available",
        details: `${String(method)} request specifies database S which is not yet available because it has not completed joining its cluster`,
      });
    }
    expect(relay.server.tableLogs()["S"]).toEqual({});
    expect(relay.server.storageStatus("S")).toBe("status: ok\n");
    expect(() => relay.server.addDatabase("relay:S:unix:x")).toThrow("ovsdb error: S: duplicate database name");
    expect(() => relay.server.addDatabase("relay:X")).toThrow("ovsdb error: relay:X: invalid syntax");
    expect(() => relay.server.addDatabase("relay:_X:unix:x")).toThrow('names beginning with "_" are reserved');
    relay.server.removeDatabase("S");
    await client.until(() => client.closed);
    expect(relay.server.databaseNames()).toEqual(["_Server"]);
  });

  it("keeps reading while the source is away, and lets writers wait for it", async () => {
    const source = await keep(startOurs(schema));
    const relay = await keep(startOurRelay(spec(source)));
    const client = await ready(relay);
    await client.call("transact", ["S", insert("one")]);
    await source.server.removeRemote(`punix:${source.socket}`);
    await relay.server.compact("S");
    while (relay.log.lines.every((line) => !line.includes("connection closed by peer"))) await tick();
    await shows(client, "one");
    const waiting = client.call("transact", ["S", insert("two")]);
    const given = client.call("transact", ["S", insert("three")], "given up");
    client.send({ method: "cancel", params: ["given up"], id: null });
    expect(await given).toEqual({ result: null, error: "canceled" });
    await source.server.addRemote(`punix:${source.socket}`);
    expect(formatJson((await waiting).result!)).toContain('"uuid"');
    await shows(client, "one", "two");
  }, 20_000);

  it("goes on to a remote that has the database", async () => {
    const wrong = await keep(startOurs({ ...schema, name: "Other" }));
    const source = await keep(startOurs(schema));
    const relay = await keep(
      startOurRelay(`relay:S:unix:/nonexistent/sock,${spec(wrong, source).slice("relay:S:".length)}`),
    );
    await shows(await ready(relay));
  }, 20_000);

  it("waits for the database where there is no other remote", async () => {
    const source = await keep(startOurs({ ...schema, name: "Other" }));
    const relay = await keep(startOurRelay(spec(source)));
    const file = `${source.directory}/s.db`;
    createDatabase(file, schema);
    while (relay.log.lines.every((line) => !line.includes("connected"))) await tick();
    source.server.addDatabase(file);
    await relays(source, relay);
  });

  it("resumes where it was, and so do its clients anywhere", async () => {
    const source = await keep(startOurs(schema));
    const one = await keep(startOurRelay(spec(source)));
    const two = await keep(startOurRelay(spec(source)));
    const [writer, first] = [await connect(source), await ready(one)];
    const second = await ready(two);
    await writer.call("transact", ["S", insert("a")]);
    await shows(first, "a");
    const asked = { T: [{ columns: ["n"] }] };
    const { result } = await first.call("monitor_cond_since", ["S", "m", asked, zeros]);
    const [, last] = result as readonly Json[];
    await writer.call("transact", ["S", insert("b")]);
    await shows(second, "a", "b");
    // The source's ids are the relays', so that a client which knew one relay can go on at another, or at the source.
    for (const client of [second, writer]) {
      const [found, , missed] = (await client.call("monitor_cond_since", ["S", "m2", asked, last!])).result as Json[];
      expect(found).toBe(true);
      expect(formatJson(missed!)).toMatch(/^\{"T":\{"[^"]+":\{"insert":\{"n":"b"\}\}\}\}$/);
    }
    // Its own connection resumes as well.
    source.server.reconnect("test");
    await writer.until(() => writer.closed);
    const again = await connect(source);
    await again.call("transact", ["S", insert("c")]);
    await shows(first, "a", "b", "c");
  });
});
