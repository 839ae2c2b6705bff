import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { plainOffload } from "#wire/virtio-net.js";
import { compileActions } from "../compile.js";
import { COUNTERS } from "../counters.js";
import { Forwarder } from "../forwarder.js";
import { HeadArena } from "../frames/head-arena.js";
import { UpcallBatch } from "../upcalls/upcall-batch.js";
import { CONTROL_INTS } from "./thread-protocol.js";

const FRAMES = 64;

/**
 * Plays a few frames through a forwarder of its own, an unknown one and then a known one each time, so that the code is compiled before
 * the first packet that matters comes. Returns the upcalls, by which the main thread does the same.
 */
export function rehearse(): ReturnType<UpcallBatch["take"]> {
  const batch = new UpcallBatch(new Int32Array(CONTROL_INTS));
  const forwarder = new Forwarder(
    { send: () => {} },
    { upcall: (...args) => batch.add(...args) },
    { counters: new Float64Array(COUNTERS), arena: new HeadArena(new Uint8Array(1 << 14)), random: () => 0 },
  );
  forwarder.addPort(1);
  const frame = new Uint8Array(98);
  // An ICMP echo request, the first thing anybody sends.
  frame.set([
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 84, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 8,
  ]);
  const offload = plainOffload();
  for (let i = 0; i < FRAMES; i++) {
    forwarder.receive(1, frame, 0, frame.length, offload);
    const [key, mask] = [newKey(), newKey()];
    key[W.inPort] = 1;
    mask[W.inPort] = 0xffffffff;
    key[W.eth + 2] = 2;
    mask[W.eth + 2] = 0xffffffff;
    const program = compileActions(
      [
        { kind: "push_vlan", tpid: 0x8100, vid: 1, pcp: 0 },
        { kind: "output", port: 1 },
      ],
      key,
    );
    const flow = { id: i, program, stats: new Float64Array(4), statsAt: 0, isElsewhere: false, dead: false, index: -1 };
    forwarder.lookup.add(flow, key, shapeOf(mask));
    forwarder.receive(1, frame, 0, frame.length, offload);
    forwarder.receive(1, frame, 0, frame.length, offload);
    forwarder.lookup.remove(flow);
  }
  return batch.take();
}
