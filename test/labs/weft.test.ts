import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeWith, type Need, root } from "../support/needs.js";

const weft = join(import.meta.dirname, "../../bin/weft");
/** Runs a command as a user without any privilege. */
const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];

function works(...argv: string[]): boolean {
  return spawnSync(argv[0]!, argv.slice(1), { stdio: "ignore" }).status === 0;
}

const userNamespaces: Need = {
  name: "a checkout that every user can read, and user namespaces for every user",
  met: root.met && works("setpriv", ...asNobody, "unshare", "--map-root-user", "--net", weft, "--version"),
};

interface DemoFigures {
  readonly pings: readonly { readonly reached: boolean }[];
  readonly bitsPerSecond: number;
  readonly isolated: boolean;
}

function expectSuccess(result: ReturnType<typeof spawnSync>): void {
  expect(result.stderr.toString()).toBe("");
  const figures = JSON.parse(result.stdout.toString()) as DemoFigures;
  expect(figures.pings).toHaveLength(6);
  expect(figures.pings.every((p) => p.reached)).toBe(true);
  expect(figures.bitsPerSecond).toBeGreaterThan(0);
  expect(figures.isolated).toBe(true);
  expect(result.status).toBe(0);
}

describeWith([root], "weft demo", () => {
  it("plugs, pings, transfers, separates, and leaves nothing behind", () => {
    const links = (): string => spawnSync("ip", ["-o", "link"], { encoding: "utf8" }).stdout.replace(/ \d+: /g, "");
    const folders = (): string[] => readdirSync(tmpdir()).filter((f) => f.startsWith("weft-demo-"));
    const before = [links(), folders()];
    expectSuccess(spawnSync(weft, ["demo", "--format", "json"], { timeout: 50_000 }));
    expect([links(), folders()]).toEqual(before);
  });

  it("prints a small table and no control characters in a pipe", () => {
    const { stdout, stderr } = spawnSync(weft, ["demo"], { encoding: "utf8", timeout: 50_000 });
    expect(stdout).toMatch(/^ping guest1 → guest2 +[\d.]+ ms\n/);
    expect(stdout).toMatch(/\nTCP guest1 → guest2 +[\d.]+ Gb\/s\n/);
    expect(stdout + stderr).not.toContain("\x1b");
  });
});

describeWith([root, userNamespaces], "weft demo without privilege", () => {
  it("works in a user namespace", () => {
    expectSuccess(spawnSync("setpriv", [...asNobody, weft, "demo", "-f", "json"], { timeout: 50_000 }));
  });
});

describe("weft up", () => {
  let directory: string;
  let child: ChildProcess;
  let output: string;

  /** Waits until the output matches, or the program ends. */
  const until = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (pattern.test(output)) resolve();
      };
      child.stdout?.on("data", look);
      child.once("exit", () => resolve());
      look();
    });
  const start = (): void => {
    output = "";
    child = spawn(weft, ["up", "--dir", directory], { stdio: ["ignore", "pipe", "pipe"] });
    for (const pipe of [child.stdout, child.stderr]) pipe?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  };
  const end = (): Promise<number | null> => new Promise((resolve) => child.once("exit", resolve));
  const run = (name: string, ...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(join(weft, "..", name), args, { encoding: "utf8", env: { ...process.env, OVS_RUNDIR: directory } });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "weft-up-"));
  });
  afterEach(() => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  it("makes the database, serves, says what to do next, and stops on Ctrl-C", async () => {
    start();
    await until(/ready after/);
    expect(output).toContain(`database ${directory}/conf.db (new)`);
    expect(output).toContain(`export OVS_RUNDIR=${directory}`);
    expect(output).toContain("bin/ovs-vsctl add-br br0");
    const shown = run("ovs-vsctl", "show").stdout.toString();
    expect(shown).toContain('ovs_version: "4.0.0"');
    const id = run("ovs-vsctl", "get", "Open_vSwitch", ".", "external_ids:system-id").stdout.toString();
    expect(id).toMatch(/^"?[0-9a-f-]{36}"?\n$/);
    const ended = end();
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(output).toMatch(/\nstopped\n$/);
    expect(readdirSync(directory).filter((f) => f.endsWith(".pid") || f.endsWith(".ctl"))).toEqual([]);

    // The second time the same database and identity are there.
    start();
    await until(/ready after/);
    expect(output).not.toContain("(new)");
    expect(run("ovs-vsctl", "get", "Open_vSwitch", ".", "external_ids:system-id").stdout.toString()).toBe(id);
    const again = end();
    child.kill("SIGTERM");
    expect(await again).toBe(0);
  });

  it("says why when it cannot start, and leaves the one that runs alone", async () => {
    start();
    await until(/ready after/);
    const second = spawnSync(weft, ["up", "--dir", directory], { encoding: "utf8", timeout: 20_000 });
    expect(second.status).toBe(1);
    expect(second.stdout).toContain("already running as pid");
    expect(run("ovs-vsctl", "show").status).toBe(0);
    const ended = end();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});
