import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { createDatabase } from "../support/ovsdb-servers.js";

const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: { T: { columns: { i: { type: "integer" }, s: { type: "string" } }, isRoot: true, indexes: [["i"]] } },
};
const writers = 4;
const rounds = 12;

/** A small generator of numbers, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("a server killed at any moment", () => {
  let program: BuiltProgram;
  let directory: string;
  let running: ChildProcess | undefined;
  beforeAll(async () => {
    program = await buildProgram("ovsdb-server");
    directory = mkdtempSync(join(tmpdir(), "weft-kill-"));
    createDatabase(join(directory, "db"), schema);
  });
  afterAll(() => {
    running?.kill("SIGKILL");
    program?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<{ child: ChildProcess; clients: RawClient[] }> {
    const socket = join(directory, "sock");
    const args = [program.file, "--unixctl=none", "-vconsole:off", "-vsyslog:off", `--remote=punix:${socket}`];
    const child = spawn(process.execPath, [...args, join(directory, "db")], {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: directory },
    });
    running = child;
    for (;;) {
      const first = await RawClient.open(socket).catch(() => undefined);
      if (first) {
        const more = Array.from({ length: writers - 1 }, () => RawClient.open(socket));
        return { child, clients: [first, ...(await Promise.all(more))] };
      }
      if (child.exitCode !== null) throw new Error(`ovsdb-server ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it("has every transaction that it acknowledged, and no half of one", async () => {
    const random = seeded(2024);
    const acknowledged = new Set<number>();
    const deleted = new Set<number>();
    let next = 0;
    for (let round = 0; round < rounds; round++) {
      const { child, clients } = await start();
      const found = await clients[0]!.call("transact", ["S", { op: "select", table: "T", where: [], columns: ["i"] }]);
      const rows = (found.result as unknown as { rows: { i: number }[] }[])[0]!.rows;
      const present = new Set(rows.map((row) => row.i));
      expect([...acknowledged].filter((i) => !present.has(i))).toEqual([]);
      expect([...deleted].filter((i) => present.has(i))).toEqual([]);
      // Both rows of a transaction are there, or none.
      expect([...present].filter((i) => !present.has(i ^ 1))).toEqual([]);

      let writing = true;
      const write = async (client: RawClient): Promise<void> => {
        while (writing && !client.closed) {
          const i = next;
          next += 2;
          const row = (n: number): Json => ({
            op: "insert",
            table: "T",
            row: { i: n, s: "x".repeat(Math.floor(random() * 3000)) },
          });
          const commit: Json = { op: "commit", durable: random() < 0.7 };
          const reply = await client.call("transact", ["S", row(i), row(i + 1), commit]);
          if (reply.error !== null) continue;
          acknowledged.add(i).add(i + 1);
          if (random() > 0.2) continue;
          // Until it is answered, either may be true.
          for (const n of [i, i + 1]) acknowledged.delete(n);
          const where: Json = [
            ["i", ">=", i],
            ["i", "<=", i + 1],
          ];
          const gone = await client.call("transact", ["S", { op: "delete", table: "T", where }, commit]);
          if (gone.error === null) deleted.add(i).add(i + 1);
        }
      };
      const loops = clients.map((client) => Promise.race([write(client), client.until(() => client.closed)]));
      const killed = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      setTimeout(() => child.kill("SIGKILL"), 20 + random() * 150);
      await killed;
      writing = false;
      await Promise.all(loops);
    }
    expect(acknowledged.size).toBeGreaterThan(100);
  }, 60_000);
});
