import { afterAll, beforeAll, expect, it } from "vitest";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plain } from "../contract/datapath.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { ipv4, tcp, udp } from "../support/ip-frames.js";
import { describeWith, root, tun } from "../support/needs.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";

let worker: BuiltProgram;

describeWith([root, tun], "connections of the engine that forwards in the kernel", () => {
  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  const put = (bed: KernelBed, port: number, actions: string): void => {
    const [key, mask] = [newKey(), newKey()];
    key[W.inPort] = port;
    mask[W.inPort] = 0xffffffff;
    bed.datapath.putFlow({ ufid: String(port).repeat(32), key, mask, actions: parseDatapathActions(actions) });
  };
  const seen = (bed: KernelBed): number => bed.engine.threads()[0]!.counters[Counter.received]!;

  it("are followed in the kernel once they are established, and end in the thread", async () => {
    const bed = kernelBed(worker, { forwardsInKernel: true });
    try {
      const [a, b] = [bed.addPort("a"), bed.addPort("b")];
      await bed.settle();
      put(bed, a, `ct(commit,zone=5,mark=7),${b}`);
      put(bed, b, `ct(zone=5),${a}`);
      expect(bed.engine.kernel.table?.reasons()).toEqual(new Map());
      expect(bed.engine.kernel.table?.size).toBe(2);
      const client = (flags: string, at: number, ack: number, data = ""): void =>
        bed.put(a, plain(tcp(ipv4, 1, 2, [1000, 80], flags, { sequence: 100 + at, acknowledgment: 500 + ack, data })));
      const server = (flags: string, at: number, ack: number, data = ""): void =>
        bed.put(b, plain(tcp(ipv4, 2, 1, [80, 1000], flags, { sequence: 500 + at, acknowledgment: 100 + ack, data })));
      client("S", 0, 0);
      await bed.settle();
      server("SA", 0, 1);
      await bed.settle();
      client("A", 1, 1);
      await bed.settle();
      expect(seen(bed)).toBe(3);
      for (let i = 0; i < 10; i++) client("PA", 1 + i, 1, "x");
      await bed.settle();
      server("A", 1, 11);
      await bed.settle();
      expect(seen(bed)).toBe(3);
      expect(bed.take(b).length).toBe(12);
      expect(bed.take(a).length).toBe(2);
      const [entry] = await bed.datapath.conntrack.dump();
      expect(entry).toMatchObject({ zone: 5, mark: 7, tcp: { state: "ESTABLISHED" } });
      expect(entry!.timeout).toBeGreaterThan(86_390);
      client("FA", 11, 1);
      await bed.settle();
      expect(seen(bed)).toBe(4);
      expect((await bed.datapath.conntrack.dump())[0]).toMatchObject({ tcp: { state: "CLOSING" } });
      await bed.datapath.conntrack.flush();
      server("A", 1, 12);
      await bed.settle();
      expect(seen(bed)).toBe(5);
    } finally {
      bed.close();
    }
  });

  it("outlive the thread that tracks them, and the kernel's part in it", async () => {
    const bed = kernelBed(worker, { forwardsInKernel: true });
    try {
      const [a, b] = [bed.addPort("a"), bed.addPort("b")];
      await bed.settle();
      put(bed, a, `ct(commit,mark=7),${b}`);
      put(bed, b, `ct,${a}`);
      const asked = plain(udp(ipv4, 1, 2, [1000, 53], new Uint8Array(9)));
      const answered = plain(udp(ipv4, 2, 1, [53, 1000], new Uint8Array(9)));
      for (const [port, packet] of [
        [a, asked],
        [b, answered],
      ] as const) {
        bed.put(port, packet);
        await bed.settle();
      }
      const known = await bed.datapath.conntrack.dump();
      expect(known).toMatchObject([{ mark: 7, protocol: 17 }]);
      // A command without its arguments.
      bed.threads[0]!.post([{ op: "remove" }]);
      bed.datapath.execute(asked, newKey(), []);
      await eventually(() => bed.threads.length === 2 && bed.engine.isRunning, "another thread");
      await bed.settle();
      expect(await bed.datapath.conntrack.dump()).toMatchObject([{ mark: 7, protocol: 17 }]);
      const before = seen(bed);
      for (let i = 0; i < 5; i++) bed.put(b, answered);
      await bed.settle();
      expect(bed.take(a).length).toBe(6);
      expect(seen(bed)).toBe(before);
      // Without the kernel's part, the thread has them still.
      bed.datapath.setOptions(new Map([["weft-kernel-engine", "false"]]));
      bed.put(b, answered);
      await bed.settle();
      expect(bed.take(a).length).toBe(1);
      expect(seen(bed)).toBe(before + 1);
      expect(await bed.datapath.conntrack.dump()).toMatchObject([{ mark: 7, protocol: 17 }]);
      bed.datapath.setOptions(new Map([["weft-kernel-engine", "true"]]));
      bed.put(b, answered);
      await bed.settle();
      bed.put(b, answered);
      await bed.settle();
      expect(bed.take(a).length).toBe(2);
      expect(seen(bed)).toBe(before + 2);
    } finally {
      bed.close();
    }
  });
});
