import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { hasEnded } from "../support/has-ended.js";
import { describeWith, root as needsRoot, openVswitch } from "../support/needs.js";
import { type ProgramOutcome, runProgram } from "../support/run-program.js";

const root = join(import.meta.dirname, "../..");
let dist: string;
let file: string;
let run: string;

beforeAll(async () => {
  mkdirSync(join(root, "dist"), { recursive: true });
  dist = mkdtempSync(join(root, "dist/.test-"));
  file = join(dist, "idle-daemon.cjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/support/idle-daemon.ts"],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["koffi"],
  });
});
afterAll(() => rmSync(dist, { recursive: true, force: true }));
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "weft-daemon-"));
});
afterEach(async () => {
  for (const name of readdirSync(run).filter((n) => n.endsWith(".pid"))) await end(pidIn(name), "SIGKILL");
  rmSync(run, { recursive: true, force: true });
});

const environment = (): Record<string, string> => ({ OVS_RUNDIR: run, OVS_LOGDIR: run, NODE_EXTRA_CA_CERTS: "" });
const start = (...args: string[]): Promise<ProgramOutcome> =>
  runProgram(process.execPath, [file, "--no-chdir", ...args], environment());
const pidIn = (name = "idle-daemon.pid"): number => Number(readFileSync(join(run, name), "utf8"));
const appctl = (...args: string[]): Promise<ProgramOutcome> =>
  runProgram(join(root, "bin/ovs-appctl"), ["-t", "idle-daemon", ...args], environment());

const alive = (pid: number): boolean => !hasEnded(pid);

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  if (!alive(pid)) return;
  process.kill(pid, signal);
  await eventually(() => !alive(pid), `${pid} ends`);
}

describe("daemon life", () => {
  it("--detach returns when the daemon serves, which lets go of the terminal", async () => {
    // execFile would wait for the pipes' end, were they still held.
    expect(await start("--detach", "--pidfile", "-vconsole:off")).toEqual({ status: 0, stdout: "", stderr: "" });
    const pid = pidIn();
    expect(alive(pid)).toBe(true);
    expect(statSync(join(run, "idle-daemon.pid")).mode & 0o777).toBe(0o644);
    expect(await appctl("version")).toMatchObject({ status: 0, stderr: "" });
    await end(pid, "SIGTERM");
    expect(readdirSync(run)).toEqual([]);
  });

  it("--detach fails with the daemon, whose message is seen", async () => {
    expect(await start("--detach", "--pidfile", "--fail")).toEqual({
      status: 1,
      stdout: "",
      stderr: "idle-daemon: told to fail\n",
    });
    expect(readdirSync(run)).toEqual([]);
    expect(await start("--detach", "--bogus")).toMatchObject({
      status: 1,
      stderr: "idle-daemon: unrecognized option '--bogus'\n",
    });
    expect(await start("--detach", "--unixctl=/nope/x")).toMatchObject({
      status: 1,
      stderr: "idle-daemon: /nope/x: could not initialize control socket (No such file or directory)\n",
    });
  });

  it("refuses to start twice", async () => {
    await start("--detach", "--pidfile", "-vconsole:off");
    expect(await start("--detach", "--pidfile")).toEqual({
      status: 1,
      stdout: "",
      stderr: `idle-daemon: ${run}/idle-daemon.pid: already running as pid ${pidIn()}, aborting\n`,
    });
  });

  it("exits by appctl, even before it is ready, and after the answer", async () => {
    await start("--detach", "--pidfile", "-vconsole:off", `--log-file=${run}/log`);
    const pid = pidIn();
    expect(await appctl("exit", "--cleanup")).toEqual({ status: 0, stdout: "", stderr: "" });
    await eventually(() => !alive(pid), "the daemon exits");
    expect(readdirSync(run)).toEqual(["log"]);
    expect(readFileSync(join(run, "log"), "utf8")).toMatch(/idle\|INFO\|stopping, cleanup true\n$/);
    const stuck = start("--pidfile", "--stuck", "-vconsole:off");
    await eventually(() => readdirSync(run).some((n) => n.endsWith(".ctl")), "the control socket");
    expect(await appctl("exit")).toMatchObject({ status: 0 });
    expect(await stuck).toMatchObject({ status: 0 });
  });

  it("--monitor restarts a crashed daemon and follows one that ends", async () => {
    await start("--detach", "--monitor", "--pidfile", "-vconsole:off", `--log-file=${run}/log`);
    const first = pidIn();
    const title = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
    const monitor = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${first}/status`, "utf8"))![1]);
    expect(title(monitor)).toContain(`idle-daemon: monitoring pid ${first} (healthy)`);
    expect(await appctl("test/crash")).toMatchObject({ status: 0 });
    await eventually(
      () => !alive(first) && pidIn() !== first && existsSync(`${run}/idle-daemon.${pidIn()}.ctl`),
      "a restart",
    );
    const second = pidIn();
    expect(await appctl("version")).toMatchObject({ status: 0 });
    await end(second, "SIGTERM");
    await eventually(() => !alive(monitor), "the monitor ends");
    const log = readFileSync(join(run, "log"), "utf8");
    expect(log).toMatch(/\|util\|EMER\|Error: bug/);
    expect(log).toContain(`|daemon_unix(monitor)|ERR|1 crashes: pid ${first} died, killed (Aborted), restarting\n`);
    expect(log).toContain(`|daemon_unix(monitor)|INFO|pid ${second} died, killed (Terminated), exiting\n`);
  });

  it("reopens its log at SIGHUP", async () => {
    await start("--detach", "--pidfile", "-vconsole:off", "--log-file");
    const log = join(run, "idle-daemon.log");
    renameSync(log, `${log}.1`);
    process.kill(pidIn(), "SIGHUP");
    await eventually(() => existsSync(log), "a new log");
    await eventually(() => readFileSync(log, "utf8").includes(`|vlog|INFO|opened log file ${log}\n`), "its first line");
    expect(statSync(log).mode & 0o777).toBe(0o640);
  });

  it("sends syslog by UDP", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const message = new Promise<string>((resolve) => socket.once("message", (bytes) => resolve(bytes.toString())));
    await start("--detach", "--pidfile", "-vconsole:off", `--syslog-method=udp:127.0.0.1:${socket.address().port}`);
    expect(await message).toBe("<29>ovs|00001|idle|INFO|serving");
    socket.close();
  });
});

describeWith([needsRoot], "daemon life as root", () => {
  it("changes the user and keeps what a datapath needs", async () => {
    const { chownSync } = await import("node:fs");
    chownSync(run, 65534, 65534);
    expect(await start("--detach", "--pidfile", "-vconsole:off", "--user=nobody:nogroup")).toMatchObject({
      status: 0,
      stderr: "",
    });
    const status = readFileSync(`/proc/${pidIn()}/status`, "utf8");
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534/m);
    const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)/m.exec(status)![1]}`);
    const netAdmin = 12n;
    expect((capabilities >> netAdmin) & 1n).toBe(1n);
    expect(capabilities & 1n).toBe(0n);
    expect(status).toMatch(/^Gid:\s+65534\s+65534\s+65534/m);
  });
});

