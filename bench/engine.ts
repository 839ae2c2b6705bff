// The forwarding core without I/O: nanoseconds of CPU for one frame (key, lookup, output), over flows and masks that are
// active at random. Run with: node tools/run.mjs bench/engine.ts
import { compileActions } from "#datapath/userspace/compile.js";
import { COUNTERS } from "#datapath/userspace/counters.js";
import { Forwarder } from "#datapath/userspace/forwarder.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { composeFrame } from "#flow/compose.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { plainOffload } from "#wire/virtio-net.js";

const FLOWS = [1, 10, 100, 1000, 10_000, 100_000];
const MASKS = [1, 8, 64];
const TURN = 64;
const PASS = 200_000;
const ROUNDS = 5;

/** A packet's source address, by its flow; its ports, that of the source being of no matter to any flow. */
const sourceOf = (flow: number): number => (0x0a000000 + flow) >>> 0;
const PORT = 80;

type Scene = { readonly pass: (packets: number) => void; readonly flows: number; readonly masks: number };

/** `connections`: how many each flow has, which differ in bits that no flow looks at. */
function scene(flows: number, masks: number, connections: number): Scene {
  let sent = 0;
  let unknown = 0;
  const arena = new HeadArena(new Uint8Array(1 << 18));
  const forwarder = new Forwarder(
    { send: (port) => void (sent += port) },
    { upcall: () => ++unknown > 0 },
    { counters: new Float64Array(COUNTERS), arena, random: () => 0 },
  );
  forwarder.addPort(1);
  forwarder.addPort(2);
  const key = newKey();
  key[W.eth] = 0x02000000;
  key[W.eth + 1] = 0x000b0200;
  key[W.eth + 2] = 0xa;
  key[W.ethType] = 0x0800;
  key[W.nwDst] = 0x0a010001;
  key[W.nw] = 0x4006;
  key[W.tp] = PORT;
  const frame = composeFrame(key, { length: 60 });
  key[W.inPort] = 1;
  for (let i = 0; i < flows; i++) {
    const mask = newKey();
    mask[W.inPort] = mask[W.recircId] = mask[W.packetType] = mask[W.nwSrc] = 0xffffffff;
    mask[W.ethType] = 0xffff;
    mask[W.vlan0] = 0xffff0000;
    mask[W.nw] = 0x030000ff;
    // Prefixes of one address, and of a port's number.
    mask[W.nwDst] = (0xffffffff << (7 - (i & 7 & (masks - 1)))) >>> 0;
    mask[W.tp] = (0xffff << (8 - (((i & (masks - 1)) >>> 3) & 7))) & 0xffff;
    key[W.nwSrc] = sourceOf(i);
    key[W.tp] = PORT;
    forwarder.lookup.add(
      {
        id: i,
        program: compileActions([{ kind: "output", port: 2 }], key),
        stats: new Float64Array(4),
        statsAt: 0,
        isElsewhere: false,
        dead: false,
        index: -1,
      },
      key,
      shapeOf(mask),
    );
  }
  // As a ring has them: the frames of a turn side by side.
  const memory = new Uint8Array(TURN * 2048);
  for (let i = 0; i < TURN; i++) memory.set(frame, i * 2048);
  const view = new DataView(memory.buffer);
  const offload = plainOffload();
  let random = 1;
  const pass = (packets: number): void => {
    for (let done = 0; done < packets; done += TURN) {
      for (let i = 0; i < TURN; i++) {
        random = (Math.imul(random, 1664525) + 1013904223) | 0;
        const flow = Math.floor(((random >>> 8) / 0x1000000) * flows);
        view.setUint32(i * 2048 + 26, sourceOf(flow));
        view.setUint16(i * 2048 + 34, (random & 0xff) % connections);
        forwarder.receive(1, memory, i * 2048, 60, offload);
      }
      arena.reset();
    }
    if (sent === 0 || unknown > 0) throw new Error("not everything was forwarded");
  };
  return { pass, flows, masks };
}

/** Nanoseconds of CPU time for one packet. */
function measure({ pass }: Scene): number {
  const before = process.cpuUsage();
  pass(PASS);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / PASS;
}

function table(title: string, connections: number): void {
  console.log(`${title.padEnd(25)}${MASKS.map((m) => `${m} masks`.padStart(10)).join("")}     ${MASKS.at(-1)}/1`);
  for (const flows of FLOWS) {
    const scenes = MASKS.filter((m) => m <= flows || m === 1).map((m) => scene(flows, m, connections));
    for (const s of scenes) s.pass(Math.max(PASS, flows * 4));
    const best = scenes.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, s] of scenes.entries()) best[i] = Math.min(best[i]!, measure(s));
    }
    const columns = best.map((ns) => ns.toFixed(0).padStart(10)).join("");
    const ratio = best.length === MASKS.length ? (best.at(-1)! / best[0]!).toFixed(2).padStart(9) : "";
    console.log(`${flows} flows`.padEnd(25) + columns + ratio);
  }
}

console.log("Nanoseconds of CPU per frame");
table("one connection each", 1);
table("256 connections each", 256);
