import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ovsdbTool } from "#cli/ovsdb-tool/main.js";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { recordingLog } from "#runtime/recording-log.js";
import { describeWith, program } from "../support/needs.js";
import { startCluster } from "../support/ovsdb-cluster.js";
import { RawClient } from "../support/ovsdb-raw-client.js";

type Members = Readonly<Record<string, unknown>>;

const servers = ["11111111", "22222222", "33333333"].map((start) => `${start}-1111-4111-8111-111111111111`);
const [s1, s2, s3] = servers as [string, string, string];
const cluster = "cccccccc-cccc-4ccc-8ccc-cccccccccccc";
const eid = (n: number): string => `eeeeeeee-eeee-4eee-8eee-${String(n).padStart(12, "0")}`;
const row = (n: number): string => `aaaaaaaa-aaaa-4aaa-8aaa-${String(n).padStart(12, "0")}`;
const schema = { name: "T", version: "1.0.0", tables: { A: { columns: { n: { type: "string" } }, isRoot: true } } };
const addresses = Object.fromEntries(servers.map((id, i) => [id, `tcp:127.0.0.1:${6001 + i}`]));

/** The first record of a server's file; members given as undefined are left out. */
function head(server = 0, more: Members = {}): Members {
  const members = {
    server_id: servers[server],
    local_address: `tcp:127.0.0.1:${6001 + server}`,
    name: "T",
    cluster_id: cluster,
    prev_term: 1,
    prev_index: 1,
    prev_servers: addresses,
    prev_data: [schema, {}],
    prev_eid: eid(1),
    ...more,
  };
  return members;
}

function entry(term: number, index: number, n = "x", id = index): Members {
  const data = [null, { A: { [row(index)]: { n } }, _date: 1_700_000_000_000, _is_diff: true }];
  return { term, index, eid: eid(id), data };
}

const lead = [{ term: 1, vote: s1 }, { leader: s1, term: 1 }, { term: 1, index: 2 }, { commit_index: 2 }];
const follow = [{ term: 1 }, { term: 1, index: 2 }, { commit_index: 2 }];
const first = (...records: Members[]): Members[] => [head(), ...lead, ...records];
const second = (...records: Members[]): Members[] => [head(1), ...follow, ...records];
const third = (...records: Members[]): Members[] => [head(2), ...follow, ...records];
const joining = {
  name: "T",
  remote_addresses: ["tcp:127.0.0.1:6001"],
  server_id: s2,
  local_address: "tcp:127.0.0.1:6002",
};

