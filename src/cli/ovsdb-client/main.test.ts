import { beforeEach, describe, expect, it } from "vitest";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { JsonRpc } from "#runtime/jsonrpc.js";
import { silentLog } from "#runtime/logger.js";
import type { Json } from "#util/json.js";
import { clientCommands } from "./commands.js";
import { ovsdbClient } from "./main.js";

const schema: Json = { name: "Z", tables: { T: { columns: { a: { type: "string" } } } } };
const uuid = "11111111-2222-4333-8444-555555555555";

let host: FakeHost;
let asked: string[];
beforeEach(() => {
  host = createFakeHost();
  asked = [];
});

/** A server that answers by method: a result, an `Error` whose message is refused, or `end` to hang up. */
async function serve(answers: { readonly [method: string]: Json | Error }): Promise<void> {
  await host.streams.listen("punix:/var/run/openvswitch/db.sock", (stream) => {
    const rpc = new JsonRpc(stream, silentLog.module("test")).start({
      onRequest(method, params, id) {
        asked.push(`${method} ${JSON.stringify(params)}`);
        const answer = answers[method];
        if (answer === undefined || answer === "end") rpc.close();
        else if (answer instanceof Error) rpc.replyError(id, answer.message);
        else rpc.reply(id, answer);
      },
    });
  });
}

async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const { process } = host;
  const status = await ovsdbClient(argv, {
    host,
    stdout: (text) => process.stdout(text),
    stderr: (text) => process.stderr(text),
    get stdoutIsTerminal() {
      return process.stdoutIsTerminal;
    },
    stdin: () => process.readStdin(),
    stdinBytes: () => process.readStdinBytes(),
  });
  return { status, out: process.out, err: process.err };
}