describeWith([openVswitch], "daemon life beside the real programs", () => {
  const real = (...args: string[]): Promise<ProgramOutcome> => runProgram("/usr/bin/ovs-appctl", args, environment());

  it("the real ovs-appctl finds our daemon by its pidfile", async () => {
    await start("--detach", "--pidfile", "-vconsole:off");
    const { status, stdout } = await real("-t", "idle-daemon", "version");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^idle-daemon \(Open vSwitch\) \d+\.\d+\.\d+\n/);
    await end(pidIn(), "SIGKILL");
    expect(await real("-t", "idle-daemon", "version")).toMatchObject({
      status: 1,
      stderr: `ovs-appctl: cannot read pidfile "${run}/idle-daemon.pid" (No such process)\n`,
    });
  });

  it("keeps off a real daemon's pidfile, and the real one off ours", async () => {
    const db = join(run, "db");
    await runProgram("/usr/bin/ovsdb-tool", ["create", db, "/usr/share/openvswitch/vswitch.ovsschema"], environment());
    const server = (): Promise<ProgramOutcome> =>
      runProgram(
        "/usr/sbin/ovsdb-server",
        [`--pidfile=${run}/x.pid`, "--detach", "--no-chdir", "-vconsole:off", `--unixctl=${run}/x.ctl`, db],
        environment(),
      );
    await server();
    const pid = pidIn("x.pid");
    expect(await start(`--pidfile=${run}/x.pid`)).toMatchObject({
      status: 1,
      stderr: `idle-daemon: ${run}/x.pid: already running as pid ${pid}, aborting\n`,
    });
    await end(pid, "SIGTERM");
    await start("--detach", `--pidfile=${run}/x.pid`, "-vconsole:off");
    expect(await server()).toMatchObject({
      status: 1,
      stderr: `ovsdb-server: ${run}/x.pid: already running as pid ${pidIn("x.pid")}, aborting\n`,
    });
  });
});
