import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { Dice, PORTS } from "../../test/scenario/pipeline-oracle/random-world.js";
import type { Sent } from "../../test/scenario/switch-lab.js";
import { type HostileFrame, hostileFrame } from "./hostile-frames.js";
import { addFlow, anyFlow, type HostileWorld, hostileWorld } from "./hostile-world.js";
import { count, type Tally } from "./tally.js";

const PACKETS = 120;

/** Sends hostile packets through a hostile world: nothing may throw, nothing be lost or counted twice, no megaflow may take what it should not. */
export function runPackets(seed: number, tally: Tally): void {
  const dice = new Dice(seed);
  const world = hostileWorld(dice, seed % 2 === 0);
  if (world.isSteady) steady(dice, world, tally);
  else changing(dice, world, tally);
  world.lab.switches.close(true);
  if (world.lab.clock.pending !== 0) throw new Error(`${world.lab.clock.pending} timers are left`);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (sent: readonly Sent[]): string =>
  sent
    .map(({ port, frame }) => `${port} ${frame}`)
    .sort()
    .join("\n");

function send({ lab }: HostileWorld, port: string, { bytes, offload }: HostileFrame): string {
  lab.sent.length = 0;
  lab.device(port).receive(bytes.slice(), { ...offload });
  return text(lab.sent);
}

/** Packets of which each is sent again when nothing is cached: it must have the fate it had. */
function steady(dice: Dice, world: HostileWorld, tally: Tally): void {
  const { datapath, revalidator } = world.lab.switches.backers.get("dummy")!;
  const frames = Array.from({ length: PACKETS }, () => ({ port: `p${dice.one(PORTS)}`, frame: steadyFrame(dice) }));
  const before = datapath.stats().misses;
  const first = frames.map(({ port, frame }) => send(world, port, frame));
  count(tally, "hits", PACKETS - (datapath.stats().misses - before));
  count(tally, "flows", datapath.stats().flows);
  frames.forEach(({ port, frame }, i) => {
    revalidator.purge();
    const again = send(world, port, frame);
    count(tally, "packets", 2);
    if (again !== "") count(tally, "sent");
    if (again === first[i]) return;
    throw new Error(
      `packet ${i} into ${port}: ${hex(frame.bytes)} ${JSON.stringify(frame.offload)}\nwith flows:\n${first[i]}\nwithout:\n${again}`,
    );
  });
  checkDoors(world, [...frames, ...frames]);
}

/** Bytes of an Ethernet and an IPv4 header. */
const WHOLE = 34;

/**
 * A frame of which a flow is exact. Of a network header of protocol 0 (ARP of operation 0), or one that lies about lengths, actions change nothing, as upstream has it, whose megaflows do not
 * tell it from others.
 */
function steadyFrame(dice: Dice): HostileFrame {
  const key = newKey();
  for (;;) {
    const frame = hostileFrame(dice);
    key.fill(0);
    extractKey(frame.bytes, 0, frame.bytes.length, key, key, newLayers());
    const hasNetwork = [0x0800, 0x86dd, 0x0806].includes(key[W.ethType]!) && frame.bytes.length >= WHOLE;
    if (!hasNetwork || (key[W.nw]! & 0xff) !== 0) return frame;
  }
}

/** Packets between which time passes, flows come and go, and ports do. */
function changing(dice: Dice, world: HostileWorld, tally: Tally): void {
  const { lab, bridge } = world;
  const backer = lab.switches.backers.get("dummy")!;
  const sent: { port: string; frame: HostileFrame }[] = [];
  const before = backer.datapath.stats().misses;
  for (let i = 0; i < PACKETS; i++) {
    const port = `p${dice.one(PORTS)}`;
    const frame = hostileFrame(dice);
    sent.push({ port, frame });
    if (send(world, port, frame) !== "") count(tally, "sent");
    const pick = dice.below(100);
    if (pick < 20) lab.clock.advance(dice.one([1, 100, 600, 5000, 40_000, 4_000_000]));
    else if (pick < 30) backer.revalidator.round();
    else if (pick < 33) backer.revalidator.purge();
    else if (pick < 45) addFlow(bridge, anyFlow(dice, 1));
    else if (pick < 47) backer.limits = { ...backer.limits, flowLimit: dice.one([0, 1, 5, 200_000]) };
    else if (pick < 48) backer.flowLimit.set(dice.one([0, 1, 3, 10_000]));
    else if (pick < 49) lab.state("br0").macs.flush();
    else if (pick < 50) lab.configurePort("br0", "p4", { tag: dice.below(4096), vlanMode: "access" });
    else if (pick < 51) {
      lab.removePort("br0", "q9");
      lab.addPort("br0", "q9");
    } else if (pick < 52) void backer.datapath.conntrack.flush();
    else if (pick < 53) backer.datapath.conntrack.setMaxConnections(dice.one([0, 1, 2, 3_000_000]));
    else if (pick < 54) backer.datapath.conntrack.setLimits(dice.one([0, 1, 2]), [{ zone: 1, limit: dice.below(3) }]);
    else if (pick < 55) backer.megaflows = !backer.megaflows;
  }
  count(tally, "packets", PACKETS);
  count(tally, "hits", Math.max(0, PACKETS - (backer.datapath.stats().misses - before)));
  count(tally, "flows", backer.flows.size);
  checkDoors(world, sent);
}

/** Each frame that is one was counted once where it came in, however it was forwarded. */
function checkDoors(
  { lab, bridge, doors }: HostileWorld,
  sent: readonly { port: string; frame: HostileFrame }[],
): void {
  lab.switches.backers.get("dummy")!.revalidator.purge();
  const { tables } = bridge.state;
  for (const rule of tables.table(0).rules(tables.version)) {
    const port = [...doors].find(([, cookie]) => BigInt(cookie) === rule.cookie)?.[0];
    if (port === undefined) continue;
    const came = sent.filter((one) => one.port === port && one.frame.bytes.length >= 14).length;
    if (Number(rule.packets) !== came)
      throw new Error(`${came} packets came into ${port}, ${rule.packets} were counted`);
  }
}
