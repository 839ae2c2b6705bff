import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, openVswitch } from "../support/needs.js";
import { runProgram } from "../support/run-program.js";
import { type ControlDaemon, startControlDaemon } from "../support/unixctl-daemon.js";

const root = join(import.meta.dirname, "../..");
const ours = join(root, "bin/ovs-appctl");
const real = "/usr/bin/ovs-appctl";

/** Times, our version line and the path by which getopt names the program differ by nature. */
function comparable(text: string): string {
  return text
    .replace(/^\/usr\/bin\//gm, "")
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/gm, "TIME")
    .replace(/^Weft .*\n/gm, "")
    .replace(/\d\.\d\.\d$/gm, "V");
}

async function both(argv: string[], env: Record<string, string>): Promise<void> {
  const [theirs, mine] = await Promise.all([runProgram(real, argv, env), runProgram(ours, argv, env)]);
  expect({ ...mine, stdout: comparable(mine.stdout), stderr: comparable(mine.stderr) }).toEqual({
    ...theirs,
    stdout: comparable(theirs.stdout),
    stderr: comparable(theirs.stderr),
  });
}

/** A real `ovsdb-server` in a directory of its own, with its control socket `ctl` there. */
interface RealServer {
  readonly directory: string;
  stop(): Promise<void>;
}

async function startRealServer(): Promise<RealServer> {
  const directory = mkdtempSync(join(tmpdir(), "weft-appctl-"));
  const env = { OVS_RUNDIR: directory, OVS_LOGDIR: directory };
  const ctl = join(directory, "ctl");
  const db = join(directory, "conf.db");
  await runProgram("/usr/bin/ovsdb-tool", ["create", db, "/usr/share/openvswitch/vswitch.ovsschema"], env);
  const started = await runProgram(
    "/usr/sbin/ovsdb-server",
    [`--remote=punix:${directory}/s`, `--unixctl=${ctl}`, "--detach", "--no-chdir", "-vconsole:off", db],
    env,
  );
  expect(started).toMatchObject({ status: 0 });
  return {
    directory,
    async stop() {
      await runProgram(real, ["-t", ctl, "exit"], env);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describeWith([openVswitch], "ovs-appctl against the real one", () => {
  let server: RealServer;
  let daemon: ControlDaemon;
  beforeAll(async () => {
    spawnSync(process.execPath, [join(root, "tools/build.mjs"), "--if-stale"], { stdio: "inherit" });
    server = await startRealServer();
    daemon = await startControlDaemon();
  });
  afterAll(async () => {
    daemon.stop();
    await server.stop();
  });

  /** Lines that both programs answer alike; @ is the real daemon's socket, % our own, $ the run directory. */
  const lines = [
    "-t @ version",
    "--target=@ version",
    "--targ @ version",
    "-t @ -e version",
    "-t @ list-commands",
    "-t @ vlog/list",
    "-t @ vlog/list-pattern",
    "-t @ vlog/set jsonrpc:dbg",
    "-t @ vlog/set nosuch",
    "-t @ vlog/set PATTERN:x:y",
    "-t @ version x",
    "-t @ coverage/read-counter",
    "-t @ nosuch",
    "-t @ nosuch -t x --help",
    "-t @ -t @ version",
    "-t $/nosuch.ctl version",
    "-t $/conf.db version",
    "-t nosuch version",
    "-t stale version",
    "-t % version",
    "-t % test/json",
    "-t % test/json a",
    "-t % test/json a b",
    "-t % test/json a b c",
    "-t % test/fail",
    "-t % nosuch",
    "-t % memory/show",
    "-t % vlog/list-pattern",
    "-t % vlog/set foo",
    "-t % vlog/reopen",
    "-t % coverage/show",
    "-t % coverage/read-counter x",
    "-T 1 -t % test/slow",
    "version",
    "",
    "--version",
    "-V x",
    "-v",
    "-vfoo",
    "-vconsole:off -t nosuch version",
    "-vdbg:info version",
    "--syslog-method=foo version",
    "--log-file=/nope/x -t @ version",
    "-T 0 version",
    "-T x version",
    "-T 4294967296 version",
    "--timeout=-1 version",
    "--bogus",
    "--bogus=3",
    "--ver",
    "-q",
    "-t",
    "--timeout",
    "--help=3",
  ];

  it.each(lines)("ovs-appctl %s", async (line) => {
    const argv = line
      .split(" ")
      .filter((word) => word !== "")
      .map((word) =>
        word.replace("@", join(server.directory, "ctl")).replace("%", daemon.socket).replace("$", server.directory),
      );
    await both(argv, { OVS_RUNDIR: daemon.directory });
  });

  it("ends by SIGALRM at its time-out", async () => {
    const { status } = await runProgram("/bin/sh", ["-c", `exec "$0" -T 1 -t "$1" test/slow`, ours, daemon.socket]);
    expect(status).toBe("SIGALRM");
  });

  it("finds a daemon by its locked pidfile", async () => {
    const env = { OVS_RUNDIR: server.directory, OVS_LOGDIR: server.directory };
    const db = join(server.directory, "other.db");
    await runProgram("/usr/bin/ovsdb-tool", ["create", db, "/usr/share/openvswitch/vswitch.ovsschema"], env);
    const args = [
      `--remote=punix:${server.directory}/o.sock`,
      "--pidfile",
      "--detach",
      "--no-chdir",
      "-vconsole:off",
      db,
    ];
    expect(await runProgram("/usr/sbin/ovsdb-server", args, env)).toMatchObject({ status: 0 });
    await both(["-t", "ovsdb-server", "version"], env);
    expect(await runProgram(ours, ["-t", "ovsdb-server", "exit"], env)).toMatchObject({ status: 0 });
  });

  it("gives JSON where it is asked for", async () => {
    const run = (...argv: string[]) => runProgram(ours, ["-t", daemon.socket, "--format", "json", ...argv]);
    expect(await run("test/json", "a")).toEqual({ status: 0, stdout: '{"first":["a"],"second":2}\n', stderr: "" });
    expect((await run("--pretty", "test/json", "a")).stdout).toBe('{\n  "first": [\n    "a"],\n  "second": 2}\n');
    expect(JSON.parse((await run("version")).stdout)).toMatchObject({ "reply-format": "plain" });
    expect(await run("test/fail")).toMatchObject({ status: 2, stdout: "" });
    const old = await runProgram(ours, ["-t", join(server.directory, "ctl"), "-f", "json", "version"]);
    expect(old).toMatchObject({ status: 2, stdout: "" });
    expect(old.stderr).toContain('"set-options" is not a valid command');
  });
});