/** Files of servers by what is the matter with them. Where two members are too many, which one is named is upstream's chance. */
const cases: Readonly<Record<string, readonly (readonly Members[])[]>> = {
  good: [first()],
  "three good": [first(), second(), third()],
  "no record but the first": [[head()]],
  "not joined": [[joining]],
  "one not joined": [[joining], first()],
  "a term again": [first({ term: 5 }, { term: 3 }, { term: 4, vote: s2 })],
  "a vote in an old term": [first({ term: 3 }, { term: 2, vote: s2 })],
  "a term below the snapshot's": [[head(0, { prev_term: 3 }), { term: 2, vote: s1 }]],
  "two leaders in a file": [first({ term: 1, leader: s2 })],
  "two leaders": [first(), [head(1), { term: 1, leader: s2 }, ...follow]],
  "leaders only": [
    [head(), { term: 2, leader: s1 }],
    [head(1), { term: 2, leader: s2 }],
  ],
  "a leader nobody knows": [first(), [head(1), { term: 1, leader: row(9) }, ...follow]],
  "commit goes back": [first(entry(1, 3), { commit_index: 3 }, { commit_index: 2 })],
  "commit ahead": [first({ commit_index: 9 })],
  "commit of the snapshot": [[head(0, { prev_index: 5 }), { commit_index: 5 }]],
  "commit before the snapshot": [[head(0, { prev_index: 5 }), { commit_index: 3 }]],
  gap: [first(entry(1, 5))],
  "truncation of what is committed": [first(entry(1, 1))],
  "truncation by the leader": [first(entry(1, 3), entry(1, 3, "y"))],
  "truncation by a follower": [second(entry(1, 3), entry(1, 4), { term: 2 }, entry(2, 3, "k", 66))],
  "truncation to the snapshot": [[head(), { term: 1 }, { term: 1, index: 2 }, { term: 2 }, { term: 2, index: 1 }]],
  "an entry of an old term": [first(entry(3, 3), entry(2, 4))],
  "an entry older than the snapshot": [[head(0, { prev_index: 5, prev_term: 3 }), entry(1, 6)]],
  "an entry raises the term": [first(entry(7, 3), { term: 3, vote: s2 })],
  "data without id": [first({ term: 1, index: 3, data: [null, {}] })],
  "id without data": [first({ term: 1, index: 3, eid: eid(3) })],
  "data that is none": [first({ ...entry(1, 3), data: 5 })],
  "member too many": [first({ term: 1, foo: 1 })],
  nothing: [first({})],
  "comment only": [first({ comment: "hello" })],
  "a note": [first({ note: "blah" })],
  left: [first({ note: "left" }, { note: "left" }, entry(1, 3))],
  "vote for no server": [first({ term: 2, vote: "x" })],
  "vote for zeros": [first({ term: 2, vote: "00000000-0000-0000-0000-000000000000" })],
  "leader of zeros": [first({ term: 2, leader: "00000000-0000-0000-0000-000000000000" })],
  "vote and leader": [first({ vote: s1, leader: s1, term: 2 })],
  "vote and index": [first({ vote: s1, index: 3, term: 2 })],
  "note and term": [first({ note: "x", term: 2 })],
  "commit and term": [first({ commit_index: 2, term: 2 })],
  "term as text": [first({ term: "2" })],
  "address without protocol": [first({ term: 1, index: 3, servers: { [s1]: "foo" } })],
  "address that is a number": [first({ term: 1, index: 3, servers: { [s1]: 5 } })],
  "server without id": [first({ term: 1, index: 3, servers: { zz: "tcp:1.2.3.4:5" } })],
  "no servers": [first({ term: 1, index: 3, servers: {} })],
  "election timer": [first({ term: 1, index: 3, election_timer: 2000 })],
  "election timer as text": [first({ term: 1, index: 3, election_timer: "x" })],
  ...Object.fromEntries(
    ["server_id", "local_address", "name", "cluster_id", "prev_servers", "prev_term", "prev_data", "prev_eid"].flatMap(
      (member) => [
        [`no ${member}`, [[head(0, { [member]: undefined })]]],
        // The installed tool ends itself where the data are of another type.
        ...(member === "prev_data" ? [] : [[`${member} of another type`, [[head(0, { [member]: true })]]] as const]),
      ],
    ),
  ),
  "server_id that is none": [[head(0, { server_id: "x" })]],
  "first with more": [[head(0, { foo: 1 })]],
  "first without servers": [[head(0, { prev_servers: {} })]],
  "joining nobody": [[{ ...joining, remote_addresses: [] }]],
  "joining a number": [[{ ...joining, remote_addresses: [5] }]],
  "joining a word": [[{ ...joining, remote_addresses: ["x"] }]],
  "the same server twice": [first(), [head(), { x: 1 }]],
  "other cluster": [first({ x: 1 }), [head(1, { cluster_id: row(1) })]],
  "other name": [first(), [head(1, { name: "U" })]],
  "not one of them": [first(), [head(1, { prev_servers: { [s1]: addresses[s1] } }), ...follow]],
  "one of them later": [
    first(),
    [head(1, { prev_servers: { [s1]: addresses[s1] } }), ...follow, { term: 1, index: 3, servers: addresses }],
  ],
  "entries differ": [first(entry(1, 3, "a"), entry(1, 4, "a")), second(entry(1, 3, "b"), entry(1, 4, "b"))],
  "entries differ by id": [first(), second(entry(1, 3)), third(entry(1, 3, "x", 77))],
  "entries of terms differ": [first(entry(1, 3)), second({ term: 2 }, entry(2, 3, "b", 77))],
  "agree again too late": [first(entry(1, 3), entry(3, 4)), second({ term: 2 }, entry(2, 3, "b", 77), entry(3, 4))],
  "snapshot and entries": [
    first(entry(1, 3), entry(1, 4), { commit_index: 4 }),
    [head(1, { prev_index: 4, prev_eid: eid(4) })],
  ],
  "incomplete leader": [
    first(entry(1, 3), { commit_index: 3 }),
    second({ term: 2, vote: s2 }, { term: 2, leader: s2 }, { term: 2, index: 3 }),
  ],
  "incomplete leader, committed further": [
    first(entry(1, 3), { commit_index: 3 }),
    third(entry(1, 3), entry(1, 4), { commit_index: 4 }),
    second({ term: 2, leader: s2 }),
  ],
  "complete leader": [
    first(entry(1, 3), { commit_index: 3 }),
    second(entry(1, 3), { term: 2, vote: s2 }, { term: 2, leader: s2 }, { term: 2, index: 4 }),
  ],
  "leaders one after another": [first(), second({ term: 2, leader: s2 }), third({ term: 3, leader: s3 })],
};

