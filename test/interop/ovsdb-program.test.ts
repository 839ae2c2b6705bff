import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { describeWith, program } from "../support/needs.js";
import { createDatabase } from "../support/ovsdb-servers.js";

const run = promisify(execFile);
const tables = { T: { columns: { i: { type: "integer" } }, isRoot: true } };

describeWith([program("/usr/bin/ovsdb-client", "openvswitch-common")], "the program ovsdb-server", () => {
  let server: BuiltProgram;
  let client: BuiltProgram;
  let directory: string;
  let children: ChildProcess[] = [];
  const path = (name: string): string => join(directory, name);
  const env = (): NodeJS.ProcessEnv => ({ ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory });

  beforeAll(async () => {
    [server, client] = await Promise.all([buildProgram("ovsdb-server"), buildProgram("ovsdb-client")]);
  });
  afterAll(() => {
    server.remove();
    client.remove();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "weft-program-"));
    for (const name of ["A", "B"]) createDatabase(path(`${name}.db`), { name, version: "1.0.0", tables });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    children = [];
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(...args: readonly string[]): Promise<ChildProcess> {
    const all = [server.file, `--unixctl=${path("ctl")}`, "-vconsole:off", "-vsyslog:off", ...args];
    const child = spawn(process.execPath, all, { cwd: directory, env: env(), stdio: "ignore" });
    children.push(child);
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`ovsdb-server ended with ${child.exitCode}`);
      return existsSync(path("sock"));
    }, "the server's socket");
    return child;
  }
  const ended = async (child: ChildProcess): Promise<number | null> => {
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
    return child.exitCode;
  };
  const eventuallyAsync = async (condition: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!(await condition())) if (Date.now() > deadline) throw new Error("it never came");
  };
  const appctl = async (...words: string[]): Promise<string> => {
    const { stdout } = await run("/usr/bin/ovs-appctl", ["-t", path("ctl"), ...words], { env: env() });
    return stdout;
  };
  const transact = async (database: string, ...operations: object[]): Promise<string> => {
    const params = JSON.stringify([database, ...operations]);
    return (await run("/usr/bin/ovsdb-client", ["-t", "10", "transact", `unix:${path("sock")}`, params])).stdout;
  };
  const insert = (i: number): object => ({ op: "insert", table: "T", row: { i } });

  it("is as its configuration file says, and changes with it", async () => {
    const write = (config: object): void => writeFileSync(path("config.json"), JSON.stringify(config));
    const remotes = { [`punix:${path("sock")}`]: {} };
    write({ remotes, databases: { "A.db": {} } });
    await start("--config-file=config.json");
    expect(await transact("A", insert(1))).toContain("uuid");
    write({ remotes, databases: { "A.db": {}, "B.db": {} } });
    expect(await appctl("ovsdb-server/reload")).toBe("");
    expect(await transact("B", insert(2))).toContain("uuid");
    write({ remotes, databases: { "A.db": {}, "none.db": {} } });
    await expect(appctl("ovsdb-server/reload")).rejects.toThrow("none.db: open failed (No such file or directory)");
    await expect(appctl("ovsdb-server/add-db", "x")).rejects.toThrow("not allowed with --config-file");
    expect(await appctl("ovsdb-server/list-dbs")).toBe("A\nB\n_Server\n");
    expect(await appctl("ovsdb-server/list-remotes")).toBe(`punix:${path("sock")}\n`);
  });

  it("is after a crash as it was before it", async () => {
    const monitor = await start("--monitor", "--pidfile=pid", `--remote=punix:${path("sock")}`, "A.db");
    await appctl("ovsdb-server/add-db", path("B.db"));
    await appctl("ovsdb-server/remove-db", "A");
    await appctl("ovsdb-server/add-remote", `punix:${path("other")}`);
    await appctl("ovsdb-server/set-active-ovsdb-server", "tcp:127.0.0.1:1");
    const pid = Number(readFileSync(path("pid"), "utf8"));
    process.kill(pid, "SIGSEGV");
    const serves = async (): Promise<boolean> => {
      const now = existsSync(path("pid")) ? Number(readFileSync(path("pid"), "utf8")) : pid;
      if (now === pid) return false;
      return appctl("ovsdb-server/list-dbs").then(
        (dbs) => dbs === "B\n_Server\n",
        () => false,
      );
    };
    await eventuallyAsync(serves);
    expect(await appctl("ovsdb-server/list-remotes")).toBe(`punix:${path("other")}\npunix:${path("sock")}\n`);
    expect(await appctl("ovsdb-server/get-active-ovsdb-server")).toBe("tcp:127.0.0.1:1\n");
    expect(await appctl("ovsdb-server/sync-status")).toBe("state: active\n");
    expect(await transact("B", insert(1))).toContain("uuid");
    await appctl("exit");
    expect(await ended(monitor)).toBe(0);
    // A server that is started anew begins as its command line says.
    expect(readdirSync(directory).filter((name) => name.includes("state"))).toEqual([]);
  }, 30_000);

  it("lives through once more what was recorded", async () => {
    mkdirSync(path("rec"));
    copyFileSync(path("A.db"), path("before.db"));
    const options = [`--remote=punix:${path("sock")}`, "A.db"];
    const recorded = await start("--record=rec", ...options);
    expect(await transact("A", insert(1), insert(2))).toContain("uuid");
    await transact("A", { op: "delete", table: "T", where: [["i", "==", 1]] });
    expect(await appctl("ovsdb-server/list-dbs")).toBe("A\n_Server\n");
    await appctl("exit");
    expect(await ended(recorded)).toBe(0);

    const shown = async (): Promise<string> => {
      const { stdout } = await run("/usr/bin/ovsdb-tool", ["-m", "-m", "show-log", path("A.db")]);
      return stdout.replace(/^record \d+: \d.*$/gm, "record");
    };
    const before = await shown();
    expect(before).toContain("delete row");
    copyFileSync(path("before.db"), path("A.db"));
    const child = spawn(process.execPath, [server.file, "--replay=rec", `--unixctl=${path("ctl")}`, ...options], {
      cwd: directory,
      env: env(),
      stdio: "ignore",
    });
    children.push(child);
    expect(await ended(child)).toBe(0);
    expect(existsSync(path("sock"))).toBe(false);
    // The rows have the same UUIDs.
    expect(await shown()).toBe(before);
  });

  it("is shown once more by a client that was recorded", async () => {
    await start(`--remote=punix:${path("sock")}`, "A.db");
    await transact("A", insert(7));
    const dump = async (option: string): Promise<string> => {
      const args = [client.file, option, "dump", `unix:${path("sock")}`, "A", "T"];
      return (await run(process.execPath, args, { cwd: directory, env: env() })).stdout;
    };
    const seen = await dump(`--record=${directory}`);
    expect(seen).toContain(" 7");
    await transact("A", { op: "delete", table: "T", where: [] });
    await appctl("exit");
    expect(await dump(`--replay=${directory}`)).toBe(seen);
    expect(readFileSync(path("replay_ovsdb-client"), "utf8")).toContain('"kind":"connect"');
  });
});
