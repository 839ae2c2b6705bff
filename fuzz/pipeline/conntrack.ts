import { type CtStep, ctStepOf } from "#datapath/conntrack/ct-step.js";
import { TrackingCore } from "#datapath/conntrack/tracking-core.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Frame } from "#datapath/userspace/frames/frame.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { put16 } from "#util/big-endian.js";
import { finishSum, foldSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { Dice } from "../../test/scenario/pipeline-oracle/random-world.js";
import { hostileFrame } from "./hostile-frames.js";
import { count, type Tally } from "./tally.js";

const PACKETS = 3000;
const MOST_CONNECTIONS = 300;
const MOST_FRAGMENTS = 50;
const DAY = 86_400_000;

const steps: readonly CtStep[] = [
  "ct",
  "ct(commit)",
  "ct(nat)",
  "ct(commit,nat)",
  "ct(commit,nat(src=10.9.0.1))",
  "ct(commit,nat(src=10.9.0.1-10.9.0.3:1-3))",
  "ct(commit,nat(dst=10.0.0.3:80-82))",
  "ct(commit,nat(src=[fe80::1]-[fe80::4]:60000-60001,random))",
  "ct(commit,zone=1,helper=ftp,nat(src=10.9.0.1-10.9.0.2:2000-2003))",
  "ct(commit,zone=1,helper=ftp)",
  "ct(commit,zone=1,helper=tftp)",
  "ct(zone=1,nat)",
  "ct(force_commit,zone=1,mark=0x1/0x3,label=0x1)",
].map((text) => {
  const action = parseDatapathActions(text)[0]!;
  if (action.kind !== "ct") throw new Error(text);
  return ctStepOf(action);
});

const lines = [
  "PORT 10,0,0,1,4,1\r\n",
  "PORT 10,0,0,1,255,255\r\n",
  "PORT 999,0,0,1,4,1\r\n",
  "PORT 10,0,0,1,4",
  "227 Entering Passive Mode (10,0,0,2,4,2)\r\n",
  "227 =10,0,0,2,0,0\r\n",
  "EPRT |1|10.0.0.1|1025|\r\n",
  "EPRT |2|fc00::1|1234|\r\n",
  "229 Entering Extended Passive Mode (|||65535|)\r\n",
  `PORT ${"1,".repeat(700)}`,
];

/** A packet of few addresses, ports and numbers, so that they meet; sometimes one of those before changed a little. Its checksums are mostly right. */
function packet(dice: Dice, before: readonly Uint8Array[]): Uint8Array {
  const isIpv6 = dice.chance(25);
  const l4 = isIpv6 ? 54 : 34;
  const protocol = dice.one([6, 6, 6, 17, 17, isIpv6 ? 58 : 1, 132, 47]);
  const tail = dice.chance(30)
    ? [...Buffer.from(dice.one(lines), "latin1")]
    : new Array<number>(dice.below(30)).fill(7);
  const quoted = dice.chance(60) && before.length > 0 ? [...dice.one(before).subarray(14, 14 + dice.below(90))] : tail;
  const ports = [0, dice.one([1, 21, 80, 69, 1025, 2000, 2001]), 0, dice.one([1, 21, 80, 69, 1025, 2000])];
  put16Of(ports);
  const number = (): number[] => [0, 0, dice.below(4), dice.below(256)];
  const flags = dice.one([2, 2, 0x12, 0x10, 0x10, 0x18, 0x18, 1, 0x11, 4, 0x14, dice.below(256)]);
  const options = dice.chance(20) ? [3, dice.one([3, 3, 0, 1, 255]), dice.below(256), 0] : [];
  const size = ((dice.chance(5) ? dice.below(16) : 5 + options.length / 4) << 4) & 255;
  const body =
    protocol === 6
      ? [...ports, ...number(), ...number(), size, flags, 255, dice.below(256), 0, 0, 0, 0, ...options, ...tail]
      : protocol === 17
        ? [...ports, 0, 0, 0, 0, ...tail]
        : protocol === 1 || protocol === 58
          ? [dice.one([0, 3, 8, 8, 11, 12, 13, 1, 2, 128, 129, 255]), 0, 0, 0, 0, dice.below(3), 0, 0, ...quoted]
          : [...ports, ...tail];
  const address = (): number => dice.one([1, 2, 3]);
  const b = new Uint8Array(l4 + body.length);
  b.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...(isIpv6 ? [0x86, 0xdd, 0x60] : [8, 0, 0x45])]);
  b.set(body, l4);
  if (protocol === 17) put16(b, l4 + 4, body.length);
  if (isIpv6) {
    put16(b, 18, body.length);
    b.set([protocol, 64], 20);
    for (const at of [22, 38]) {
      b.set(dice.chance(20) ? [0xfe, 0x80] : [0xfc, 0], at);
      b[at + 15] = address();
    }
  } else {
    put16(b, 16, 20 + body.length);
    if (dice.chance(10)) put16(b, 20, dice.one([0x2000, 1, 0x2001, 8191, 100]));
    b.set([64, protocol], 22);
    for (const at of [26, 30]) b.set([10, dice.chance(25) ? 9 : 0, 0, address()], at);
    put16(b, 24, finishSum(sumBytes(b, 14, 34)));
  }
  const field = new Map([
    [6, 16],
    [17, 6],
    [1, 2],
    [58, 2],
  ]).get(protocol);
  if (field !== undefined && body.length >= 8 && field + 2 <= body.length && !dice.chance(3)) {
    const pseudo = protocol === 1 ? 0 : (isIpv6 ? pseudoSum6 : pseudoSum4)(b, 14, protocol, body.length);
    put16(b, l4 + field, 0);
    put16(b, l4 + field, finishSum(sumBytes(b, l4, b.length, pseudo)));
  }
  return dice.chance(5) ? b.subarray(0, dice.below(b.length + 1)) : b;
}