function recordOf(members: Members): string {
  const body = `${JSON.stringify(members)}\n`;
  const bytes = Buffer.from(body);
  return `OVSDB CLUSTER ${bytes.length} ${createHash("sha1").update(bytes).digest("hex")}\n${body}`;
}

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeWith([program("/usr/bin/ovsdb-tool", "openvswitch-common")], "files of clusters", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "weft-cluster-files-"));
    writeFileSync(join(directory, "t.ovsschema"), JSON.stringify(schema));
    const brief = { ...schema, tables: { A: { columns: { n: { type: "string", ephemeral: true } } } } };
    writeFileSync(join(directory, "brief.ovsschema"), JSON.stringify(brief));
    writeFileSync(join(directory, "text"), "hello\n");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const real = (args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const env = { ...process.env, OVS_RUNDIR: directory };
      execFile("/usr/bin/ovsdb-tool", args, { cwd: directory, env, timeout: 10_000 }, (error, stdout, stderr) =>
        resolve({ status: error ? Number(error.code) : 0, stdout, stderr: tidy(stderr) }),
      );
    });
  const tidy = (text: string): string =>
    text
      .replace(/^\S*\|\d+\|socket_util.*\n/gm, "")
      .replace(/^\S*\|\d+\|/gm, "")
      // The installed tool prints what happens to be in memory here.
      .replace(/"election_timer":\d{5,},/g, "");

  async function ours(args: readonly string[]): Promise<Outcome> {
    const host = createNodeHost({ lock: lockRecord });
    let [stdout, stderr] = ["", ""];
    const here = {
      ...host,
      process: Object.create(host.process, {
        cwd: { value: directory },
        env: { value: { OVS_RUNDIR: directory } },
        stderr: { value: (text: string) => void (stderr += text) },
      }),
    };
    const status = await ovsdbTool(args, {
      host: here as typeof host,
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      stdoutIsTerminal: false,
      stdin: async () => "",
      stdinBytes: async () => new Uint8Array(),
    });
    return { status, stdout, stderr: tidy(stderr) };
  }
  const same = async (...args: string[]): Promise<void> => expect(await ours(args)).toEqual(await real(args));
  const write = (files: readonly (readonly Members[])[]): string[] =>
    files.map((records, i) => {
      const name = `${"abc"[i]}.db`;
      writeFileSync(join(directory, name), records.map(recordOf).join(""));
      return name;
    });

  it.each(Object.entries(cases))("are checked alike: %s", async (_what, files) => {
    const names = write(files);
    await same("check-cluster", ...names);
    for (const command of ["db-cid", "db-sid", "db-local-address", "db-name", "db-version", "db-is-clustered"]) {
      await same(command, names[0]!);
    }
    await same("-m", "-m", "show-log", names[0]!);
  });

  it("are shown alike", async () => {
    const rows = { A: { [row(1)]: { n: "y" } }, _date: 1_700_000_000_000 };
    const records = [
      head(0, { prev_election_timer: 1234, prev_data: [schema, { ...rows, _comment: "compacted" }] }),
      { term: 1, vote: s1, comment: "why" },
      { leader: s1, term: 1 },
      { term: 1, index: 2, servers: addresses },
      { commit_index: 2 },
      { term: 1, index: 3, election_timer: 2000, comment: "c" },
      { ...entry(1, 4), data: [schema, null] },
      { ...entry(1, 5), data: [null, null] },
      { ...entry(1, 6), data: [null, {}] },
      { ...entry(1, 7), data: [schema, { A: {} }] },
      { ...entry(1, 8), data: [null, { ...rows, _is_diff: true, A: { [row(1)]: null } }] },
      { ...entry(1, 9), data: [null, { _comment: "nothing" }] },
      { x: 1 },
      { note: "left", comment: "zz" },
    ];
    write([records]);
    for (const more of [[], ["-m"], ["-m", "-m"], ["-m", "-m", "-m"]]) await same(...more, "show-log", "a.db");
    write([[joining]]);
    await same("show-log", "a.db");
  });

  it("that a real cluster wrote are checked, shown and read alike", async () => {
    const servers3 = await startCluster(schema, 3);
    try {
      const client = await RawClient.open(servers3.sockets[0]!);
      const insert = (n: string) => ({ op: "insert", table: "A", row: { n } });
      await client.call("transact", ["T", insert("one"), { op: "comment", comment: "first" }]);
      await client.call("transact", ["T", { op: "update", table: "A", where: [], row: { n: "two" } }]);
      await client.call("transact", ["T", insert("three")]);
      client.close();
      const files = servers3.sockets.map((socket) => socket.replace(/sock$/, "db"));
      await same("check-cluster", ...files);
      for (const file of files) await same("-m", "-m", "show-log", file);
      for (const command of ["db-cid", "db-sid", "db-local-address", "db-name"]) await same(command, files[2]!);
      await ours(["cluster-to-standalone", "one.db", files[1]!]);
      await real(["cluster-to-standalone", "two.db", files[1]!]);
      const select = '["T",{"op":"select","table":"A","where":[],"columns":["n"]}]';
      const found = async (file: string): Promise<string[]> =>
        (await real(["query", file, select])).stdout.match(/"n":"[^"]*"/g)?.sort() ?? [];
      expect(await found("one.db")).toEqual(['"n":"three"', '"n":"two"']);
      expect(await found("two.db")).toEqual(await found("one.db"));
    } finally {
      await servers3.stop();
    }
  }, 60_000);

  it("are made so that the installed server serves them", async () => {
    expect(await ours(["--election-timer=2000", "create-cluster", "new.db", "t.ovsschema", "unix:new.raft"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    await same("check-cluster", "new.db");
    expect(readFileSync(join(directory, "new.db"), "utf8")).toContain('"election_timer":2000');
    const socket = join(directory, "new.sock");
    const env = { ...process.env, OVS_RUNDIR: directory };
    const logs = ["-vconsole:off", "-vsyslog:off"];
    const args = ["new.db", `--remote=punix:${socket}`, `--unixctl=${directory}/ctl`, ...logs];
    const server = spawn("/usr/sbin/ovsdb-server", args, { cwd: directory, env, stdio: "ignore" });
    try {
      const client = (...words: string[]): string =>
        execFileSync("/usr/bin/ovsdb-client", ["-t", "30", ...words], { env, encoding: "utf8", stdio: "pipe" });
      client("wait", `unix:${socket}`, "T", "connected");
      const insert = '["T",{"op":"insert","table":"A","row":{"n":"there"}}]';
      expect(client("transact", `unix:${socket}`, insert)).toContain('"uuid"');
    } finally {
      const exited = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await exited;
    }
    await same("check-cluster", "new.db");
    expect((await ours(["-m", "-m", "show-log", "new.db"])).stdout).toContain("n=there");
  }, 60_000);

  it("are made from standalone databases", async () => {
    await ours(["create", "alone.db", "brief.ovsschema"]);
    await ours(["transact", "alone.db", '["T",{"op":"insert","table":"A","row":{"n":"x"}}]']);
    const [mine, theirs] = ["mine.db", "theirs.db"].map((name) => [
      "create-cluster",
      name,
      "alone.db",
      "tcp:1.2.3.4:5",
    ]);
    expect(await ours(mine!)).toEqual(await real(theirs!));
    const shown = async (name: string): Promise<string> =>
      (await real(["-m", "-m", "show-log", name])).stdout
        .replace(/: [0-9a-f]{4}\b|\b[0-9a-f]{4}\(/g, ": ID")
        .replace(/\d{4}-.*"c/, '"c');
    expect(await shown("mine.db")).toBe(await shown("theirs.db"));
  });

  it.each([
    ["create-cluster", "x.db", "t.ovsschema", "foo"],
    ["create-cluster", "x.db", "t.ovsschema", "tcp:1.2.3.4"],
    ["create-cluster", "x.db", "t.ovsschema", "tcp:1.2.3.4:99999"],
    ["create-cluster", "x.db", "nofile", "tcp:1.2.3.4:5"],
    ["create-cluster", "x.db", "text", "tcp:1.2.3.4:5"],
    ["--election-timer=5", "create-cluster", "x.db", "t.ovsschema", "tcp:1.2.3.4:5"],
    ["--election-timer=x", "create-cluster", "x.db", "t.ovsschema", "tcp:1.2.3.4:5"],
    ["create-cluster", "text", "t.ovsschema", "tcp:1.2.3.4:5"],
    ["create-cluster", "x.db", "t.ovsschema"],
    ["join-cluster", "x.db", "T", "tcp:1.2.3.4:5", "tcp:1.2.3.4:5"],
    ["join-cluster", "x.db", "a b", "tcp:1.2.3.4:5", "tcp:1.2.3.4:6"],
    ["join-cluster", "x.db", "T", "foo", "tcp:1.2.3.4:6"],
    ["join-cluster", "x.db", "T", "tcp:1.2.3.4:6", "foo"],
    ["--cid=x", "join-cluster", "x.db", "T", "tcp:1.2.3.4:6", "tcp:1.2.3.4:7"],
    ["--cid=00000000-0000-0000-0000-000000000000", "join-cluster", "x.db", "T", "tcp:1.2.3.4:6", "tcp:1.2.3.4:7"],
    ["check-cluster"],
    ["check-cluster", "nofile"],
    ["check-cluster", "alone.db"],
    ["cluster-to-standalone", "text", "a.db"],
    ["db-cid", "text"],
    ["db-cid", "nofile"],
    ["db-cid", "alone.db"],
    ["compact", "a.db"],
    ["convert", "a.db", "t.ovsschema"],
    ["query", "a.db", "[]"],
    ["transact", "a.db", "[]"],
    ["needs-conversion", "a.db", "t.ovsschema"],
    ["db-cksum", "a.db"],
  ])("are refused alike: %s %s %s %s", async (...args) => {
    write([first()]);
    await same(...args);
  });

  it("are not served, and the server says so", () => {
    write([first()]);
    const server = new DatabaseServer(createNodeHost({ lock: lockRecord }), recordingLog(), {
      runDirectory: directory,
      tls: {},
      columnDiffs: true,
    });
    const path = join(directory, "a.db");
    expect(() => server.addDatabase(path)).toThrow(`${path}: clustered databases are not implemented yet`);
    expect(server.databaseNames()).toEqual(["_Server"]);
    server.close();
  });

  it("keep only what is of the last schema, where it was changed", async () => {
    const newer = { ...schema, version: "2.0.0" };
    write([
      [
        head(),
        entry(1, 2, "old"),
        { ...entry(1, 3), data: [newer, { A: { [row(3)]: { n: "converted" } } }] },
        entry(1, 4, "undone"),
        entry(2, 4, "new"),
      ],
    ]);
    expect(await ours(["cluster-to-standalone", "last.db", "a.db"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await real(["db-version", "last.db"])).stdout).toBe("2.0.0\n");
    const { stdout } = await real(["-m", "-m", "show-log", "last.db"]);
    expect(stdout.match(/n=\w+/g)).toEqual(["n=converted", "n=new"]);
  });
});
