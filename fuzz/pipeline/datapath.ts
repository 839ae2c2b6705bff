import { Dice, PORTS } from "../../test/scenario/pipeline-oracle/random-world.js";
import { SwitchLab } from "../../test/scenario/switch-lab.js";
import { hostileFrame } from "./hostile-frames.js";
import { addFlow, addMeter, taken } from "./hostile-world.js";
import { count, type Tally } from "./tally.js";

const PACKETS = 400;
const DAY = 86_400_000;
/** Milliseconds that pass between packets. */
const waits = [0, 1, 30, 999, 1000];
/** A datapath looks for what is over at least every 248 days, even a dummy's. */
const longWaits = [5000, 31_000, 400_000, 5 * DAY, 2 ** 31, 2 ** 33];

const tracks: readonly string[] = [
  "table=0,priority=9,ip,tcp,tp_dst=21,actions=ct(commit,alg=ftp,nat(src=10.9.0.1-10.9.0.2:2000-2003),table=1,zone=1)",
  "table=0,priority=9,ip,udp,tp_dst=69,actions=ct(commit,alg=tftp,table=1,zone=2)",
  "table=0,priority=8,ip,actions=ct(commit,nat(src=10.9.0.1:1-3),table=1,zone=3)",
  "table=0,priority=8,ipv6,actions=ct(commit,nat(src=fe80::1-fe80::2),table=1,zone=4)",
  "table=0,priority=7,ip,in_port=2,actions=ct(nat,table=1,zone=3)",
  "table=0,priority=10,ip,in_port=3,actions=ct(commit,force,zone=3,exec(load:1->NXM_NX_CT_MARK[],load:1->NXM_NX_CT_LABEL[127])),ct(nat,table=1)",
  "table=0,priority=1,actions=flood",
  "table=1,priority=9,ct_state=+inv+trk,actions=drop",
  "table=1,priority=8,ip,ct_state=+rel+trk,actions=ct(commit,nat,zone=3),2",
  "table=1,priority=1,actions=meter:7,flood",
];

const ftp = [
  "PORT 10,0,0,1,4,1\r\n",
  "PORT 10,0,0,1,255,255\r\n",
  "PORT 256,0,0,1,4,1\r\n",
  "PORT 10,0,0,1,4",
  "227 Entering Passive Mode (10,0,0,2,4,2)\r\n",
  "227 (((((((\r\n",
  "EPRT |1|10.0.0.1|99999|\r\n",
  "EPRT |2|fe80::1|1234|\r\n",
  "EPSV\r\n229 (|||65535|)\r\n",
  `PORT ${"1,".repeat(700)}`,
];

/** IPv4 packets of few addresses and ports, so that they meet: TCP with any flags and numbers, UDP, ICMP that quotes others, pieces of all. */
function traffic(dice: Dice, before: readonly Uint8Array[]): Uint8Array {
  if (dice.chance(25)) return hostileFrame(dice).bytes;
  const protocol = dice.one([6, 6, 6, 17, 1, 132, 0]);
  const numbers = dice.one([1, 80, 21, 20, 69, 1025, 65535]);
  const others = dice.one([1, 2, 21, 69, 1025, 2000]);
  const word = (): number => dice.one([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1000, dice.below(2 ** 31)]);
  const two = (n: number): number[] => [(n >>> 8) & 255, n & 255];
  const four = (n: number): number[] => [...two(n >>> 16), ...two(n)];
  const old = before.length > 0 ? dice.one(before) : new Uint8Array(40);
  const text = [...Buffer.from(dice.one(ftp))];
  const flags = dice.one([2, 0x12, 0x10, 0x18, 1, 0x11, 4, 0x14, 0, 0x3f, dice.below(256)]);
  const options = dice.chance(20) ? [3, 3, dice.below(256), 0] : [];
  const bodies: Record<number, number[]> = {
    6: [
      ...two(numbers),
      ...two(others),
      ...four(word()),
      ...four(word()),
      (5 + options.length / 4) << 4,
      flags,
      ...two(dice.one([0, 1, 1000, 65535])),
      ...[0, 0, 0, 0],
      ...options,
      ...(dice.chance(40) ? text : []),
    ],
    17: [...two(numbers), ...two(others), 0, dice.one([8, 20, 0, 255]), 0, 0, ...text],
    1: [
      dice.one([0, 3, 5, 8, 11, 12, 13, 255]),
      dice.below(4),
      0,
      0,
      ...four(word()),
      ...old.subarray(14, 14 + dice.below(60)),
    ],
    132: [...two(numbers), ...two(others), ...four(0), ...four(0)],
    0: [],
  };
  const body = bodies[protocol]!;
  const fragment = dice.chance(15) ? (dice.chance(50) ? 0x2000 : 0) | dice.one([0, 0, 1, 2, 3, 100, 8191]) : 0;
  const address = (): number[] => [10, 0, 0, 1 + dice.below(3)];
  const packet = [
    ...[2, 0, 0, 0, 0, 0xa1, 2, 0, 0, 0, 0, 0xa2, 8, 0],
    ...[0x45, 0, ...two(20 + body.length), 0, dice.below(3), ...two(fragment), 64, protocol, 0, 0],
    ...(dice.chance(20) ? [10, 9, 0, 1] : address()),
    ...(dice.chance(20) ? [10, 9, 0, 1] : address()),
    ...body,
  ];
  return Uint8Array.from(packet);
}

