import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { describeWith, program } from "../support/needs.js";

const schema =
  '{"name":"S","version":"1.0.0","tables":{"G":{"columns":{"names":{"type":{"key":"string","min":0,"max":"unlimited"}},"n":{"type":"integer"}},"isRoot":true},"T":{"columns":{"i":{"type":"integer"}},"isRoot":true}}}';

/** One daemon under test in a directory of its own, asked by the installed `ovs-appctl`. */
interface Side {
  ask(args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

async function start(command: string, before: readonly string[]): Promise<Side> {
  const directory = mkdtempSync(join(tmpdir(), "weft-appctl-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  for (const name of ["S", "Other"]) {
    writeFileSync(join(directory, "schema"), schema.replace('"S"', `"${name}"`));
    execFileSync("/usr/bin/ovsdb-tool", ["create", name, "schema"], { cwd: directory, env });
  }
  const socket = join(directory, "ctl");
  const args = [...before, "S", `--unixctl=${socket}`, "--remote=punix:db.sock", "-vconsole:off", "-vsyslog:off"];
  const child = spawn(command, args, { cwd: directory, env, stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`ovsdb-server ended with ${child.exitCode}`);
    return existsSync(socket);
  }, "the control socket");
  return {
    ask: (words) =>
      new Promise((resolve) => {
        execFile("/usr/bin/ovs-appctl", ["-t", socket, ...words], { cwd: directory, env }, (error, stdout, stderr) => {
          const status = error ? String(error.code) : "0";
          resolve(`[${status}] ${stdout}${stderr}`.replaceAll(`${directory}/`, "").replaceAll("/usr/bin/", ""));
        });
      }),
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const lines: readonly string[] = [
  "ovsdb-server/list-dbs",
  "ovsdb-server/list-remotes",
  "memory/show",
  "ovsdb-server/add-remote db:S,G,names",
  "ovsdb-server/add-remote db:S,G,names",
  "ovsdb-server/add-remote ptcp:0:127.0.0.1",
  "ovsdb-server/add-remote db:zz",
  "ovsdb-server/add-remote db:zz,y,x",
  "ovsdb-server/add-remote db:S,y,x",
  "ovsdb-server/add-remote db:S,G,x",
  "ovsdb-server/add-remote",
  "ovsdb-server/list-remotes",
  "ovsdb-server/remove-remote ptcp:0:127.0.0.1",
  "ovsdb-server/remove-remote ptcp:0:127.0.0.1",
  "ovsdb-server/list-remotes",
  "ovsdb-server/add-db Other",
  "ovsdb-server/add-db Other",
  "ovsdb-server/add-db nofile",
  "ovsdb-server/add-db",
  "ovsdb-server/list-dbs",
  "ovsdb-server/compact",
  "ovsdb-server/compact S",
  "ovsdb-server/compact zz",
  "ovsdb-server/compact _Server",
  "ovsdb-server/compact a b",
  "ovsdb-server/get-db-storage-status S",
  "ovsdb-server/get-db-storage-status zz",
  "ovsdb-server/tlog-list",
  "ovsdb-server/tlog-set S:T on",
  "ovsdb-server/tlog-set S:Z on",
  "ovsdb-server/tlog-set Z:T on",
  "ovsdb-server/tlog-set ST on",
  "ovsdb-server/tlog-set S:T maybe",
  "ovsdb-server/tlog-list",
  "ovsdb-server/memory-trim-on-compaction maybe",
  "ovsdb-server/memory-trim-on-compaction on",
  "ovsdb-server/memory-trim-on-compaction off",
  "ovsdb-server/remove-db Other",
  "ovsdb-server/remove-db Other",
  "ovsdb-server/remove-db _Server",
  "ovsdb-server/list-dbs",
  "ovsdb-server/perf-counters-show",
  "ovsdb-server/perf-counters-clear",
  "ovsdb-server/sync-status",
  "ovsdb-server/get-active-ovsdb-server",
  "ovsdb-server/get-sync-exclude-tables",
  "ovsdb-server/connect-active-ovsdb-server",
  "ovsdb-server/disconnect-active-ovsdb-server",
  "ovsdb-server/reconnect",
  "ovsdb-server/disable-monitor-cond",
  "ovsdb-server/nonsense",
  "exit",
];

describeWith(
  [program("/usr/sbin/ovsdb-server", "openvswitch-switch"), program("/usr/bin/ovs-appctl", "openvswitch-common")],
  "ovs-appctl on the installed ovsdb-server and ours",
  () => {
    let built: BuiltProgram;
    let ours: Side;
    let real: Side;
    beforeAll(async () => {
      built = await buildProgram("ovsdb-server");
      [ours, real] = await Promise.all([start(process.execPath, [built.file]), start("/usr/sbin/ovsdb-server", [])]);
    });
    afterAll(async () => {
      await Promise.all([ours?.stop(), real?.stop()]);
      built?.remove();
    });

    it("is answered at all", async () => {
      expect(await ours.ask(["ovsdb-server/list-dbs"])).toBe("[0] S\n_Server\n");
    });

    for (const [number, line] of lines.entries()) {
      it(`${number} agree on ${line}`, async () => {
        const words = line.split(" ");
        const [our, other] = await Promise.all([ours.ask(words), real.ask(words)]);
        expect(our).toBe(other);
      });
    }
  },
);
