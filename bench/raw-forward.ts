/*
 * Frames from one port to the other and back through FrameIo in a worker thread, with no switch in between: what input and output alone
 * cost; then the whole userspace engine; beside the installed Open vSwitch's userspace datapath, round by round in turn.
 *
 * The programs must be built. usage: raw-forward [ROUNDS [ring|socket [RING_MIB]]]
 */

import { join } from "node:path";
import { isMainThread, parentPort, receiveMessageOnPort, Worker, workerData } from "node:worker_threads";
import type { Datapath } from "#datapath/datapath.js";
import { internalDevices } from "#datapath/devices/internal-device.js";
import { systemDevices } from "#datapath/devices/system-device.js";
import { netdevDatapathClass } from "#datapath/userspace/netdev-class.js";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeThreads } from "#host/node/threads.js";
import type { FrameCounters } from "../src/host/frame-io.js";
import { LinuxFrameIo } from "../src/host/linux/frame-io.js";
import { createNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import type { FrameHandle, FrameInput } from "../src/host/net.js";
import { sendSmallFrames } from "./frame-sender.js";
import { cpuOf, type Guest, makeGuest, median, smallFrames, tcpThroughput } from "./guests.js";
import { startRealSwitch } from "./real-switch.js";

const SECONDS = 2;

interface Job {
  readonly ports: readonly FrameHandle[];
  readonly ringSize: number;
}

/** What the worker tells at its end. */
interface Done {
  readonly frames: number;
  readonly turns: number;
  readonly sleeps: number;
  readonly counters: readonly (FrameCounters | undefined)[];
}

function forward({ ports, ringSize }: Job): void {
  const io = new LinuxFrameIo({ ringSize });
  for (const [port, handle] of ports.entries()) io.attach(port, handle);
  const wake = parentPort!;
  wake.postMessage("ready");
  let frames = 0;
  let turns = 0;
  let sleeps = 0;
  for (;;) {
    const count = io.receive(256, (port, memory, at, length, offload) => {
      io.send(port ^ 1, memory, at, 0, memory, at, length, offload);
    });
    io.flush();
    frames += count;
    turns++;
    if (count > 0) continue;
    sleeps++;
    io.wait(100);
    if (receiveMessageOnPort(wake)) break;
  }
  const counters = ports.map((_, port) => io.counters(port));
  wake.postMessage({ frames, turns, sleeps, counters } satisfies Done);
  io.close();
}

/** One forwarder between two guests. */
interface Contestant {
  readonly title: string;
  readonly guests: readonly [Guest, Guest];
  readonly pid: number;
  readonly tcp: number[];
  readonly small: number[];
  stop(): Promise<void>;
}

/** A namespace for a switch with two guests at its ports. */
function makeLab(): { home: NetworkNamespace; guests: [Guest, Guest] } {
  const home = createNamespace();
  return { home, guests: [makeGuest("wlpa", 1, home), makeGuest("wlpb", 2, home)] };
}

async function weft(input: FrameInput | undefined, ringSize: number): Promise<Contestant> {
  const { home, guests } = makeLab();
  const net = new LinuxNetHost(home);
  const captures = guests.map((guest) => net.capture(guest.port, input ? { input } : {}));
  const worker = new Worker(process.argv[1]!, { workerData: { ports: captures.map((c) => c.frames), ringSize } });
  await new Promise((resolve) => worker.once("message", resolve));
  return {
    title: `Weft, bare frames by ${captures[0]!.frames.input}`,
    guests,
    pid: process.pid,
    tcp: [],
    small: [],
    async stop() {
      const done = new Promise<Done>((resolve) => worker.once("message", resolve));
      worker.postMessage("stop");
      const { frames, turns, sleeps, counters } = await done;
      const dropped = counters.map((c) => `in ${c?.rxDropped}, out ${c?.txDropped}`).join("; ");
      console.log(`  (${frames} frames in ${turns} turns, ${sleeps} sleeps; dropped: ${dropped})`);
      await worker.terminate();
      for (const capture of captures) capture.close();
      net.close();
      home.close();
    },
  };
}

/** The whole userspace engine in its thread, with one megaflow for each direction. */
function engine(): Contestant {
  const { home, guests } = makeLab();
  const net = new LinuxNetHost(home);
  const host = {
    clock: new NodeClock(),
    threads: new NodeThreads(join(import.meta.dirname, "../dist")),
    timeOrigin: performance.timeOrigin,
    log: (level: string, text: string): void => console.log(`  ${level}: ${text}`),
  };
  const netdev = netdevDatapathClass(host, [systemDevices(net), internalDevices(net, "tap")]);
  const datapath = netdev.open("ovs-netdev");
  const devices = guests.map((guest) => netdev.deviceClass("")!.open(guest.port, new Map()));
  const ports = devices.map((device) => datapath.addPort(device));
  for (const [i, port] of ports.entries()) {
    const key = newKey();
    const mask = newKey();
    key[W.inPort] = port;
    mask[W.inPort] = 0xffffffff;
    // As NORMAL would have it: the megaflow depends on both addresses and the type.
    for (const word of [W.eth, W.eth + 1, W.eth + 2, W.ethType]) mask[word] = 0xffffffff;
    learn(datapath, i, key, mask, ports[1 - i]!);
  }
  return {
    title: "Weft, userspace engine",
    guests,
    pid: process.pid,
    tcp: [],
    small: [],
    async stop() {
      const { hits, misses, lost } = datapath.stats();
      console.log(
        `  (${hits} hits, ${misses} misses, ${lost} lost; ${[...datapath.drops()].map((d) => d.join(" ")).join(", ")})`,
      );
      datapath.close();
      for (const device of devices) device.close();
      net.close();
      home.close();
    },
  };
}

/** Answers misses of one port with a megaflow to the other, as a learning switch's pipeline does. */
function learn(datapath: Datapath, index: number, key: FlowKey, mask: FlowMask, output: number): void {
  learners.set(key[W.inPort]!, { mask, output });
  if (index > 0) return;
  const known = new Set<string>();
  datapath.onUpcall((batch) => {
    for (const { packet, key: missed } of batch) {
      const learner = learners.get(missed[W.inPort]!);
      if (!learner) continue;
      const actions = [{ kind: "output", port: learner.output }] as const;
      const masked = newKey();
      for (let i = 0; i < masked.length; i++) masked[i] = missed[i]! & learner.mask[i]!;
      const name = masked.join();
      if (!known.has(name)) {
        known.add(name);
        const ufid = known.size.toString(16).padStart(32, "0");
        datapath.putFlow({ ufid, key: masked, mask: learner.mask, actions });
      }
      datapath.execute(packet, missed, actions);
    }
  });
}
const learners = new Map<number, { readonly mask: FlowMask; readonly output: number }>();

async function real(tso: boolean): Promise<Contestant> {
  const { home, guests } = makeLab();
  const peer = await startRealSwitch(home, ["wlpa", "wlpb"], { tso });
  return {
    title: `Open vSwitch netdev${tso ? ", userspace-tso-enable" : ""}`,
    guests,
    pid: peer.pid,
    tcp: [],
    small: [],
    async stop() {
      await peer.stop();
      home.close();
    },
  };
}

async function round(contestant: Contestant): Promise<void> {
  const [from, to] = contestant.guests;
  const before = cpuOf(contestant.pid);
  const frames = await smallFrames(from, to, SECONDS);
  const cpu = ((cpuOf(contestant.pid) - before) * 1e6) / frames.arrived;
  contestant.small.push(frames.perSecond);
  contestant.tcp.push(await tcpThroughput(from, to, SECONDS));
  const offered = (frames.sent / SECONDS / 1e3).toFixed(0);
  const arrived = (frames.perSecond / 1e3).toFixed(0);
  const tcp = (contestant.tcp.at(-1)! / 1e9).toFixed(2);
  console.log(
    `  ${contestant.title}: ${arrived} of ${offered} k/s (${cpu.toFixed(0)} ns of CPU each), TCP ${tcp} Gb/s`,
  );
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 3);
  const input = (process.argv[3] || undefined) as FrameInput | undefined;
  const bare = await weft(input, Number(process.argv[4] ?? 8) << 20);
  const contestants = [bare, engine(), await real(false), await real(true)];
  try {
    for (let i = 0; i < rounds; i++) for (const contestant of contestants) await round(contestant);
  } finally {
    for (const contestant of contestants) {
      await contestant.stop();
      for (const guest of contestant.guests) guest.remove();
    }
  }
  const engineOurs = contestants[1]!;
  console.log("medians");
  for (const { title, small, tcp } of contestants) {
    const ratio = (a: readonly number[], b: readonly number[]): string =>
      median(b) === 0 ? "-" : `${(median(a) / median(b)).toFixed(2)}x`;
    const against =
      title === engineOurs.title
        ? ""
        : ` (the engine has ${ratio(engineOurs.small, small)} and ${ratio(engineOurs.tcp, tcp)} of it)`;
    console.log(
      `  ${title}: ${(median(small) / 1e3).toFixed(0)} k/s of 60 bytes, TCP ${(median(tcp) / 1e9).toFixed(2)} Gb/s${against}`,
    );
  }
}

if (!isMainThread) forward(workerData as Job);
else if (process.argv[2] === "sender") {
  const [source, destination, seconds, flows] = process.argv.slice(3);
  console.log(sendSmallFrames(source!, destination!, Number(seconds), Number(flows)));
} else void main();
