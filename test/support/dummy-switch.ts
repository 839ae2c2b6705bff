import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawClient } from "./ovsdb-raw-client.js";
import { pcapFrames } from "./pcap-frames.js";
import { startRealSwitchDatabase } from "./real-openvswitch.js";

/** The installed ovs-vswitchd with dummy devices: bridge br0 (dummy datapath) with ports p1 (1) and p2 (2), all to p2. */
export interface DummySwitch {
  /** The release, e.g. 3.1.0. */
  readonly release: string;
  /** The socket that ovs-ofctl manages the bridge by. */
  readonly management: string;
  /** Runs ovs-vsctl on its database. */
  vsctl(...args: string[]): void;
  /** Runs an appctl command; gives its text, that of a failure too. */
  call(command: string, ...args: string[]): Promise<string>;
  /** Keys of the datapath's flows: `dpctl/dump-flows` up to the counters. */
  flows(...options: string[]): Promise<string[]>;
  /** Frames that left by p2, as hex digits, from the first on. */
  sent(): string[];
  stop(): Promise<void>;
}

export async function startDummySwitch(): Promise<DummySwitch> {
  const server = await startRealSwitchDatabase();
  const directory = mkdtempSync(join(tmpdir(), "weft-dummy-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const ctl = join(directory, "ctl");
  const vsctl = (...args: string[]): void => {
    execFileSync("/usr/bin/ovs-vsctl", [`--db=unix:${server.socket}`, ...args], { env, timeout: 20_000 });
  };
  vsctl("--no-wait", "init");
  const child = spawn(
    "/usr/sbin/ovs-vswitchd",
    [
      `unix:${server.socket}`,
      "--enable-dummy",
      "--disable-system",
      `--unixctl=${ctl}`,
      "-vconsole:off",
      "-vsyslog:off",
      "-vfile:off",
    ],
    { env, cwd: directory, stdio: "ignore" },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = (name: string, number: number): string[] =>
    `-- add-port br0 ${name} -- set Interface ${name} type=dummy ofport_request=${number}`.split(" ");
  vsctl(
    ..."set Open_vSwitch . other_config:vlan-limit=2 -- add-br br0".split(" "),
    ..."-- set Bridge br0 datapath_type=dummy fail_mode=secure".split(" "),
    ...port("p1", 1),
    ...port("p2", 2),
    `options:tx_pcap=${join(directory, "p2.pcap")}`,
  );
  execFileSync("/usr/bin/ovs-ofctl", ["add-flow", `unix:${join(directory, "br0.mgmt")}`, "actions=2"], { env });
  const client = await RawClient.open(ctl);
  const call = async (command: string, ...args: string[]): Promise<string> => {
    const { result, error } = await client.call(command, args);
    return String(error ?? result);
  };
  const release = /\d+\.\d+\.\d+/.exec(execFileSync("/usr/sbin/ovs-vswitchd", ["--version"], { encoding: "utf8" }))![0];
  return {
    release,
    management: join(directory, "br0.mgmt"),
    vsctl,
    call,
    async flows(...options) {
      const text = await call("dpctl/dump-flows", ...options);
      return text
        .split("\n")
        .filter((line) => line.includes("recirc_id("))
        .map((line) => line.replace(/, packets:.*/, "").replace(/^ufid:\S+, /, ""));
    },
    sent: () => pcapFrames(readFileSync(join(directory, "p2.pcap"))),
    async stop() {
      client.close();
      child.kill("SIGKILL");
      await exited;
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
