import { afterEach, beforeEach, expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import type { FrameSource } from "#host/net.js";
import { copyOffload, type Offload, plainOffload } from "#wire/virtio-net.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root, tun } from "../support/needs.js";

/** A UDP packet of flow `flow`, recognizable by its source address. */
function packet(flow: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0]);
  bytes.set([0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, flow >> 8, flow & 0xff, 10, 9, 0, 1], 14);
  bytes.set([flow >> 8, flow & 0xff, 0, 9, 0, 26, 0, 0], 34);
  return bytes;
}

const isMine = (data: Uint8Array): boolean => data[6] === 2 && data[11] === 2;

function collect(io: LinuxFrameIo, wanted: number): { readonly data: Uint8Array; readonly offload: Offload }[] {
  const seen: { data: Uint8Array; offload: Offload }[] = [];
  const end = performance.now() + 200;
  while (seen.length < wanted && performance.now() < end) {
    const got = io.receive(64, (_port, memory, at, length, offload) => {
      const data = memory.slice(at, at + length);
      const own = plainOffload();
      copyOffload(own, offload);
      if (isMine(data)) seen.push({ data, offload: own });
    });
    if (got === 0) io.wait(10);
  }
  return seen;
}

describeWith([root, tun], "TAP devices with several queues, and those of others", () => {
  let host: TestNamespace;
  let ios: LinuxFrameIo[];
  let sources: FrameSource[];
  const make = (): LinuxFrameIo => {
    const io = new LinuxFrameIo();
    ios.push(io);
    return io;
  };
  const hold = <S extends FrameSource>(source: S): S => {
    sources.push(source);
    return source;
  };

  beforeEach(() => {
    host = testNamespace();
    ios = [];
    sources = [];
  });
  afterEach(() => {
    for (const io of ios) io.close();
    for (const source of sources) source.close();
    host.close();
  });

  it("gives each flow's frames to one queue, and each queue to one thread", () => {
    const tap = hold(host.net.openTap("wcq0", { persist: false, queues: 2 }));
    expect(tap.frames.queues).toBe(2);
    host.net.setUp("wcq0", true);
    const outside = make();
    outside.attach(1, hold(host.net.capture("wcq0", { input: "socket" })).frames);
    const threads = [make(), make()];
    for (const [queue, io] of threads.entries()) io.attach(1, tap.frames, [{ queue }]);
    const send = (io: LinuxFrameIo, flow: number): void => {
      const data = packet(flow);
      io.send(1, data, 0, 0, data, 0, data.length, plainOffload());
      io.flush();
    };
    for (let flow = 0; flow < 64; flow++) for (let i = 0; i < 3; i++) send(outside, flow);
    const flows = threads.map((io) => collect(io, Number.POSITIVE_INFINITY).map(({ data }) => data[29]!));
    expect(flows.flat()).toHaveLength(192);
    for (const seen of flows) expect(seen.length).toBeGreaterThan(20);
    expect(flows[0]!.filter((flow) => flows[1]!.includes(flow))).toEqual([]);
    for (const [i, io] of threads.entries()) send(io, 100 + i);
    expect(collect(outside, 2).map(({ data }) => data[29])).toEqual([100, 101]);
  });

  it("takes up a persistent device as it was made", () => {
    host.ip("tuntap add wcs0 mode tap");
    expect(hold(host.net.openTap("wcs0", { persist: true, queues: 3 })).frames.queues).toBe(1);
    host.ip("tuntap add wcm0 mode tap multi_queue");
    expect(hold(host.net.openTap("wcm0", { persist: true, queues: 1 })).frames.queues).toBe(1);
    host.ip("tuntap add wcm1 mode tap multi_queue");
    expect(hold(host.net.openTap("wcm1", { persist: true, queues: 3 })).frames.queues).toBe(3);
  });

  it("removes a persistent device with all of its queues", () => {
    const tap = host.net.openTap("wcr0", { persist: true, queues: 4 });
    tap.close();
    expect(host.net.link("wcr0")).toBeDefined();
    host.net.openTap("wcr0", { persist: true, queues: 2 }).remove();
    expect(host.net.link("wcr0")).toBeUndefined();
  });

  it("refuses what is no TAP, and one that somebody has", () => {
    host.ip("tuntap add wcu0 mode tun");
    expect(() => host.net.openTap("wcu0", { persist: false, queues: 2 })).toThrow("Invalid argument");
    hold(host.net.openTap("wcb0", { persist: false }));
    expect(() => host.net.openTap("wcb0", { persist: false })).toThrow("Device or resource busy");
  });

  for (const input of ["ring", "socket"] as const)
    it(`captures a TAP that another process holds, as a virtual machine's, with offloads both ways, by ${input}`, () => {
      const machine = make();
      machine.attach(1, hold(host.net.openTap("wcv0", { persist: false, queues: 2 })).frames);
      host.net.setUp("wcv0", true);
      const port = make();
      port.attach(1, hold(host.net.capture("wcv0", { input })).frames);
      const segment = new Uint8Array(54 + 9000);
      segment.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0]);
      segment.set([0x45, 0, 0x23, 0x50, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
      segment.set([0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0], 34);
      const state = { flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, csumStart: 34, csumOffset: 16 };
      const { headerLength: _, ...told } = state;
      for (const [from, to] of [
        [machine, port],
        [port, machine],
      ] as const) {
        from.send(1, segment, 0, 0, segment, 0, segment.length, state);
        from.flush();
        const [seen] = collect(to, 1);
        expect(seen?.data).toEqual(segment);
        expect(seen?.offload).toMatchObject(told);
      }
    });
});
