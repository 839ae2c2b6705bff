import { readdirSync, readlinkSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import { Counter } from "#datapath/userspace/counters.js";
import type { FlowKey } from "#flow/key.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { usableCores } from "#host/linux/affinity.js";
import { plain } from "../contract/datapath.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { ipv4, udp } from "../support/ip-frames.js";
import { describeWith, root, tun, twoCores } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";

const ufid = (n: number): string => n.toString(16).padStart(32, "0");

function fromPort(port: number): { key: FlowKey; mask: FlowKey } {
  const [key, mask] = [newKey(), newKey()];
  key[W.inPort] = port;
  mask[W.inPort] = 0xffffffff;
  return { key, mask };
}

/** A datagram of one of many flows, which it says with a number of its own. */
function datagram(flow: number, number: number): Uint8Array {
  const payload = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
  return udp(ipv4, 1, 2, [1000 + flow, 53], payload);
}

describeWith([root, tun, twoCores], "several forwarding threads on the kernel", () => {
  let worker: BuiltProgram;
  let bed: KernelBed;
  let a: number;
  let b: number;
  const cores = (): number[] =>
    usableCores()
      .slice(0, 2)
      .map(({ core }) => core);
  const maskOf = (...wanted: number[]): string =>
    wanted.reduce((sum, core) => sum | (1n << BigInt(core)), 0n).toString(16);
  const setMask = (...wanted: number[]): void =>
    bed.datapath.setOptions(
      new Map([
        ["pmd-rxq-assign", "roundrobin"],
        ...(wanted.length > 0 ? [["pmd-cpu-mask", maskOf(...wanted)] as const] : []),
      ]),
    );
  const received = (): number[] => bed.engine.threads().map(({ counters }) => counters[Counter.received]!);
  const put = (flow: number, number: number): void => bed.put(a, plain(datagram(flow, number)));

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());
  beforeEach(async () => {
    bed = kernelBed(worker);
    a = bed.addPort("a");
    b = bed.addPort("b");
    setMask(...cores());
    for (const port of [a, b]) bed.datapath.setPortOptions(port, new Map([["n_rxq", "2"]]));
    await bed.settle();
  });
  afterEach(() => bed.close());

  function forward(actions: readonly DatapathAction[] = []): void {
    bed.datapath.putFlow({ ufid: ufid(1), ...fromPort(a), actions: [...actions, { kind: "output", port: b }] });
  }
  const counted = (): number => bed.datapath.flow(ufid(1))!.stats.packets;

  it("spread flows, keep each in order, and count each packet once", async () => {
    forward();
    expect(bed.engine.threads().map(({ queues }) => queues.length)).toEqual([3, 2]);
    await bed.settle();
    for (let i = 0; i < 640; i++) put(i % 64, i);
    await bed.settle();
    const out = bed.take(b).map(({ data }) => [data[34]! * 256 + data[35]!, data[44]! * 256 + data[45]!]);
    expect(out.length).toBe(640);
    for (let flow = 0; flow < 64; flow++) {
      const numbers = out.filter(([port]) => port === 1000 + flow).map(([, number]) => number!);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
      expect(numbers.length).toBe(10);
    }
    expect(counted()).toBe(640);
    // Each of two threads has its share of 64 flows.
    for (const count of received()) expect(count).toBeGreaterThan(100);
    const before = received();
    for (let i = 0; i < 100; i++) put(7, i);
    await bed.settle();
    const grown = received().map((count, i) => count - before[i]!);
    expect(grown.toSorted((x, y) => x - y)).toEqual([0, 100]);
  });

  it("lose nothing while queues move, and threads come and go", async () => {
    forward();
    await bed.settle();
    const [first, second] = cores() as [number, number];
    const masks = [[first], [first, second], [second], [], [first, second], [second, first], []];
    let sent = 0;
    for (const mask of masks) {
      for (let i = 0; i < 200; i++) put(i % 50, sent++);
      setMask(...mask);
      for (let i = 0; i < 200; i++) {
        put(i % 50, sent++);
        if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (mask.length === 2) {
        bed.datapath.setPortOptions(
          a,
          new Map([
            ["n_rxq", "3"],
            ["pmd-rxq-affinity", `0:${mask[1]}`],
          ]),
        );
        for (let i = 0; i < 100; i++) put(i % 50, sent++);
        bed.datapath.setPortOptions(a, new Map([["n_rxq", "2"]]));
      }
    }
    await eventually(() => bed.engine.threads().length === 1, "the last thread to be alone");
    await bed.settle();
    expect([...bed.datapath.drops()]).toEqual([]);
    expect(bed.datapath.stats().hits).toBe(sent);
    expect(counted()).toBe(sent);
    expect(bed.take(b).length).toBe(sent);
  });

  it("lose nothing while they rest", async () => {
    forward();
    bed.datapath.setOptions(
      new Map([
        ["pmd-cpu-mask", maskOf(...cores())],
        ["pmd-maxsleep", "500"],
      ]),
    );
    await bed.settle();
    for (let i = 0; i < 300; i++) put(i % 50, i);
    await bed.settle();
    expect(bed.take(b).length).toBe(300);
  });

  it("leave nothing open when they end", async () => {
    const maps = (): number =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).includes("bpf-map");
        } catch {
          return false;
        }
      }).length;
    const before = maps();
    // One that has not come to life when it is to end, and one that has.
    for (const pause of [0, 400]) {
      setMask();
      setMask(...cores());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    await eventually(() => maps() === before, "the rings of threads that were to be closed");
    setMask();
    await eventually(() => maps() === before / 2, "one thread's ring to be all");
  });

  it("track connections in one of them, whichever a packet comes to", async () => {
    forward([{ kind: "ct", zone: 5, commit: true, force: false }]);
    await bed.settle();
    for (let i = 0; i < 400; i++) put(i % 40, i);
    await bed.settle();
    expect(bed.take(b).length).toBe(400);
    expect(counted()).toBe(400);
    expect((await bed.datapath.conntrack.figures()).connections).toBe(40);
    for (const count of received()) expect(count).toBeGreaterThan(50);
    setMask(cores()[1]!);
    await bed.settle();
    for (let i = 0; i < 400; i++) put(i % 40, i);
    await bed.settle();
    expect(bed.take(b).length).toBe(400);
    expect((await bed.datapath.conntrack.figures()).connections).toBe(40);
    expect(counted()).toBe(800);
  });

  it("are replaced, what comes meanwhile waiting for the next one", async () => {
    forward();
    await bed.settle();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Nothing that the engine would ever say; then something that makes the threads look.
    for (const thread of bed.threads) thread.post([{ op: "remove" }]);
    bed.datapath.setPortOptions(b, new Map([["emc-enable", "false"]]));
    await eventually(() => bed.threads.length === 4, "two other threads");
    for (let i = 0; i < 500; i++) put(i % 50, i);
    await bed.settle();
    expect(bed.take(b).length).toBe(500);
    expect(counted()).toBe(500);
    for (const count of received()) expect(count).toBeGreaterThan(50);
    expect(bed.log.filter((text) => text.includes("starting another")).length).toBe(2);
  });
});
