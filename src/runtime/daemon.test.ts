import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { Daemon } from "./daemon.js";
import { launchDaemon } from "./daemon-launch.js";
import { daemonOptionRows, daemonSettings } from "./daemon-options.js";
import { parseOptions } from "./options.js";
import { Vlog } from "./vlog.js";

const program = "ovsdb-server";

function setup(line: string, role?: string) {
  const host = createFakeHost();
  host.process.role = role;
  const settings = daemonSettings(parseOptions(program, daemonOptionRows, line.split(" ")).options);
  const log = new Vlog(host, { program });
  log.set("PATTERN:console:%c%T|%p|%m");
  log.set("PATTERN:file:%c%T|%p|%m");
  return { host, settings, log, daemon: new Daemon(host, log, program, settings) };
}

const launch = ({ host, settings, log }: ReturnType<typeof setup>, logFile?: string) =>
  launchDaemon(host, program, settings, () => ({ log, logFile }));

const pidfile = "/var/run/openvswitch/ovsdb-server.pid";

describe("Daemon", () => {
  it("holds a pidfile as long as it lives", () => {
    const { host, daemon } = setup("--pidfile");
    daemon.begin();
    expect(host.files.readText(pidfile)).toBe("1234\n");
    expect(host.files.list("/var/run/openvswitch")).toEqual(["ovsdb-server.pid"]);
    expect(() => host.files.lock(pidfile)).toThrow();
    daemon.end();
    expect(host.files.exists(pidfile)).toBe(false);
  });

  it("refuses to run twice, unless told to", () => {
    const { host, daemon } = setup("--pidfile");
    host.files.lockElsewhere(pidfile, 77);
    expect(() => daemon.begin()).toThrow(`${pidfile}: already running as pid 77, aborting`);
    const other = new Daemon(host, new Vlog(host, { program }), program, {
      ...setup("--pidfile --overwrite-pidfile").settings,
    });
    expect(() => other.begin()).not.toThrow();
  });

  it("replaces a stale pidfile", () => {
    const { host, daemon } = setup("--pidfile=/tmp/a.pid");
    host.files.write("/tmp/a.pid", "999\n");
    daemon.begin();
    expect(host.files.readText("/tmp/a.pid")).toBe("1234\n");
  });

  it("says where a pidfile cannot be made", () => {
    expect(() => setup("--pidfile=/nope/x.pid").daemon.begin()).toThrow(
      "/nope/x.pid.tmp: create failed (No such file or directory)",
    );
  });

  it("changes the user", () => {
    const { host, daemon } = setup("--user=ovs:ovs");
    host.process.users.set("ovs", { uid: 5, gid: 6 });
    host.process.groups.set("ovs", 7);
    daemon.begin();
    expect(host.process.identities).toEqual([{ userName: "ovs", uid: 5, gid: 7 }]);
  });

  it.each([
    ["--user=nosuch", "(null): user nosuch not found, aborting."],
    ["--user=:nosuch --pidfile=/tmp/y.pid", "/tmp/y.pid: group nosuch not found, aborting."],
  ])("refuses %s as upstream does", (line, message) => {
    expect(() => setup(line).daemon.begin()).toThrow(message);
  });

  it("lets only root change the user", () => {
    const { host, daemon } = setup("--user=root");
    host.process.isRoot = false;
    expect(() => daemon.begin()).toThrow("(null): only root can use --user option");
  });

  it("stops cleanly at SIGTERM and reopens its log at SIGHUP", async () => {
    const { host, log, daemon } = setup("--pidfile");
    log.openFile("/tmp/x.log");
    const done: string[] = [];
    daemon.begin();
    daemon.handleSignals(async () => {
      await settle();
      done.push("stopped");
    });
    host.files.rename("/tmp/x.log", "/tmp/old.log");
    host.process.signal("SIGHUP");
    expect(host.files.exists("/tmp/x.log")).toBe(true);
    host.process.signal("SIGTERM");
    host.process.signal("SIGTERM");
    expect(host.files.exists(pidfile)).toBe(true);
    await settle();
    await settle();
    expect(done).toEqual(["stopped"]);
    expect(host.files.exists(pidfile)).toBe(false);
    expect(host.process.diedBy).toBe("SIGTERM");
    expect(host.process.err).toContain("fatal_signal|WARN|terminating with signal 15 (Terminated)\n");
  });

  it("lets the terminal go only when detached", () => {
    const alone = setup("--pidfile");
    alone.daemon.ready();
    expect(alone.host.process.stdioDetached).toBe(false);
    const detached = setup("--detach", "daemon");
    detached.daemon.ready();
    expect(detached.host.process).toMatchObject({ ready: true, stdioDetached: true, cwd: "/" });
    const there = setup("--detach --no-chdir", "daemon");
    there.daemon.ready();
    expect(there.host.process.cwd).toBe("/home/user");
  });
});