/** Turns [_, high port, _, low port] into bytes. */
function put16Of(ports: number[]): void {
  for (const at of [0, 2]) {
    const value = ports[at + 1]!;
    ports[at] = value >> 8;
    ports[at + 1] = value & 255;
  }
}

function demand(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

/** Feeds a tracker, and looks whether what it holds stays within bounds, is what it says, and goes with time. */
export function runConntrack(seed: number, tally: Tally): void {
  const dice = new Dice(seed);
  let lost = 0;
  const core = new TrackingCore<number>(
    () => dice.below(2 ** 31) / 2 ** 31,
    (fragments) => (lost += fragments),
  );
  const { connections, fragments } = core;
  connections.maxConnections = MOST_CONNECTIONS;
  connections.limits.set(1, 40);
  fragments.most = MOST_FRAGMENTS;
  fragments.v4.least = fragments.v6.least = 0;
  const arena = new HeadArena(new Uint8Array(1 << 18));
  const layers = newLayers();
  const sent: Uint8Array[] = [];
  let now = 1000;
  for (let i = 0; i < PACKETS; i++) {
    now += dice.one([0, 0, 0, 1, 10, 500, dice.chance(2) ? 40_000 : 0]);
    core.sweep(now);
    const { bytes, offload } = dice.chance(10)
      ? hostileFrame(dice)
      : { bytes: packet(dice, sent), offload: plainOffload() };
    if (sent.length < 200) sent.push(bytes);
    else sent[dice.below(200)] = bytes;
    const frame = new Frame(arena);
    frame.reset(bytes, 0, bytes.length, offload);
    // Part of the frame has been changed already, at times.
    if (dice.chance(20)) frame.writable(Math.min(frame.length, dice.one([14, 20, 34, 38, 60])));
    const key = newKey();
    extractKey(bytes, 0, bytes.length, key, key, layers);
    for (let pass = dice.one([1, 1, 2]); pass > 0; pass--) {
      const step = dice.one(steps);
      if (key[W.nw]! >>> 24 !== 0) {
        const fate = fragments.add(frame, key, step.zone, i, now);
        count(tally, typeof fate === "string" ? `fragment ${fate}` : "fragments whole");
        break;
      }
      const headerWasRight = isHeaderRight(frame);
      connections.track(frame, key, step);
      count(tally, `state ${key[W.ctState]! & 0x3f}`);
      demand(!headerWasRight || isHeaderRight(frame), "the checksum of the header became wrong");
    }
    arena.reset();
    demand(connections.pool.count <= MOST_CONNECTIONS, `${connections.pool.count} connections`);
    demand(connections.pool.end <= MOST_CONNECTIONS, `${connections.pool.end} rows`);
    demand(fragments.held <= MOST_FRAGMENTS, `${fragments.held} fragments`);
  }
  let alive = 0;
  for (let id = 0; id < connections.pool.end; id++) if (connections.isAlive(id)) alive++;
  demand(connections.count >= alive, `${alive} of ${connections.pool.count} are alive`);
  core.answer({ kind: "dump", filter: undefined, from: 0 }, now);
  while (core.sweep(now + 5 * DAY));
  demand(connections.pool.count === 0, `${connections.pool.count} connections outlive their time`);
  demand(
    connections.limits.count(0) === 0 && connections.limits.count(1) === 0,
    "zones count connections that there are not",
  );
  demand(fragments.held === 0, `${fragments.held} fragments wait for ever`);
  count(tally, "lost", lost);
}

function isHeaderRight(frame: Frame): boolean {
  if (frame.length < 34 || frame.u16(12) !== 0x0800) return false;
  const b = frame.bytes();
  const end = 14 + (b[14]! & 15) * 4;
  return end <= b.length && foldSum(sumBytes(b, 14, end)) === 0xffff;
}
