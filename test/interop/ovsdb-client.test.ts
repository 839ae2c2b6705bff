import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, program } from "../support/needs.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";
import { needsRealServer } from "../support/real-openvswitch.js";

const schema =
  '{"name":"S","version":"1.0.0","tables":{"T":{"columns":{"name":{"type":"string"},"peer":{"type":{"key":{"type":"uuid","refTable":"T","refType":"weak"},"min":0}},"e":{"type":"integer","ephemeral":true}},"isRoot":true}}}';

interface Outcome {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], directory: string, stdin?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
    const child = execFile(file, [...args], { env, cwd: directory, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.signal ?? Number(error.code ?? 1)), stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describeWith(
  [needsRealServer, program("/usr/bin/ovs-appctl", "openvswitch-common")],
  "ovsdb-client as a program",
  () => {
    let built: BuiltProgram;
    let server: TestServer;
    const own = (args: readonly string[], stdin?: string): Promise<Outcome> =>
      run(process.execPath, [built.file, ...args], server.directory, stdin);
    const appctl = (target: string, ...args: string[]): Promise<Outcome> =>
      run("/usr/bin/ovs-appctl", ["-t", join(server.directory, target), ...args], server.directory);
    const transact = (...operations: Json[]): Promise<Outcome> =>
      own(["transact", JSON.stringify(["S", ...operations])]);
    const file = (name: string): string => join(server.directory, name);

    beforeAll(async () => {
      built = await buildProgram("ovsdb-client");
      server = await startReal(JSON.parse(schema) as Json);
      await transact(
        { op: "insert", table: "T", row: { name: "a", e: 5 }, "uuid-name": "a" },
        { op: "insert", table: "T", row: { name: "b", peer: ["named-uuid", "a"] } },
      );
    });
    afterAll(async () => {
      await server?.stop();
      built?.remove();
    });

    it("backs up into a file that the installed tools and ours read, and restores it in either server", async () => {
      const dumped = await own(["dump", "S", "T", "name"]);
      const backup = await own(["backup", "S"]);
      expect(backup.status).toBe(0);
      writeFileSync(file("backup.db"), backup.stdout);
      const select = '["S",{"op":"select","table":"T","where":[["name","==","b"]],"columns":["name"]}]';
      expect((await run("/usr/bin/ovsdb-tool", ["query", file("backup.db"), select], server.directory)).stdout).toBe(
        '[{"rows":[{"name":"b"}]}]\n',
      );
      const theirs = await run("/usr/bin/ovsdb-client", ["backup", "S"], server.directory);
      const other = await startOurs(JSON.parse(schema) as Json);
      try {
        for (const text of [backup.stdout, theirs.stdout]) {
          for (const target of [`unix:${server.socket}`, `unix:${other.socket}`]) {
            expect(await own(["restore", target, "S"], text)).toEqual({ status: 0, stdout: "", stderr: "" });
            expect(await own(["dump", target, "S", "T", "name"])).toEqual(dumped);
            const [row] = JSON.parse(
              (
                await own([
                  "query",
                  target,
                  '["S",{"op":"select","table":"T","where":[["name","==","b"]],"columns":["peer"]}]',
                ])
              ).stdout,
            ) as [{ rows: [{ peer: [string, string] }] }];
            // The reference went along with the row that it refers to.
            expect(row.rows[0].peer[0]).toBe("uuid");
          }
        }
      } finally {
        await other.stop();
      }
    });

    it("goes into the background when it has printed what there is, and goes on printing there", async () => {
      const out = file("monitor.out");
      const started = await new Promise<Outcome>((resolve) => {
        const args = ["--detach", "--pidfile=m.pid", "--unixctl=m.ctl", "monitor-cond", "S", "[]", "T", "name"];
        const line = [process.execPath, built.file, ...args].map((word) => `'${word}'`).join(" ");
        const env = { ...process.env, OVS_RUNDIR: server.directory };
        const child = spawn("/bin/sh", ["-c", `${line} >${out} 2>&1 </dev/null`], { env, stdio: "ignore" });
        child.on("exit", (code, signal) => resolve({ status: signal ?? code ?? 1, stdout: "", stderr: "" }));
      });
      expect(started.status).toBe(0);
      const printed = (): string => readFileSync(out, "utf8");
      expect(printed()).toMatch(/initial b\n/);
      const pid = Number(readFileSync(file("m.pid"), "utf8"));
      expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("monitor-cond");
      expect((await appctl("m.ctl", "version")).stdout).toMatch(/^ovsdb-client \(Open vSwitch\) /);
      expect((await appctl("m.ctl", "ovsdb-client/block")).status).toBe(0);
      expect((await appctl("m.ctl", "ovsdb-client/block")).stdout).toBe("already blocking\n");
      await transact({ op: "insert", table: "T", row: { name: "later" } });
      expect(printed()).not.toContain("later");
      expect((await appctl("m.ctl", "ovsdb-client/unblock")).stdout).toBe("");
      await until(() => printed().includes("insert later\n"));
      expect((await appctl("m.ctl", "ovsdb-client/cond_change", "T", '[["name","==","later"]]')).stdout).toBe(
        "condition changed\n",
      );
      await until(() => (printed().match(/delete/g) ?? []).length === 2);
      expect((await appctl("m.ctl", "exit")).status).toBe(0);
      await until(() => !existsSync(`/proc/${pid}`));
      expect([existsSync(file("m.pid")), existsSync(file("m.ctl"))]).toEqual([false, false]);
    });

    it("holds locks in the background, and takes more of them by ovs-appctl", async () => {
      const out = file("lock.out");
      const env = { ...process.env, OVS_RUNDIR: server.directory };
      const line = `'${process.execPath}' '${built.file}' --detach --pidfile=l.pid --unixctl=l.ctl lock one`;
      const child = spawn("/bin/sh", ["-c", `${line} >${out} 2>&1 </dev/null`], { env, stdio: "ignore" });
      expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
      const second = await own(["--pidfile=l.pid", "lock", "one"]);
      expect(second).toEqual({
        status: 1,
        stdout: "",
        stderr: expect.stringMatching(/^ovsdb-client: \S+\/l\.pid: already running as pid \d+, aborting\n$/),
      });
      expect((await appctl("l.ctl", "lock", "two")).status).toBe(0);
      expect((await appctl("l.ctl", "unlock", "one")).status).toBe(0);
      expect((await appctl("l.ctl", "steal", "one")).status).toBe(0);
      expect((await appctl("l.ctl", "lock", "no id")).stderr).toContain("lock request params must be <id>");
      expect(readFileSync(out, "utf8")).toBe('{"locked":true}\n{"locked":true}\n{}\n{"locked":true}\n');
      const thief = spawn(process.execPath, [built.file, "steal", "one"], { env, stdio: "ignore" });
      await until(() => readFileSync(out, "utf8").endsWith('stolen\n["one"]\n'));
      thief.kill("SIGTERM");
      expect(await new Promise((resolve) => thief.on("exit", (_, signal) => resolve(signal)))).toBe("SIGTERM");
      const pid = Number(readFileSync(file("l.pid"), "utf8"));
      expect((await appctl("l.ctl", "exit")).status).toBe(0);
      await until(() => !existsSync(`/proc/${pid}`));
    });

    it("says what is wrong before it would go into the background", async () => {
      expect(await own(["--detach", "--pidfile=n.pid", "monitor", "S", "Nope"])).toEqual({
        status: 1,
        stdout: "",
        stderr: `ovsdb-client: unix:${server.socket}: S does not have a table named "Nope"\n`,
      });
      expect(existsSync(file("n.pid"))).toBe(false);
    });

    it("follows databases that come and go", async () => {
      const second = schema.replace('"name":"S"', '"name":"S2"');
      writeFileSync(file("s2.ovsschema"), second);
      await run("/usr/bin/ovsdb-tool", ["create", file("s2.db"), file("s2.ovsschema")], server.directory);
      const added = own(["wait", "S2", "added"]);
      await appctl("ctl", "ovsdb-server/add-db", file("s2.db"));
      expect((await added).status).toBe(0);
      const ambiguous = "could not find a default database, please specify a database name";
      expect((await own(["dump", "T"])).stderr).toBe(`ovsdb-client: ${ambiguous}\n`);
      expect((await own(["dump", "S2", "T", "name"])).stdout).toBe("T table\nname\n----\n");
      const child = spawn(process.execPath, [built.file, "monitor", "S2", "T", "name"], {
        env: { ...process.env, OVS_RUNDIR: server.directory },
      });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (part: Buffer) => {
          said += part.toString();
        });
      }
      const ended = new Promise((resolve) => child.on("close", resolve));
      await own(["transact", '["S2",{"op":"insert","table":"T","row":{"name":"x"}}]']);
      await until(() => /(initial|insert) *x/.test(said));
      const removed = own(["wait", "S2", "removed"]);
      await appctl("ctl", "ovsdb-server/remove-db", "S2");
      expect((await removed).status).toBe(0);
      expect(await ended).toBe(1);
      expect(said).toContain(`ovsdb-client: unix:${server.socket}: S2 database was removed\n`);
    });

    it("notices a schema that changes, unless it was not to be told, when the connection ends", async () => {
      writeFileSync(file("new.ovsschema"), schema.replace("1.0.0", "1.1.0"));
      writeFileSync(file("old.ovsschema"), schema);
      for (const [option, target, text] of [
        ["--db-change-aware", "new.ovsschema", "S database was removed"],
        ["--no-db-change-aware", "old.ovsschema", "receive failed (End of file)"],
      ] as const) {
        const child = spawn(process.execPath, [built.file, option, "monitor", "S", "T", "name"], {
          env: { ...process.env, OVS_RUNDIR: server.directory },
        });
        let said = "";
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (part: Buffer) => {
            said += part.toString();
          });
        }
        const ended = new Promise((resolve) => child.on("close", resolve));
        await until(() => said.includes("initial"));
        expect(await own(["convert", target])).toEqual({ status: 0, stdout: "", stderr: "" });
        expect(await ended).toBe(1);
        expect(said).toContain(`ovsdb-client: unix:${server.socket}: ${text}\n`);
      }
    });
  },
);
