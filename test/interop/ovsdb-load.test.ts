import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, type Need } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { createDatabase } from "../support/ovsdb-servers.js";

const schema: Json = {
  name: "Load",
  version: "1.0.0",
  tables: {
    T: {
      columns: { i: { type: "integer" }, group: { type: "integer" }, s: { type: "string" } },
      isRoot: true,
      indexes: [["i"]],
    },
  },
};
const clients = 2000;
const transactions = 60;
const groups = 10;

/** Descriptors that this process, and those it starts, may have open. Node raises its own limit to this. */
const descriptors = Number(/Max open files\s+\S+\s+(\S+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
const manyDescriptors: Need = {
  name: `${2 * clients} open files (ulimit -Hn)`,
  met: Number.isNaN(descriptors) || descriptors >= 2 * clients,
};

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "ovss-load-"));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  createDatabase(join(directory, "db"), schema);
  return directory;
}

async function startServer(directory: string): Promise<ChildProcess> {
  const program: BuiltProgram = await buildProgram("ovsdb-server", "log-verifier-worker");
  cleanUps.push(() => program.remove());
  const options = ["--unixctl=none", "-vconsole:off", "-vsyslog:off", `--remote=punix:${join(directory, "sock")}`];
  const child = spawn(process.execPath, [program.file, ...options, join(directory, "db")], {
    stdio: "ignore",
    env: { ...process.env, OVS_RUNDIR: directory },
  });
  cleanUps.push(() => child.kill("SIGKILL"));
  return child;
}

async function open(directory: string): Promise<RawClient> {
  for (;;) {
    const client = await RawClient.open(join(directory, "sock")).catch(() => undefined);
    if (client) {
      cleanUps.push(() => client.close());
      return client;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const insert = (i: number, s = ""): Json => ({ op: "insert", table: "T", row: { i, group: i % groups, s } });

describeWith([manyDescriptors], `${clients} clients that monitor while transactions go on`, () => {
  it("are all told everything that they asked for", { timeout: 120_000 }, async () => {
    const directory = newDirectory();
    await startServer(directory);
    const writer = await open(directory);
    const watchers: RawClient[] = [];
    while (watchers.length < clients) {
      watchers.push(...(await Promise.all(Array.from({ length: 50 }, () => open(directory)))));
    }
    // Half of them want every change, the others those of one group each.
    const requests = (k: number): Json => ({
      T: [{ columns: ["i"], where: k % 2 === 0 ? [true] : [["group", "==", k % groups]] }],
    });
    await Promise.all(watchers.map((watcher, k) => watcher.call("monitor_cond", ["Load", null, requests(k)])));
    for (let i = 0; i < transactions; i++) {
      const reply = await writer.call("transact", ["Load", insert(i)]);
      expect(reply.error).toBeNull();
    }
    const expected = (k: number): number[] =>
      Array.from({ length: transactions }, (_, i) => i).filter((i) => k % 2 === 0 || i % groups === k % groups);
    await Promise.all(
      watchers.map((watcher, k) => watcher.until(() => watcher.notifications.length >= expected(k).length)),
    );
    const heard = watchers.map((watcher) => watcher.notifications.map(insertedNumber));
    expect(heard.findIndex((own, k) => own.join() !== expected(k).join())).toBe(-1);
  });
});

function insertedNumber(message: { readonly [member: string]: Json }): number {
  const [, updates] = message["params"] as unknown as [Json, { T: Record<string, { insert: { i?: number } }> }];
  return Object.values(updates.T)[0]!.insert.i ?? 0;
}

describe("a client that does not read", () => {
  const backlogLimit = 4_000_000;

  it("keeps nobody waiting, and is disconnected when it is too far behind", { timeout: 60_000 }, async () => {
    const directory = newDirectory();
    const log = recordingLog();
    const server = new DatabaseServer(createNodeHost({ lock: lockRecord }), log, {
      runDirectory: directory,
      tls: {},
      columnDiffs: true,
      backlogLimit,
    });
    cleanUps.push(() => server.close());
    server.addDatabase(join(directory, "db"));
    await server.addRemote(`punix:${join(directory, "sock")}`);
    const [writer, fast] = [await open(directory), await open(directory)];
    await fast.call("monitor_cond", ["Load", "fast", { T: [{ columns: ["i", "s"] }] }]);
    const slow = await silent(
      directory,
      '{"method":"monitor_cond","params":["Load","slow",{"T":[{"columns":["i","s"]}]}],"id":1}',
    );
    const filler = "x".repeat(100_000);
    let worst = 0;
    let sent = 0;
    const backlog = (): number => server.memory()["backlog"] ?? 0;
    while (!log.lines.some((line) => line.includes("bytes behind")) && sent < 200) {
      await writer.call("transact", ["Load", insert(sent, filler)]);
      sent++;
      // The other one has each change before the next is made.
      await fast.until(() => fast.notifications.length >= sent);
      worst = Math.max(worst, backlog());
    }
    expect(sent).toBeLessThan(200);
    expect(worst).toBeGreaterThan(backlogLimit / 2);
    expect(worst).toBeLessThan(backlogLimit + 2 * filler.length);
    expect(backlog()).toBe(0);
    slow.destroy();
    const reply = await fast.call("transact", [
      "Load",
      { op: "select", table: "T", where: [["i", "==", sent - 1]], columns: ["i"] },
    ]);
    expect(reply.result).toEqual([{ rows: [{ i: sent - 1 }] }]);
  });
});

/** A connection that sends one thing and never reads more than the kernel takes in for it. */
async function silent(directory: string, request: string): Promise<Socket> {
  const socket = connect(join(directory, "sock"));
  cleanUps.push(() => socket.destroy());
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write(request, () => resolve()));
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.pause();
  return socket;
}

describe("a database of 100,000 rows", () => {
  const size = 100_000;

  it("is filled, found again after a restart, and told to a monitor whole", { timeout: 120_000 }, async () => {
    const directory = newDirectory();
    const first = await startServer(directory);
    const client = await open(directory);
    for (let i = 0; i < size; i += 1000) {
      const reply = await client.call("transact", [
        "Load",
        ...Array.from({ length: 1000 }, (_, k) => insert(i + k, `row ${i + k}`)),
      ]);
      expect(reply.error).toBeNull();
    }
    const ended = new Promise((resolve) => first.once("exit", resolve));
    first.kill("SIGKILL");
    await ended;
    await startServer(directory);
    const again = await open(directory);
    const where: Json = [["i", "==", size - 1]];
    const found = await again.call("transact", ["Load", { op: "select", table: "T", where, columns: ["s"] }]);
    expect(found.result).toEqual([{ rows: [{ s: `row ${size - 1}` }] }]);
    const initial = await again.call("monitor_cond", ["Load", null, { T: [{ columns: ["i"] }] }]);
    expect(Object.keys((initial.result as { T: object }).T)).toHaveLength(size);
    const duplicate = await again.call("transact", ["Load", insert(5)]);
    expect(JSON.stringify(duplicate.result)).toContain("identical values");
  });
});
