import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RawClient } from "../../support/ovsdb-raw-client.js";
import { startRealSwitchDatabase } from "../../support/real-openvswitch.js";
import type { Tracked, Tracker } from "./tracker.js";

/** Ethernet type of the frames that tell that those before them are through. */
const MARKER = 0x88b5;

/** The installed switch with dummy ports. The state of a packet is written into its Ethernet addresses when it leaves. */
export async function startRealTracker(): Promise<Tracker> {
  const server = await startRealSwitchDatabase();
  const directory = mkdtempSync(join(tmpdir(), "weft-conntrack-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const ctl = join(directory, "ctl");
  const vsctl = (...args: string[]): void => {
    execFileSync("/usr/bin/ovs-vsctl", [`--db=unix:${server.socket}`, ...args], { env, timeout: 20_000 });
  };
  vsctl("--no-wait", "init");
  const quiet = ["-vconsole:off", "-vsyslog:off", "-vfile:off"];
  const child = spawn(
    "/usr/sbin/ovs-vswitchd",
    [`unix:${server.socket}`, "--enable-dummy=override", "--disable-system", `--unixctl=${ctl}`, ...quiet],
    { env, cwd: directory, stdio: "ignore" },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const capture = (port: number): string => join(directory, `p${port}.pcap`);
  const port = (n: number): string[] => [
    ..."-- add-port br0".split(" "),
    `p${n}`,
    ..."-- set Interface".split(" "),
    `p${n}`,
    "type=dummy",
    `ofport_request=${n}`,
    `options:tx_pcap=${capture(n)}`,
  ];
  vsctl(..."add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure".split(" "), ...port(1), ...port(2));
  const bridge = `unix:${join(directory, "br0.mgmt")}`;
  const ofctl = (command: string, input: string): void => {
    execFileSync("/usr/bin/ovs-ofctl", [command, bridge, ...(input === "" ? [] : ["-"])], { env, input });
  };
  const client = await RawClient.open(ctl);
  const call = async (command: string, ...args: string[]): Promise<string> => {
    const { result, error } = await client.call(command, args);
    return String(error ?? result);
  };
  await call("time/stop");
  const read = [0, 24, 24];
  const frames = (n: 1 | 2): Buffer[] => {
    const file = readFileSync(capture(n));
    const found: Buffer[] = [];
    let at = read[n]!;
    for (; at + 16 <= file.length; ) {
      const length = file.readUInt32LE(at + 8);
      if (at + 16 + length > file.length) break;
      found.push(file.subarray(at + 16, at + 16 + length));
      at += 16 + length;
    }
    read[n] = at;
    return found;
  };
  let markers = 0;
  return {
    begin: async ({ fromClient, fromServer }) => {
      ofctl("del-flows", "");
      await call("dpctl/flush-conntrack");
      ofctl("add-flows", rulesOf(fromClient, fromServer));
      // Time stands still, so that nobody would look whether cached flows are still right.
      await call("dpctl/del-flows");
    },
    put: async (n, frame) => {
      await call("netdev-dummy/receive", `p${n}`, Buffer.from(frame).toString("hex"));
      const marker = Buffer.alloc(64);
      marker.writeUInt16BE(MARKER, 12);
      marker.writeUInt32BE(++markers, 16);
      await call("netdev-dummy/receive", `p${n}`, marker.toString("hex"));
      const came: Tracked[] = [];
      for (let tries = 0; tries < 2000; tries++) {
        for (const f of frames(n === 1 ? 2 : 1)) {
          if (f.readUInt16BE(12) === MARKER && f.readUInt32BE(16) === markers) return came;
          came.push({ state: f.readUInt16BE(10), mark: f.readUInt32BE(2), bytes: f.subarray(12).toString("hex") });
        }
        await delay(1);
      }
      throw new Error("the real switch does not forward");
    },
    call,
    warp: async (milliseconds) => {
      await call("time/warp", String(milliseconds), String(milliseconds));
    },
    stop: async () => {
      client.close();
      child.kill("SIGKILL");
      await exited;
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function rulesOf(fromClient: string, fromServer: string): string {
  const tell = "move:NXM_NX_CT_STATE[0..15]->NXM_OF_ETH_SRC[0..15],move:NXM_NX_CT_MARK[]->NXM_OF_ETH_DST[0..31]";
  const lines: string[] = [];
  for (const [port, action] of [
    [1, fromClient],
    [2, fromServer],
  ] as const) {
    const protocols = action.includes("tftp") ? ["udp"] : action.includes("ftp") ? ["tcp"] : families(fromClient);
    for (const protocol of protocols) {
      lines.push(`table=0,${protocol},in_port=${port},actions=${openFlowCt(action)}`);
    }
    lines.push(`table=0,dl_type=0x${MARKER.toString(16)},in_port=${port},actions=output:${3 - port}`);
    lines.push(`table=1,in_port=${port},actions=${tell},output:${3 - port}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Addresses of one version of IP are for its packets only. */
function families(action: string): string[] {
  if (/nat\([^)]*=\d/.test(action)) return ["ip"];
  return action.includes("nat(") && action.includes("::") ? ["ipv6"] : ["ip", "ipv6"];
}

/** The OpenFlow action that becomes a datapath's `ct(…)`. */
function openFlowCt(action: string): string {
  const inner = /^ct(?:\((.*)\))?$/.exec(action)?.[1] ?? "";
  const parts: string[] = [];
  const sets: string[] = [];
  for (const part of inner.split(/,(?![^(]*\))/).filter((p) => p !== "")) {
    const mark = /^(mark|label)=(.*)$/.exec(part);
    if (mark !== null) sets.push(`set_field:${mark[2]}->ct_${mark[1]}`);
    else if (part === "force_commit") parts.push("commit", "force");
    else parts.push(part.replace(/^helper=/, "alg="));
  }
  if (sets.length > 0) parts.push(`exec(${sets.join(",")})`);
  return `ct(${[...parts, "table=1"].join(",")})`;
}
