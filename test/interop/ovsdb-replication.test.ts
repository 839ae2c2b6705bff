import { afterEach, describe, expect, it } from "vitest";
import { parseExcludedTables } from "#ovsdb-server/excluded-tables.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";

const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: {
    T: {
      columns: {
        i: { type: "integer" },
        fixed: { type: "string", mutable: false },
        kids: { type: { key: { type: "uuid", refTable: "U" }, min: 0, max: "unlimited" } },
      },
      isRoot: true,
    },
    U: { columns: { s: { type: "string" } } },
    X: { columns: { s: { type: "string" } }, isRoot: true },
  },
};

const servers: TestServer[] = [];
const clients: RawClient[] = [];

async function keep<T extends TestServer>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  servers.push(server);
  return server;
}

async function connect(server: TestServer): Promise<RawClient> {
  const client = await RawClient.open(server.socket);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of servers.splice(0).reverse()) await server.stop();
});

/** What a client of the server is shown, kept up to date. */
async function contents(client: RawClient, wanted: (rows: Json) => boolean): Promise<Json> {
  for (let attempt = 0; ; attempt++) {
    const operations = ["T", "U", "X"].map((table): Json => {
      const columns = { T: ["_uuid", "i", "fixed", "kids"], U: ["_uuid", "s"], X: ["s"] }[table]!;
      return { op: "select", table, where: [], columns };
    });
    const { result } = await client.call("transact", ["S", ...operations]);
    const rows = (result as readonly { readonly rows: readonly Json[] }[]).map(({ rows: found }) =>
      found.map((row) => formatJson(row, { sorted: true })).sort(),
    );
    if (wanted(rows)) return rows;
    if (attempt > 2000) throw new Error(`never came: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Plays changes on the active server and compares the backup after each. */
async function follows(active: TestServer, backup: TestServer): Promise<void> {
  const writer = await connect(active);
  const reader = await connect(backup);
  const steps: Json[][] = [
    [
      { op: "insert", table: "U", "uuid-name": "k", row: { s: "kid" } },
      { op: "insert", table: "T", row: { i: 1, fixed: "a", kids: ["named-uuid", "k"] } },
    ],
    [
      { op: "update", table: "T", where: [], row: { i: 2 } },
      { op: "insert", table: "T", row: { i: 3 } },
    ],
    [{ op: "delete", table: "T", where: [["i", "==", 2]] }],
  ];
  const seen = new Set<string>();
  for (const step of steps) {
    const { result } = await writer.call("transact", ["S", ...step]);
    expect(JSON.stringify(result)).not.toContain('"error"');
    const now = await contents(writer, () => true);
    seen.add(JSON.stringify(now));
    const [t, u] = now as string[][];
    const shown = (await contents(reader, (rows) => {
      const [rt, ru] = rows as string[][];
      return JSON.stringify([rt, ru]) === JSON.stringify([t, u]);
    })) as string[][];
    // What is excluded stays as it was.
    expect(shown[2]).toEqual([]);
  }
  expect(seen.size).toBe(steps.length);
  const refused = await reader.call("transact", ["S", { op: "insert", table: "T", row: {} }]);
  expect(JSON.stringify(refused.result)).toContain("not allowed when database server is in read only mode");
  expect((await reader.call("lock", ["l"])).error).toBe("lock and unlock methods not allowed, DB server is read only.");
}

async function filled(starting: Promise<TestServer>): Promise<TestServer> {
  const server = await keep(starting);
  const client = await connect(server);
  await client.call("transact", ["S", { op: "insert", table: "X", row: { s: "not yours" } }]);
  await client.call("transact", ["S", { op: "insert", table: "T", row: { i: 100 } }]);
  return server;
}

const syncFrom = (server: TestServer) => ({
  from: `unix:${server.socket}`,
  excluded: parseExcludedTables("S:X"),
  active: false,
});
const realOptions = (server: TestServer) => [`--sync-from=unix:${server.socket}`, "--sync-exclude-tables=S:X"];

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "replication with the installed server", () => {
  it("follows a real active server", async () => {
    const active = await filled(startReal(schema));
    const backup = await keep(startOurs(schema, syncFrom(active)));
    await follows(active, backup);
    expect(backup.server.sync.status()).toBe(
      `state: backup\nreplicating: unix:${active.socket}\ndatabase: S\nexclude: S:X\n`,
    );
  });

  it("is followed by a real backup", async () => {
    const active = await filled(startOurs(schema));
    await follows(active, await keep(startReal(schema, realOptions(active))));
  });
});

describe("active and backup", () => {
  it("change places", async () => {
    const first = await keep(startOurs(schema));
    const second = await keep(startOurs(schema, syncFrom(first)));
    const one = await connect(first);
    await one.call("transact", ["S", { op: "insert", table: "T", row: { i: 1 } }]);
    const has = (text: string) => (rows: Json) => JSON.stringify(rows).includes(text);
    const reader = await connect(second);
    await contents(reader, has('\\"i\\":1'));

    second.server.sync.disconnect();
    await reader.until(() => reader.closed);
    expect(second.server.sync.status()).toBe("state: active\n");
    const two = await connect(second);
    await two.call("transact", ["S", { op: "update", table: "T", where: [], row: { i: 2 } }]);

    first.server.sync.setFrom(`unix:${second.socket}`);
    expect(first.server.isBackup()).toBe(false);
    first.server.sync.connect();
    expect(first.server.sync.status()).toBe(`state: backup\nconnecting: unix:${second.socket}\n`);
    await contents(await connect(first), has('\\"i\\":2'));
  });

  it("refuses to follow itself, and who has nothing in common", async () => {
    const other = { name: "S", version: "1.0.1", tables: { T: { columns: { j: { type: "integer" } }, isRoot: true } } };
    const first = await keep(startOurs(other));
    const second = await keep(startOurs(schema, syncFrom(first)));
    const idle = async (server: typeof first): Promise<void> => {
      for (let i = 0; server.server.isBackup() && i < 2000; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    await idle(second);
    expect(second.log.lines.filter((line) => line.startsWith("replication|") && !line.includes("|DBG|"))).toEqual([
      "replication|INFO|Schema version mismatch, checking if S can still be replicated or not.",
      "replication|INFO|Column j not present in the local db schema table T.",
      "replication|INFO|S cannot be replicated.",
      "replication|WARN|Nothing to replicate.",
    ]);
    first.server.sync.setFrom(`unix:${first.socket}`);
    first.server.sync.connect();
    await idle(first);
    expect(first.log.lines).toContain(
      "ovsdb_error|ERR|unexpected ovsdb error: Server ID check failed: Self replicating is not allowed",
    );
  });
});

describe("monitor_cond_since", () => {
  it("tells a client that comes back what it missed", async () => {
    const server = await keep(startOurs(schema));
    const writer = await connect(server);
    const before = await connect(server);
    const ask = async (client: RawClient, since: Json): Promise<readonly Json[]> => {
      const { result } = await client.call("monitor_cond_since", ["S", "m", { T: [{ columns: ["i"] }] }, since]);
      return result as readonly Json[];
    };
    const [found, start, rows] = await ask(before, "00000000-0000-0000-0000-000000000000");
    expect([found, rows]).toEqual([false, {}]);
    await writer.call("transact", ["S", { op: "insert", table: "T", row: { i: 1 } }]);
    await before.until(() => before.notifications.length > 0);
    const [, seen] = before.notifications[0]!["params"] as readonly Json[];
    before.close();
    await writer.call("transact", ["S", { op: "update", table: "T", where: [], row: { i: 2 } }]);
    await writer.call("transact", ["S", { op: "update", table: "T", where: [], row: { i: 3 } }]);

    const after = await connect(server);
    const [known, last, missed] = await ask(after, seen!);
    expect(known).toBe(true);
    expect(JSON.stringify(missed)).toMatch(/^\{"T":\{"[0-9a-f-]+":\{"modify":\{"i":3\}\}\}\}$/);
    expect(new Set([start, seen, last]).size).toBe(3);
    expect(await ask(await connect(server), last!)).toEqual([true, last, {}]);
  });
});