describe("launchDaemon", () => {
  const child = (host: FakeHost, n = 0) => host.process.children[n]!;

  it("serves in this process without --detach and --monitor, and in the one that was started to", async () => {
    expect(await launch(setup("--pidfile"))).toBeUndefined();
    expect(await launch(setup("--detach --monitor", "daemon"))).toBeUndefined();
  });

  it("returns when the background process serves", async () => {
    const s = setup("--detach");
    const status = launch(s);
    await settle();
    expect(child(s.host)).toMatchObject({ role: "daemon", detached: true });
    child(s.host).becomeReady();
    expect(await status).toBe(0);
  });

  it("fails with the background process", async () => {
    const s = setup("--detach");
    const status = launch(s);
    await settle();
    child(s.host).end({ status: 3 });
    expect(await status).toBe(3);
  });

  it("restarts after crashes, the second time not before ten seconds, and gives up after an orderly end", async () => {
    const s = setup("--detach --monitor", "monitor");
    const status = launch(s, "/tmp/d.log");
    await settle();
    expect(child(s.host)).toMatchObject({ role: "daemon", detached: false });
    expect(s.host.process.title).toBe("ovsdb-server: monitoring pid 1235 (healthy)");
    child(s.host, 0).becomeReady();
    await settle();
    expect(s.host.process).toMatchObject({ ready: true, stdioDetached: true });
    child(s.host, 0).end({ signal: "SIGSEGV" });
    await settle();
    child(s.host, 1).becomeReady();
    child(s.host, 1).end({ signal: "SIGABRT" });
    await settle();
    expect(s.host.process.children).toHaveLength(2);
    await s.host.clock.advanceAsync(10_000);
    expect(s.host.process.children).toHaveLength(3);
    expect(s.host.process.title).toBe("ovsdb-server: monitoring pid 1237 (2 crashes: pid 1236 died, killed (Aborted))");
    child(s.host, 2).end({ signal: "SIGTERM" });
    expect(await status).toBe(0);
    const lines = s.host.files.readText("/tmp/d.log").split("\n");
    expect(lines.filter((l) => l.startsWith("daemon_unix"))).toEqual([
      "daemon_unix(monitor)|ERR|1 crashes: pid 1235 died, killed (Segmentation fault), restarting",
      "daemon_unix(monitor)|WARN|2 crashes: pid 1236 died, killed (Aborted), waiting until 10 seconds since last restart",
      "daemon_unix(monitor)|ERR|2 crashes: pid 1236 died, killed (Aborted), restarting",
      "daemon_unix(monitor)|INFO|pid 1237 died, killed (Terminated), exiting",
    ]);
  });

  it("passes on the status of a daemon that never served", async () => {
    const s = setup("--monitor");
    const status = launch(s);
    await settle();
    child(s.host).end({ status: 1 });
    expect(await status).toBe(1);
    expect(s.host.process.err).toBe("");
  });
});