/** Lets time pass until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    expect(i).toBeLessThan(20_000);
    await host.clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const base = { list_dbs: ["Z"], get_schema: schema, set_db_change_aware: {} };

describe("ovsdb-client", () => {
  it("tells of every command in its help, and its version", async () => {
    const { out } = await run("--help");
    for (const { name } of clientCommands) if (name !== "help") expect(out).toMatch(new RegExp(` ${name}( |$)`, "m"));
    host.process.out = "";
    expect((await run("-V")).out).toMatch(/^ovsdb-client \(Open vSwitch\) \d+\.\d+\.\d+\n/);
  });

  it.each<[string, { readonly [method: string]: Json | Error }, string[], string]>([
    ["a connection that ends", { list_dbs: "end" }, ["list-dbs"], "transaction failed (End of file)"],
    ["a refusal", { list_dbs: new Error("bad") }, ["list-dbs"], 'transaction returned error: "bad"'],
    ["databases that are none", { list_dbs: 5 }, ["list-dbs"], "list_dbs response is not array"],
    ["a database that is none", { list_dbs: [5] }, ["list-dbs"], "list_dbs response 0 is not string"],
    [
      "a schema that is none",
      { ...base, get_schema: 5 },
      ["get-schema"],
      "syntax error: Parsing database schema failed: Object expected.",
    ],
    [
      "a schema without tables",
      { ...base, get_schema: { name: "Z" } },
      ["list-tables"],
      'syntax "{"name":"Z"}": syntax error: Parsing database schema failed: Required \'tables\' member is missing.',
    ],
    ["no result array", { ...base, transact: 5 }, ["dump"], "reply is not array of 1 elements: 5"],
    ["too few results", { ...base, transact: [] }, ["dump"], "reply is not array of 1 elements: []"],
    [
      "no rows",
      { ...base, transact: [{ rows: 5 }] },
      ["dump"],
      'T table reply is not an object with a "rows" member array: {"rows":5}',
    ],
    [
      "a row that is none",
      { ...base, transact: [{ rows: [5] }] },
      ["dump"],
      "row 0 in table T response is not a JSON object: 5",
    ],
    [
      "a row without its UUID",
      { ...base, transact: [{ rows: [{ a: "x" }] }] },
      ["dump"],
      "row 0 in table T response lacks _uuid column",
    ],
    [
      "a row to back up without its UUID",
      { ...base, transact: [{ rows: [{ b: 5 }] }] },
      ["backup"],
      'T table reply row lacks _uuid member: {"b":5}',
    ],
    [
      "a UUID that is none",
      { ...base, transact: [{ rows: [{ _uuid: 5 }] }] },
      ["backup"],
      'syntax "5": syntax error: expected ["uuid", <string>]',
    ],
    [
      "too short a result of monitor_cond_since",
      { ...base, monitor_cond_since: [true] },
      ["monitor-cond-since", "Z", "[]", "T"],
      "<result> should have 3 elements, but has 1.",
    ],
    [
      "a monitor refused",
      { ...base, monitor: new Error("unknown method") },
      ["monitor", "T"],
      'transaction returned error: "unknown method"',
    ],
    [
      "a waiting refused",
      { ...base, transact: [{ error: "x" }] },
      ["wait", "Z", "added"],
      "server returned error reply",
    ],
    [
      "a waiting answered by nothing",
      { ...base, transact: [5] },
      ["wait", "Z", "added"],
      "result array element is not",
    ],
  ])("refuses %s", async (_, answers, argv, message) => {
    await serve(answers);
    let status: number | undefined;
    const running = run(...argv).then((outcome) => {
      status = outcome.status;
    });
    await until(() => status !== undefined);
    await running;
    expect(status).toBe(1);
    expect(host.process.err).toContain(`ovsdb-client: ${message}`);
  });

  it.each<[string, Json, string]>([
    ["updates", 5, "<table-updates> is not object"],
    ["a table", { T: 5 }, "<table-update> is not object"],
    ["a row", { T: { [uuid]: 5 } }, "<row-update> is not object"],
    ["an initial row", { T: { [uuid]: {} } }, "missing initial row"],
  ])("goes on when %s of a monitor makes no sense", async (_, update, message) => {
    await serve({ ...base, monitor: update });
    const running = run("-t", "5", "monitor", "T");
    await until(() => host.process.err !== "");
    expect(host.process.err).toBe(`ovsdb-client: ${message}\n`);
    await host.clock.advance(5000);
    expect((await running).status).toBe(142);
    expect(host.process.diedBy).toBe("SIGALRM");
  });

  it("prints what a monitored column holds although it should not", async () => {
    await serve({ ...base, monitor: { T: { [uuid]: { new: { a: 5 } } } } });
    const running = run("-t", "5", "--bare", "monitor", "T", "a");
    await until(() => host.process.out !== "");
    await host.clock.advance(5000);
    await running;
    expect(host.process.out).toBe(`${uuid}\ninitial\n5\n`);
  });

  it("takes back what a query changed, and tells of the rest", async () => {
    await serve({ transact: [{ count: 1 }, { error: "aborted" }] });
    expect((await run("query", '["Z",{"op":"delete"}]')).out).toBe('[{"count":1}]\n');
    expect(asked).toEqual(['transact ["Z",{"op":"delete"},{"op":"abort"}]']);
  });

  it("leaves terminals alone", async () => {
    await serve({ ...base, transact: [{ rows: [] }] });
    host.process.stdoutIsTerminal = true;
    expect((await run("backup")).err).toContain("not writing backup to a terminal; please redirect stdout to a file");
    host.process.stdinIsTerminal = true;
    expect((await run("restore")).err).toContain("not reading backup from a terminal; please redirect stdin from");
  });

  it.each([
    [{ model: "standalone", connected: false, leader: false }, [], true],
    [{ model: "relay", connected: true, leader: false }, [], true],
    [{ model: "relay", connected: false, leader: false }, [], false],
    [{ model: "clustered", connected: true, leader: true }, [], true],
    [{ model: "clustered", connected: true, leader: false }, [], false],
    [{ model: "clustered", connected: true, leader: false }, ["--no-leader-only"], true],
    [{ model: "clustered", connected: false, leader: false }, ["--no-leader-only"], false],
  ])("of several servers takes one that serves well: %j %j", async (row, options, good) => {
    await serve({ ...base, transact: [{ rows: [row] }] });
    const { status, err } = await run(...options, "get-schema-version", "unix:none,unix:db.sock", "Z");
    expect(status).toBe(good ? 0 : 1);
    if (!good) expect(err).toContain("ovsdb-client: no servers were available\n");
    expect(asked[0]).toContain('[["name","==","Z"]]');
  });
});
