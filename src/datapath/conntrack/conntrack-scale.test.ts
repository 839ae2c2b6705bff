import { expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plainOffload, VNET_DATA_VALID } from "#wire/virtio-net.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { Frame } from "../userspace/frames/frame.js";
import { HeadArena } from "../userspace/frames/head-arena.js";
import { ctStepOf } from "./ct-step.js";
import { TrackingCore } from "./tracking-core.js";

const COUNT = 200_000;

/** SYN from 10.0.0.1 to 11.0.0.1:80 whose source port and address number `n`. */
function scene(): { readonly core: TrackingCore<number>; put(n: number): number } {
  const core = new TrackingCore<number>(Math.random, () => undefined);
  core.connections.setTime(0);
  const bytes = new Uint8Array(54);
  bytes.set([
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 0, 11, 0, 0, 1,
  ]);
  bytes.set([0, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 255, 255], 34);
  const view = new DataView(bytes.buffer);
  const key = newKey();
  key[W.ethType] = 0x0800;
  key[W.nw] = 0x4006;
  key[W.nwDst] = 0x0b000001;
  const frame = new Frame(new HeadArena(new Uint8Array(1 << 16)));
  const offload = { ...plainOffload(), flags: VNET_DATA_VALID };
  const action = parseDatapathActions("ct(commit)")[0]!;
  if (action.kind !== "ct") throw new Error("no ct");
  const step = ctStepOf(action);
  return {
    core,
    put: (n) => {
      const [address, port] = [n >>> 15, 1024 + (n & 0x7fff)];
      view.setUint16(28, address);
      view.setUint16(34, port);
      let sum = 0;
      view.setUint16(24, 0);
      for (let i = 14; i < 34; i += 2) sum += view.getUint16(i);
      view.setUint16(24, ~((sum & 0xffff) + (sum >>> 16)));
      key[W.nwSrc] = 0x0a000000 | address;
      key[W.tp] = ((port << 16) | 80) >>> 0;
      frame.reset(bytes, 0, bytes.length, offload);
      core.connections.track(frame, key, step);
      return key[W.ctState]!;
    },
  };
}

it("holds many connections, finds each, and forgets them in small steps", () => {
  const { core, put } = scene();
  for (let n = 0; n < COUNT; n++) put(n);
  expect(core.connections.pool.count).toBe(COUNT);
  // Sent again, they are known: nothing is added.
  for (let n = 0; n < COUNT; n += 97) put(n);
  expect(core.connections.pool.count).toBe(COUNT);
  let [most, sweeps] = [0, 0];
  for (let more = true; more; sweeps++) {
    const before = core.connections.pool.count;
    more = core.sweep(60_000);
    most = Math.max(most, before - core.connections.pool.count);
  }
  expect(core.connections.pool.count).toBe(0);
  expect(most).toBeLessThanOrEqual(512);
  expect(sweeps).toBeGreaterThan(COUNT / 512);
});

it("takes the rows of forgotten connections again", () => {
  const { core, put } = scene();
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 5000; n++) put(n);
    core.connections.clear();
  }
  expect(core.connections.pool.count).toBe(0);
  expect(core.connections.pool.end).toBe(5000);
});
