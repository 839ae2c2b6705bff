/*
 * Connection tracking by itself, without I/O: nanoseconds a packet of a known connection takes, connections begun a second, what a million of them weigh, and the
 * longest that forgetting some of them keeps packets waiting.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Conntrack } from "#datapath/conntrack/conntrack.js";
import { type CtStep, ctStepOf } from "#datapath/conntrack/ct-step.js";
import { TrackingCore } from "#datapath/conntrack/tracking-core.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Frame } from "#datapath/userspace/frames/frame.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { put16, put32 } from "#util/big-endian.js";
import { finishSum, sumBytes } from "#wire/checksum.js";
import { plainOffload, VNET_DATA_VALID } from "#wire/virtio-net.js";

const MILLION = 1_000_000;
const ACK = 16;
const SYN = 2;
const SERVER = 0x0b000001;

/** A TCP packet that can be pointed at another connection without being made anew. Its checksum is said to be vouched for, as the kernel does. */
class Packet {
  readonly #memory = new Uint8Array(2048);
  readonly #arena = new HeadArena(new Uint8Array(1 << 16));
  readonly frame = new Frame(this.#arena);
  readonly key = newKey();
  readonly #offload = { ...plainOffload(), flags: VNET_DATA_VALID };

  constructor() {
    const b = this.#memory;
    b.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6]);
    b[46] = 0x50;
    put16(b, 48, 0xffff);
    this.key[W.ethType] = 0x0800;
    this.key[W.nw] = 0x4006;
  }

  /** Makes it a packet of connection `n`; side 0 began it. */
  set(n: number, side: 0 | 1, flags: number, sequence: number, acknowledgment: number): void {
    const client = 0x0a000000 | (n >>> 14);
    const from = side === 0 ? client : SERVER;
    const to = side === 0 ? SERVER : client;
    const port = 1024 + (n & 0x3fff);
    const ports = side === 0 ? (port << 16) | 80 : (80 << 16) | port;
    const b = this.#memory;
    put32(b, 26, from);
    put32(b, 30, to);
    put16(b, 24, 0);
    put16(b, 24, finishSum(sumBytes(b, 14, 34, 0)));
    put32(b, 34, ports);
    put32(b, 38, sequence);
    put32(b, 42, acknowledgment);
    b[47] = flags;
    this.key[W.nwSrc] = from;
    this.key[W.nwDst] = to;
    this.key[W.tp] = ports >>> 0;
    this.frame.reset(b, 0, 54, this.#offload);
  }

  rewind(): void {
    this.#arena.reset();
  }
}

function step(text: string): CtStep {
  const action = parseDatapathActions(text)[0]!;
  if (action.kind !== "ct") throw new Error(text);
  return ctStepOf(action);
}

const commit = step("ct(commit)");
const look = step("ct");

function fill(conntrack: Conntrack, packet: Packet, count: number, how: CtStep = commit, first = 0): void {
  for (let n = first; n < first + count; n++) {
    packet.set(n, 0, SYN, 1000, 0);
    conntrack.track(packet.frame, packet.key, how);
    if ((n & 63) === 63) packet.rewind();
  }
}

/** Nanoseconds of processor time since a time that `process.cpuUsage` told: others' share of the machine is not in it. */
function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) * 1000;
}

/** Nanoseconds that `set` alone takes, which are no tracking. */
function overhead(packet: Packet, spread: number, packets: number): number {
  const began = process.cpuUsage();
  for (let i = 0; i < packets; i++) packet.set((i * 7919) % spread, 0, ACK, 1001, 501);
  return spent(began) / packets;
}

function perPacket(conntrack: Conntrack, packet: Packet, spread: number, packets: number): number {
  const began = process.cpuUsage();
  for (let i = 0; i < packets; i++) {
    packet.set((i * 7919) % spread, 0, ACK, 1001, 501);
    conntrack.track(packet.frame, packet.key, look);
  }
  return spent(began) / packets - overhead(packet, spread, packets);
}

function establish(conntrack: Conntrack, packet: Packet, count: number): void {
  for (let n = 0; n < count; n++) {
    packet.set(n, 1, SYN | ACK, 500, 1001);
    conntrack.track(packet.frame, packet.key, look);
    packet.set(n, 0, ACK, 1001, 501);
    conntrack.track(packet.frame, packet.key, look);
  }
}

function newTracker(): Conntrack {
  const conntrack = new Conntrack(Math.random);
  conntrack.setTime(1000);
  return conntrack;
}

function told(title: string, figures: readonly number[], unit: string): void {
  const sorted = [...figures].sort((a, b) => a - b);
  const [low, middle, high] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const range = `(${low.toFixed(1)} to ${high.toFixed(1)})`;
  console.log(`  ${title.padEnd(52)} ${middle.toFixed(1).padStart(10)} ${unit}  ${range}`);
}

function usedMemory(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Measures and prints. */
export function benchConntrack(rounds: number): void {
  const packet = new Packet();
  for (const spread of [1, 1000, 100_000]) {
    const conntrack = newTracker();
    fill(conntrack, packet, spread);
    establish(conntrack, packet, spread);
    perPacket(conntrack, packet, spread, 300_000);
    const figures = Array.from({ length: rounds }, () => perPacket(conntrack, packet, spread, MILLION));
    told(`established TCP, ${spread} connection${spread === 1 ? "" : "s"}`, figures, "ns a packet");
  }
  for (const [title, text] of [
    ["begun and committed", "ct(commit)"],
    ["begun and translated (source, one address)", "ct(commit,nat(src=10.9.9.9))"],
    ["begun and translated (ports 1024-65535 at random)", "ct(commit,nat(src=10.9.0.1-10.9.0.20:1024-65535,random))"],
  ] as const) {
    const how = step(text);
    const figures = Array.from({ length: rounds }, () => {
      const conntrack = newTracker();
      // One source address has no two connections with the same port: others would have to look for one.
      const began = process.cpuUsage();
      fill(conntrack, packet, 0x3fff, how);
      return (0x3fff * 1e6) / spent(began);
    });
    told(title, figures.slice(1), "thousand a second");
  }
  const before = usedMemory();
  const core = new TrackingCore<number>(Math.random, () => undefined);
  core.connections.setTime(1000);
  const began = process.cpuUsage();
  fill(core.connections, packet, MILLION);
  const took = spent(began) / 1e9;
  const size = usedMemory() - before;
  console.log(
    `  a million connections: ${took.toFixed(2)} s, ${(size / MILLION).toFixed(0)} bytes each, ${core.connections.pool.count}`,
  );
  establish(core.connections, packet, MILLION);
  const among = Array.from({ length: rounds }, () => perPacket(core.connections, packet, MILLION, MILLION));
  told("established TCP, a million connections", among, "ns a packet");
  const pauses: number[] = [];
  for (let now = 1000 + 86_400_000; core.connections.pool.count > 0; now += 10) {
    const at = process.cpuUsage();
    core.sweep(now);
    pauses.push(spent(at) / 1e6);
  }
  pauses.sort((a, b) => a - b);
  console.log(
    `  forgetting them: ${pauses.length} sweeps, ${pauses[pauses.length >> 1]!.toFixed(3)} ms at the median, ${pauses.at(-1)!.toFixed(2)} ms at most`,
  );
}
