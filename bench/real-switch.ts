import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkNamespace } from "../src/host/linux/namespaces.js";

/** The installed Open vSwitch with one bridge of its userspace datapath, in a directory and a network namespace of its own. */
export interface RealSwitch {
  /** The ovs-vswitchd process. */
  readonly pid: number;
  /** Where its sockets are: `vs.ctl`, `br0.mgmt`. */
  readonly directory: string;
  /** What `ovs-vsctl` prints for these arguments; throws its complaint. */
  vsctl(...args: string[]): string;
  stop(): Promise<void>;
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null ? Promise.resolve() : new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Starts it with `ports` (devices of `home`) on the bridge `br0`. `tso` sets userspace-tso-enable, which its guests need for working offloads. */
export async function startRealSwitch(
  home: NetworkNamespace,
  ports: readonly string[],
  options: { readonly tso: boolean },
): Promise<RealSwitch> {
  const directory = mkdtempSync(join(tmpdir(), "weft-bench-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const socket = join(directory, "db.sock");
  const vsctl = (...args: string[]): string => {
    const result = spawnSync("/usr/bin/ovs-vsctl", [`--db=unix:${socket}`, "--timeout=20", ...args], {
      env,
      encoding: "utf8",
    });
    if (result.status !== 0) throw new Error(result.stderr);
    return result.stdout;
  };
  const database = join(directory, "conf.db");
  spawnSync("/usr/bin/ovsdb-tool", ["create", database, "/usr/share/openvswitch/vswitch.ovsschema"], { env });
  const quiet = ["-vconsole:off", "-vsyslog:off"];
  // They end with us, however we end.
  const bound = ["--pdeathsig", "KILL"];
  const server = spawn(
    "setpriv",
    [
      ...bound,
      "/usr/sbin/ovsdb-server",
      database,
      `--remote=punix:${socket}`,
      `--unixctl=${join(directory, "db.ctl")}`,
      ...quiet,
    ],
    { env, stdio: "ignore" },
  );
  vsctl("--retry", "--no-wait", "init");
  if (options.tso) vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:userspace-tso-enable=true");
  const enter = `--net=/proc/${process.pid}/fd/${home.fd}`;
  const daemon = spawn(
    "setpriv",
    [
      ...bound,
      "nsenter",
      enter,
      "/usr/sbin/ovs-vswitchd",
      `unix:${socket}`,
      `--unixctl=${join(directory, "vs.ctl")}`,
      ...quiet,
    ],
    { env, stdio: "ignore" },
  );
  vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  for (const port of ports) vsctl("add-port", "br0", port);
  return {
    pid: daemon.pid!,
    directory,
    vsctl,
    async stop() {
      daemon.kill();
      server.kill();
      await Promise.all([ended(daemon), ended(server)]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
