import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeEngines } from "../support/engines.js";
import { python } from "../support/lab-peers.js";
import type { TestNamespace } from "../support/namespace.js";
import { program, root, tun } from "../support/needs.js";
import { sendTcp, startSink, trafficNeeds } from "../support/traffic-ends.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const script = join(import.meta.dirname, "../support/disturb.py");
const needs = [root, tun, python, program("/usr/bin/ping", "iputils-ping"), ...trafficNeeds];
/** Small frames that the ring in which all ports' frames wait has room for. Of one port's, far fewer may wait. */
const RING_FRAMES = (8 << 20) / 88;

describeEngines(needs, "what one port suffers, another does not feel", (choose) => {
  let host: WeftHost;
  let quiet: TestNamespace;
  let loud: TestNamespace;
  let sink: { stop(): void };
  const children: ChildProcess[] = [];

  async function run(namespace: TestNamespace, ...words: string[]): Promise<ChildProcess> {
    const enter = `--net=/proc/${process.pid}/fd/${namespace.fd}`;
    const child = spawn("nsenter", [enter, "/usr/bin/python3", script, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await once(child.stdout!, "data");
    return child;
  }

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    choose(host);
    host.vsctl("add-br", "br0");
    quiet = host.guest("whi1", "10.13.0.1/24");
    const other = host.guest("whi2", "10.13.0.2/24");
    loud = host.guest("whi3", "10.13.0.3/24");
    for (const port of ["whi1", "whi2"]) host.vsctl("add-port", "br0", port, "tag=1");
    // With a queue of their own, the kernel does not lose the quiet pair's frames in that which all virtual devices of a processor share.
    for (const port of ["whi1", "whi2"]) expect(host.run("/usr/sbin/ethtool", "-K", port, "gro", "on").status).toBe(0);
    for (const guest of [quiet, other]) expect(guest.run("ethtool", "-K", "eth0", "gro", "on").status).toBe(0);
    host.vsctl("add-port", "br0", "whi3", "tag=2");
    sink = await startSink(other);
    expect(quiet.run("ping", "-c", "1", "-W", "5", "10.13.0.2").status).toBe(0);
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => {
    sink?.stop();
    host?.close();
  });

  /** Some hundred echo requests of the quiet pair, and how long the middle one took, in milliseconds. */
  async function pings(during: () => void = () => {}): Promise<{ lost: number; median: number }> {
    const enter = `--net=/proc/${process.pid}/fd/${quiet.fd}`;
    const child = spawn("nsenter", [enter, "ping", "-n", "-i", "0.01", "-c", "200", "-W", "5", "10.13.0.2"]);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(child.stdout, "data");
    during();
    if (child.exitCode === null) await once(child, "close");
    const times = [...text.matchAll(/time=([\d.]+)/g)].map((match) => Number(match[1])).sort((a, b) => a - b);
    return { lost: 200 - times.length, median: times[times.length >> 1]! };
  }

  const lookups = (): number => Number(/hit:(\d+)/.exec(host.appctl("dpctl/show"))![1]);

  /** The quiet pair loses nothing, and does not wait as long as it would behind a ring full of others' frames. */
  async function expectUndisturbed(during?: () => void): Promise<void> {
    const [before, began] = [lookups(), performance.now()];
    const { lost, median } = await pings(during);
    const perMillisecond = (lookups() - before) / (performance.now() - began);
    expect(lost).toBe(0);
    expect(median).toBeLessThan(RING_FRAMES / perMillisecond / 4);
    expect(sendTcp(quiet, "10.13.0.2", 3_000_000)).toBe("same");
  }

  /** A port of the loud VLAN at which a station with this address is known. */
  function addLoudPort(port: string, mac: string): TestNamespace {
    const guest = host.guest(port, "10.13.1.9/24");
    guest.ip(`link set eth0 address ${mac}`);
    host.vsctl("--may-exist", "add-port", "br0", port, "tag=2");
    waitFor(() => host.vsctl("get", "interface", port, "ofport").trim() !== "-1", "the port");
    host.appctl("fdb/add", "br0", port, "2", mac);
    return guest;
  }
  const statistic = (port: string, name: string): number =>
    Number(host.vsctl("get", "interface", port, `statistics:${name}`));

  it("a flood of small frames to one station", async () => {
    addLoudPort("whi4", "02:00:00:00:13:04");
    const before = host.namespace.net.link("whi3")!.stats.rxPackets;
    await run(loud, "flood", "eth0", "02:00:00:00:13:03", "02:00:00:00:13:04");
    await expectUndisturbed();
    expect(host.namespace.net.link("whi3")!.stats.rxPackets - before).toBeGreaterThan(20_000);
  });

  it("a flood that goes to every port of its VLAN", async () => {
    for (const i of [5, 6, 7, 8]) addLoudPort(`whi${i}`, `02:00:00:00:13:0${i}`);
    await run(loud, "flood", "eth0", "02:00:00:00:13:03", "02:00:00:00:13:99");
    await expectUndisturbed();
    for (const i of [4, 5, 6, 7, 8]) host.vsctl("del-port", `whi${i}`);
  });

  it("ports that vanish under their traffic and come back", async () => {
    const mac = "02:00:00:00:13:0a";
    addLoudPort("whi9", mac);
    await run(loud, "flood", "eth0", "02:00:00:00:13:03", mac);
    let rounds = 0;
    await expectUndisturbed(() => {
      for (; rounds < 6; rounds++) {
        host.namespace.ip("link del whi9");
        waitFor(() => host.vsctl("get", "interface", "whi9", "ofport").trim() === "-1", "the port to be let go");
        addLoudPort("whi9", mac);
      }
    });
    expect(rounds).toBe(6);
    host.vsctl("del-port", "whi9");
  });

  it("a TAP that nobody reads", async () => {
    const mac = "02:00:00:00:13:0b";
    const holder = await run(host.namespace, "hold", "whit");
    host.namespace.ip("link set whit up");
    host.vsctl("add-port", "br0", "whit", "tag=2");
    host.appctl("fdb/add", "br0", "whit", "2", mac);
    await run(loud, "flood", "eth0", "02:00:00:00:13:03", mac);
    waitFor(() => host.namespace.net.link("whit")!.stats.txDropped > 1000, "the TAP's queue to be full");
    await expectUndisturbed();
    waitFor(() => statistic("whit", "tx_dropped") > 1000, "the drops to be in the database");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    waitFor(() => host.vsctl("get", "interface", "whit", "ofport").trim() === "-1", "the TAP's end to be seen");
    await expectUndisturbed();
  });
});
