import { availableParallelism } from "node:os";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mov } from "#bpf/alu.js";
import { callHelper, exit } from "#bpf/control.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r0, r2, r3 } from "#bpf/registers.js";
import { attachTcx } from "#host/linux/bpf/link.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { inNamespace } from "#host/linux/namespaces.js";
import { XdpSocket } from "#host/linux/xdp-socket.js";
import type { FrameSource, XdpOptions, XdpSource } from "#host/net.js";
import { plainOffload } from "#wire/virtio-net.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";

const native: XdpOptions = { queues: 1, needWakeup: true, modes: ["native"] };

function frame(length: number, flow = 0): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i & 0xff);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0]);
  bytes.set([0x45, 0, 0, length - 14, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, flow, 10, 9, 0, 1], 14);
  bytes.set([1, flow, 0, 9, 0, length - 34, 0, 0], 34);
  return bytes;
}

function put(io: LinuxFrameIo, data: Uint8Array): void {
  io.send(1, data, 0, 0, data, 0, data.length, plainOffload());
  io.flush();
}

/** What `io` receives of `frame`s until there are `wanted`, or nothing has come for 200 ms. */
function collect(io: LinuxFrameIo, wanted: number): Uint8Array[] {
  const seen: Uint8Array[] = [];
  let end = performance.now() + 200;
  while (seen.length < wanted && performance.now() < end) {
    const got = io.receive(256, (_port, memory, at, length) => {
      const data = memory.slice(at, at + length);
      if (data[6] !== 2 || data[11] !== 2) return;
      seen.push(data);
      end = performance.now() + 200;
    });
    if (got === 0) io.wait(10);
  }
  return seen;
}