/** Hostile traffic through connection tracking, fragments and meters: nothing throws, figures agree, all ends with time. */
export async function runDatapath(seed: number, tally: Tally): Promise<void> {
  const dice = new Dice(seed);
  const lab = new SwitchLab();
  lab.addBridge("br0", { failMode: "secure" });
  for (const port of PORTS) lab.addPort("br0", `p${port}`, {}, "dummy", port);
  const bridge = lab.switches.bridges.get("br0")!;
  const rate = dice.one([1, 10, 4_294_967_295]);
  const burst = dice.one([0, 1, 4_294_967_295]);
  addMeter(
    bridge,
    `meter=7 pktps ${burst > 0 ? "burst" : ""} stats bands=type=drop rate=${rate} ${burst > 0 ? `burst_size=${burst}` : ""}`,
  );
  for (const text of tracks) if (!addFlow(bridge, text)) throw new Error(`refused: ${text}`);
  const { datapath } = lab.switches.backers.get("dummy")!;
  const { conntrack } = datapath;
  const before: Uint8Array[] = [];
  let most = conntrack.maxConnections;
  for (let i = 0; i < PACKETS; i++) {
    const bytes = traffic(dice, before);
    before.push(bytes);
    lab.receive(`p${dice.one(PORTS)}`, Buffer.from(bytes).toString("hex"));
    if (dice.chance(25)) {
      lab.clock.advance(dice.one(dice.chance(85) ? waits : longWaits));
      await conntrack.figures();
    }
    const pick = dice.below(200);
    if (pick === 0) conntrack.setMaxConnections((most = dice.one([0, 1, 5, 3_000_000])));
    else if (pick === 1) conntrack.setLimits(dice.one([0, 1, 7]), [{ zone: 3, limit: dice.below(4) }]);
    else if (pick === 2) conntrack.deleteLimits([3]);
    else if (pick === 3) await conntrack.flush({ zone: 1 + dice.below(4) });
    else if (pick === 4) taken(() => conntrack.setChecksSequences(dice.chance(50)));
    if (i % 50 === 49) await agree(conntrack, tally);
  }
  count(tally, "packets", PACKETS);
  await agree(conntrack, tally);
  // All that was tracked is forgotten when its time is over.
  for (let i = 0; i < 8; i++) {
    lab.clock.advance(5 * DAY);
    await conntrack.figures();
    lab.receive("p1", "ffffffffffff0200000000019000");
  }
  const left = await conntrack.dump();
  if (left.length > 0) throw new Error(`${left.length} connections of ${most} never end`);
  for (const { zone, count: counted } of (await conntrack.limits([1, 2, 3, 4])).zones) {
    if (counted > 0) throw new Error(`zone ${zone}: ${counted} are counted for ever`);
  }
  lab.switches.close(true);
  if (lab.clock.pending > 0) throw new Error(`${lab.clock.pending} timers are left`);
}

type Tracking =
  SwitchLab["switches"]["backers"] extends Map<string, infer B>
    ? B extends { datapath: { conntrack: infer C } }
      ? C
      : never
    : never;

/** What is counted is what is there. */
async function agree(conntrack: Tracking, tally: Tally): Promise<void> {
  const all = await conntrack.dump();
  const { connections, full } = await conntrack.figures();
  count(tally, "connections", all.length);
  count(tally, "full", full);
  const zones = [...new Set(all.map(({ zone }) => zone))];
  const limits = await conntrack.limits([0, 1, 2, 3, 4]);
  for (const zone of zones) {
    const there = (await conntrack.dump({ zone })).length;
    const told = limits.zones.find((one) => one.zone === zone)?.count;
    // Those that have ended within the second are still counted.
    if (told !== undefined && told < there) throw new Error(`zone ${zone}: ${told} are counted, ${there} are there`);
  }
  if (connections < all.length) throw new Error(`${connections} connections are counted, ${all.length} are there`);
}
