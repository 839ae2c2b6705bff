import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pins } from "#host/linux/pins.js";
import type { NetworkNamespace } from "../src/host/linux/namespaces.js";
import type { RealSwitch } from "./real-switch.js";

const bin = join(process.argv[1]!, "../../../bin");

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null ? Promise.resolve() : new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Weft's daemons with one bridge, in a directory and a network namespace of their own. `daemonEnvironment` is ovs-vswitchd's. */
export async function startOurSwitch(
  home: NetworkNamespace,
  ports: readonly string[],
  daemonEnvironment: NodeJS.ProcessEnv = {},
  datapathType: "netdev" | "system" = "netdev",
): Promise<RealSwitch> {
  const directory = mkdtempSync(join(tmpdir(), "weft-bench-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const run = (name: string, args: readonly string[]): string => {
    const result = spawnSync(join(bin, name), args, { env, encoding: "utf8" });
    if (result.status !== 0) throw new Error(result.stderr);
    return result.stdout;
  };
  const socket = join(directory, "db.sock");
  const vsctl = (...args: string[]): string => run("ovs-vsctl", [`--db=unix:${socket}`, "--timeout=20", ...args]);
  const database = join(directory, "conf.db");
  run("ovsdb-tool", ["create", database]);
  const quiet = ["-vconsole:off", "-vsyslog:off"];
  // They end with us, however we end.
  const bound = ["--pdeathsig", "KILL"];
  const server = spawn(
    "setpriv",
    [...bound, join(bin, "ovsdb-server"), database, `--remote=punix:${socket}`, ...quiet],
    {
      env,
      stdio: "ignore",
    },
  );
  vsctl("--retry", "--no-wait", "init");
  const enter = `--net=/proc/${process.pid}/fd/${home.fd}`;
  const log = `--log-file=${join(directory, "vs.log")}`;
  const daemon = spawn(
    "setpriv",
    [
      ...bound,
      "nsenter",
      enter,
      join(bin, "ovs-vswitchd"),
      `unix:${socket}`,
      `--unixctl=${join(directory, "vs.ctl")}`,
      log,
      ...quiet,
    ],
    {
      env: { ...env, ...daemonEnvironment },
      stdio: "ignore",
    },
  );
  vsctl("add-br", "br0", "--", "set", "bridge", "br0", `datapath_type=${datapathType}`);
  for (const port of ports) vsctl("add-port", "br0", port);
  return {
    pid: daemon.pid!,
    directory,
    vsctl,
    async stop() {
      daemon.kill();
      await ended(daemon);
      new Pins(directory).remove();
      server.kill();
      await ended(server);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