describeWith([root], "AF_XDP", () => {
  let host: TestNamespace;
  let guest: TestNamespace;
  let ios: LinuxFrameIo[];
  let sources: FrameSource[];
  let far: LinuxFrameIo;

  const make = (): LinuxFrameIo => {
    const io = new LinuxFrameIo();
    ios.push(io);
    return io;
  };
  const open = (options: XdpOptions = native): XdpSource => {
    const source = host.net.openXdp("wcx0", options);
    sources.push(source);
    return source;
  };

  beforeEach(() => {
    host = testNamespace();
    guest = testNamespace();
    ios = [];
    sources = [];
    host.ip("link add wcx0 numrxqueues 2 numtxqueues 2 type veth peer name wcy0 numrxqueues 2 numtxqueues 2");
    host.ip(`link set wcy0 netns /proc/${process.pid}/fd/${guest.fd}`);
    host.net.setUp("wcx0", true);
    guest.net.setUp("wcy0", true);
    const end = guest.net.capture("wcy0", { input: "socket" });
    sources.push(end);
    far = make();
    far.attach(1, end.frames);
  });
  afterEach(() => {
    for (const io of ios) io.close();
    for (const source of sources) source.close();
    guest.close();
    host.close();
  });

  it("takes the first mode that works and says what did not, and leaves nothing behind", () => {
    const source = open({ ...native, modes: ["native-with-zerocopy", "native", "generic"] });
    expect(source.mode).toBe("native");
    expect(source.refused).toEqual([
      { mode: "native-with-zerocopy", reason: "AF_XDP bind to queue 0: Operation not supported" },
    ]);
    expect(host.run("ip", "link", "show", "wcx0").stdout).toContain("prog/xdp");
    source.close();
    sources = sources.filter((other) => other !== source);
    expect(host.run("ip", "link", "show", "wcx0").stdout).not.toContain("prog/xdp");
    expect(host.run("ip", "link", "show", "wcx0").stdout).not.toContain("PROMISC");
  });

  it("gets a queue whose socket was closed a moment before, but not one that somebody has", () => {
    const { ifindex } = host.net.link("wcx0")!;
    const bind = (): XdpSocket => inNamespace(host, () => new XdpSocket(ifindex, 0, "generic", true));
    for (let i = 0; i < 20; i++) bind().close();
    const holder = bind();
    expect(bind).toThrow("AF_XDP bind to queue 0: Device or resource busy");
    holder.close();
  });

  it("throws what the kernel says where no mode works", () => {
    expect(() => open({ ...native, modes: ["native-with-zerocopy"] })).toThrow("Operation not supported");
    expect(() => open({ ...native, queues: 5 })).toThrow("AF_XDP bind to queue 2: Invalid argument");
    host.net.setMtu("wcx0", 9000);
    expect(() => open({ ...native, modes: ["generic"] })).toThrow("Message too long");
  });

  it("counts what its sockets have lost", () => {
    const source = open({ ...native, queues: 2 });
    // What the kernel says by itself (IPv6) may come before there is anywhere to put it.
    const none = { rxDropped: expect.any(Number), rxInvalidDescriptors: 0, txInvalidDescriptors: 0 };
    expect(source.statistics()).toEqual([none, none]);
    const io = make();
    io.attach(1, source.frames);
    const data = frame(200);
    // In small bursts: what the wire itself loses is no loss of the socket's.
    for (let round = 0; round < 500 && io.counters(1)!.rxDropped < 1000; round++) {
      for (let i = 0; i < 50; i++) far.send(1, data, 0, 0, data, 0, data.length, plainOffload());
      far.flush();
      far.wait(1);
    }
    const received = collect(io, Number.POSITIVE_INFINITY).length;
    expect(received).toBeGreaterThan(2000);
    expect(io.counters(1)!.rxDropped).toBeGreaterThanOrEqual(1000);
    const told = source.statistics().reduce((sum, { rxDropped }) => sum + rxDropped, 0);
    expect(told).toBe(io.counters(1)!.rxDropped);
    put(far, data);
    expect(collect(io, 1)).toEqual([data]);
    // Who takes the queues over counts what is lost from then on.
    io.setQueues(1, []);
    const next = make();
    next.attach(1, source.frames);
    expect([io, next].map((each) => each.counters(1)!.rxDropped)).toEqual([told, 0]);
  });

  it("gives each of its queues to another thread, and sends from any", () => {
    const source = open({ ...native, queues: 2 });
    const threads = [make(), make(), make()];
    threads[0]!.attach(1, source.frames, [{ queue: 0 }]);
    threads[1]!.attach(1, source.frames, [{ queue: 1 }]);
    threads[2]!.attach(1, source.frames, []);
    for (let flow = 0; flow < 64; flow++) put(far, frame(100, flow));
    const seen = threads.map((io) => collect(io, Number.POSITIVE_INFINITY).map((data) => data[29]!));
    expect(seen.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(seen[2]).toEqual([]);
    for (const io of threads) {
      const frames = io.queueCounts(1).reduce((sum, counts) => sum + counts.frames, 0);
      expect(frames).toBe(io.counters(1)!.rxPackets);
    }
    for (const [i, io] of threads.entries()) put(io, frame(100 + i));
    expect(collect(far, 3).map((data) => data.length)).toEqual([100, 101, 102]);
  });

  it("takes what comes by queues without a socket as well", () => {
    const io = make();
    const { frames } = open();
    expect(frames).toMatchObject({ hasMoreQueues: true });
    io.attach(1, frames);
    for (let flow = 0; flow < 64; flow++) put(far, frame(100, flow));
    const flows = collect(io, Number.POSITIVE_INFINITY).map((data) => data[29]!);
    expect(flows.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it("hands a queue from one thread to another without losing its memory", () => {
    const { frames } = open();
    for (let turn = 0; turn < 6; turn++) {
      const io = make();
      io.attach(1, frames);
      for (let i = 0; i < 1500; i++) {
        const data = frame(60 + (i % 100));
        far.send(1, data, 0, 0, data, 0, data.length, plainOffload());
        io.send(1, data, 0, 30, data, 30, data.length - 30, plainOffload());
        if (i % 100 === 99) {
          far.flush();
          io.flush();
        }
      }
      expect(collect(io, 1500)).toHaveLength(1500);
      expect(io.counters(1)).toMatchObject({ txPackets: 1500, txDropped: 0 });
      io.detach(1);
      expect(collect(far, 1500)).toHaveLength(1500);
    }
  });

  it("waits for the thread that has a queue, but not for ever: it may have died", () => {
    const { frames } = open({ ...native, queues: 2 });
    const [first, second, third] = [make(), make(), make()];
    first.attach(1, frames);
    second.attach(1, frames);
    put(far, frame(100));
    expect(collect(second, 1)).toEqual([]);
    put(second, frame(101));
    expect(collect(far, 1)).toEqual([frame(101)]);
    expect(collect(first, 1)).toEqual([frame(100)]);
    first.detach(1);
    put(far, frame(102));
    expect(collect(second, 1)).toEqual([frame(102)]);
    third.attach(1, frames);
    put(far, frame(103));
    const seen: Uint8Array[] = [];
    for (let i = 0; i < 20 && seen.length === 0; i++) seen.push(...collect(third, 1));
    expect(seen).toEqual([frame(103)]);
  });

  // On a queue of a socket, and on one that none reads.
  it.each(availableParallelism() > 1 ? [0, 1] : [0])(
    "puts VLAN tags back that the other side left to its device, from processor %i",
    (processor) => {
      const io = make();
      io.attach(1, open().frames);
      const skbVlanPush = 18;
      const push = loadProgram({
        type: programType.schedCls,
        attach: attachType.tcxEgress,
        name: "push_tag",
        items: [mov.imm(r2, 0x0081), mov.imm(r3, 0x6005), callHelper(skbVlanPush), mov.imm(r0, 0), exit()],
      });
      inNamespace(guest, () => attachTcx(push, guest.net.link("wcy0")!.ifindex, attachType.tcxEgress));
      guest.run("taskset", "-c", String(processor), "ping", "-6", "-c", "1", "-W", "1", "-I", "wcy0", "ff02::1");
      const types: string[] = [];
      for (let i = 0; i < 20 && !types.includes("8100600586"); i++) {
        io.wait(10);
        io.receive(64, (_port, memory, at) => types.push(Buffer.from(memory.slice(at + 12, at + 17)).toString("hex")));
      }
      expect(types).toContain("8100600586");
    },
  );

  it("sleeps when its device has vanished", () => {
    const io = make();
    io.attach(1, open().frames);
    host.net.deleteLink("wcx0");
    put(io, frame(60));
    let turns = 0;
    for (const end = performance.now() + 200; performance.now() < end; turns++) {
      io.receive(64, () => undefined);
      io.wait(20);
    }
    expect(turns).toBeLessThan(30);
    expect(io.counters(1)).toMatchObject({ txPackets: 0, txDropped: 1 });
  });
});
