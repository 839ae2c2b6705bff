import { bench, do_not_optimize, run, summary } from "mitata";
import type { DatapathAction } from "#datapath/actions.js";
import { compileActions } from "#datapath/userspace/compile.js";
import { COUNTERS } from "#datapath/userspace/counters.js";
import { Forwarder } from "#datapath/userspace/forwarder.js";
import { HeadArena } from "#datapath/userspace/head-arena.js";
import { composeFrame } from "#flow/compose.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { plainOffload } from "#wire/virtio-net.js";

/** Nanoseconds of the forwarding core for one frame: key, lookup, actions, without I/O. */
const TURN = 64;

function scene(flows: number, masks: number, actions: readonly DatapathAction[]): () => void {
  let sent = 0;
  const arena = new HeadArena(new Uint8Array(1 << 18));
  const forwarder = new Forwarder(
    { send: (port) => void (sent += port) },
    { upcall: () => false },
    { counters: new Float64Array(COUNTERS), arena, random: () => 0 },
  );
  forwarder.addPort(1);
  forwarder.addPort(2);
  const frames = Array.from({ length: flows }, (_, i) => {
    const key = newKey();
    key[W.eth] = 0x02000000;
    key[W.eth + 1] = 0x000b0200;
    key[W.eth + 2] = 0xa;
    key[W.ethType] = 0x0800;
    key[W.nwSrc] = 0x0a000001 + i;
    key[W.nwDst] = 0x0a010001;
    key[W.nw] = 0x4011;
    key[W.tp] = ((1000 + i) << 16) | 80;
    return composeFrame(key, { length: 60 });
  });
  for (let i = 0; i < flows; i++) {
    const key = newKey();
    const mask = newKey();
    key[W.inPort] = 1;
    mask[W.inPort] = 0xffffffff;
    key[W.ethType] = 0x0800;
    mask[W.ethType] = 0xffff;
    key[W.nwSrc] = 0x0a000001 + i;
    mask[W.nwSrc] = 0xffffffff;
    // As many masks as asked for, that all match.
    key[W.tp] = 0;
    mask[W.tp] = 0;
    key[W.pktMark] = 0;
    mask[W.pktMark] = i % masks;
    const flow = {
      id: i,
      program: compileActions(actions, key),
      stats: new Float64Array(4),
      statsAt: 0,
      dead: false,
      index: -1,
    };
    forwarder.add(flow, key, shapeOf(mask));
  }
  const memory = new Uint8Array(flows * 2048);
  for (const [i, frame] of frames.entries()) memory.set(frame, i * 2048);
  const offload = plainOffload();
  let next = 0;
  return () => {
    for (let i = 0; i < TURN; i++) {
      forwarder.receive(1, memory, next * 2048, 60, offload);
      next = next + 1 === flows ? 0 : next + 1;
    }
    arena.reset();
    do_not_optimize(sent);
  };
}

const output: DatapathAction = { kind: "output", port: 2 };
const decTtl: DatapathAction = (() => {
  const value = newKey();
  const mask = newKey();
  value[W.nw] = 63 << 8;
  mask[W.nw] = 0xff00;
  return { kind: "set", value, mask };
})();

summary(() => {
  const named = (name: string, body: () => void): void => void bench(`${name} (${TURN} frames)`, body);
  named("1 flow, output", scene(1, 1, [output]));
  named("100 flows, output", scene(100, 1, [output]));
  named("1000 flows, 8 masks, output", scene(1000, 8, [output]));
  named("20000 flows, 8 masks, output", scene(20000, 8, [output]));
  named("1 flow, set ttl, output", scene(1, 1, [decTtl, output]));
  named("1 flow, push_vlan, output", scene(1, 1, [{ kind: "push_vlan", tpid: 0x8100, vid: 5, pcp: 0 }, output]));
});
await run();
