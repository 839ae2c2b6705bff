import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import { systemDevices } from "#datapath/devices/system-device.js";
import { tapDevices } from "#datapath/devices/tap-device.js";
import type { Packet } from "#datapath/packet.js";
import { netdevDatapathClass } from "#datapath/userspace/netdev-class.js";
import type { ThreadEngine } from "#datapath/userspace/thread-engine.js";
import type { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { usableCores } from "#host/linux/affinity.js";
import { LinuxCaptureRings } from "#host/linux/capture-rings.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { createNamespace, inNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import type { FrameSource } from "#host/net.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeThreads } from "#host/node/threads.js";
import type { Thread } from "#host/threads.js";
import { put16, u16 } from "#util/big-endian.js";
import { finishSum, foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import { copyOffload, plainOffload } from "#wire/virtio-net.js";
import { type Bed, datapathContract, ether, largeSegment, plain } from "../contract/datapath.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { describeWith, root, tun } from "../support/needs.js";

/** Nothing more happens when nothing has for so long, in milliseconds. */
const QUIET = 30;

let worker: BuiltProgram;

/** A netdev datapath with its forwarding thread, its ports veths in a namespace whose other ends are the test's. */
function kernelBed(): Bed & { readonly log: string[]; readonly threads: Thread[] } {
  const namespace = createNamespace();
  inNamespace(namespace, () => {
    for (const which of ["default", "all"]) writeFileSync(`/proc/sys/net/ipv6/conf/${which}/disable_ipv6`, "1");
  });
  const net = new LinuxNetHost(namespace);
  const log: string[] = [];
  const node = new NodeThreads(dirname(worker.file));
  const threads: Thread[] = [];
  const start = (entry: string, data: unknown): Thread => {
    const thread = node.start(entry, data);
    threads.push(thread);
    return thread;
  };
  const host = {
    clock: new NodeClock(),
    threads: { start },
    timeOrigin: performance.timeOrigin,
    rings: new LinuxCaptureRings(),
    cores: usableCores,
    log: (_level: string, text: string) => void log.push(text),
  };
  const netdev = netdevDatapathClass(host, [systemDevices(net), tapDevices(net, "internal")]);
  const datapath = netdev.open("ovs-netdev") as UserspaceDatapath;
  const engine = datapath.engine as ThreadEngine;
  const far = new LinuxFrameIo();
  const sources: FrameSource[] = [];
  const devices: { close(): void }[] = [];
  const received = new Map<number, Packet[]>();
  const receive = (): number => {
    far.wait(0);
    return far.receive(64, (port, memory, at, length, offload) => {
      const own = plainOffload();
      copyOffload(own, offload);
      const packets = received.get(port) ?? [];
      packets.push({ data: memory.slice(at, at + length), offload: own });
      received.set(port, packets);
    });
  };
  return {
    log,
    threads,
    datapath,
    takesAnyFrame: false,
    addPort(name, requested) {
      // A name that is taken is refused before a device is made.
      const link = `we${name}`;
      if (net.link(link) === undefined) net.createVeth(link, `wf${name}`);
      const device = datapath.portByName(link)?.device ?? netdev.deviceClass("")!.open(link, new Map());
      const number = datapath.addPort(renamed(device, name), requested);
      devices.push(device);
      const other = net.capture(`wf${name}`, { input: "socket" });
      sources.push(other);
      net.setUp(link, true);
      net.setUp(`wf${name}`, true);
      far.attach(number, other.frames);
      return number;
    },
    put(port, { data, offload }) {
      // The frame is to arrive after what was asked for before has taken effect.
      engine.settle();
      far.send(port, data, 0, 0, data, 0, data.length, offload);
      far.flush();
    },
    async settle() {
      await eventually(() => engine.isRunning, "the forwarding thread");
      engine.settle();
      let last = "";
      for (let end = performance.now() + QUIET; performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        const state = JSON.stringify([datapath.stats(), [...datapath.drops()]]);
        if (receive() > 0 || state !== last) end = performance.now() + QUIET;
        last = state;
      }
    },
    take(port) {
      const packets = received.get(port) ?? [];
      received.delete(port);
      return packets;
    },
    close() {
      datapath.close();
      far.close();
      for (const device of devices) device.close();
      for (const source of sources) source.close();
      net.close();
      namespace.close();
    },
  };
}

/** The device under another name, as the contract's names are shorter than what tells our links from others. */
function renamed<D extends object>(device: D, name: string): D {
  return new Proxy(device, {
    get: (target, property) => {
      if (property === "name") return name;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describeWith([root, tun], "the userspace engine in its thread", () => {
  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  datapathContract("forwarding thread, Linux frame I/O", kernelBed);

  it("answers an upcall within milliseconds", async () => {
    const bed = kernelBed();
    try {
      const a = bed.addPort("a");
      const b = bed.addPort("b");
      await bed.settle();
      let answered = 0;
      bed.datapath.onUpcall((batch) => {
        for (const { packet, key } of batch) bed.datapath.execute(packet, key, [{ kind: "output", port: b }]);
        answered = performance.now();
      });
      await bed.settle();
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        const start = performance.now();
        bed.put(a, plain(ether(0x1234, [i])));
        while (answered < start) await new Promise((resolve) => setImmediate(resolve));
        times.push(answered - start);
      }
      await bed.settle();
      expect(bed.take(b).length).toBe(20);
      expect(times.sort((x, y) => x - y)[10]).toBeLessThan(2);
    } finally {
      bed.close();
    }
  });

  it("labels a large segment by cutting it up, as Linux would take no such one whole", async () => {
    const bed = kernelBed();
    try {
      const b = bed.addPort("b");
      await bed.settle();
      const { data, offload } = largeSegment();
      const label: DatapathAction = { kind: "push_mpls", lse: 0x00064140, ethertype: 0x8847 };
      bed.datapath.execute({ data, offload }, newKey(), [label, { kind: "output", port: b }]);
      const small = data.slice(0, 200);
      put16(small, 16, 186);
      put16(small, 50, foldSum(pseudoSum4(small, 14, 6, 166)));
      bed.datapath.execute(
        { data: small, offload: { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 16 } },
        newKey(),
        [label, { kind: "output", port: b }],
      );
      await bed.settle();
      const sent = bed.take(b);
      expect(sent.map((p) => p.data.length)).toEqual([58 + 1448, 58 + 1448, 58 + 1104, 204]);
      for (const packet of sent) {
        expect([...packet.data.subarray(12, 18)]).toEqual([0x88, 0x47, 0x00, 0x06, 0x41, 0x40]);
        // Either the checksum is right, or it is known to be still to do.
        const end = 18 + u16(packet.data, 20);
        const pseudo = pseudoSum4(packet.data, 18, 6, end - 38);
        if (packet.offload.flags & 1) {
          expect(packet.offload).toMatchObject({ csumStart: 38, csumOffset: 16, gsoType: 0 });
          expect(u16(packet.data, 54)).toBe(foldSum(pseudo));
        } else expect(finishSum(sumBytes(packet.data, 38, end, pseudo))).toBe(0);
      }
    } finally {
      bed.close();
    }
  });

  it("forwards again after its thread has failed", async () => {
    const bed = kernelBed();
    try {
      const [a, b] = [bed.addPort("a"), bed.addPort("b")];
      const [key, mask] = [newKey(), newKey()];
      key[W.inPort] = a;
      mask[W.inPort] = 0xffffffff;
      bed.datapath.putFlow({ ufid: "1".padStart(32, "0"), key, mask, actions: [{ kind: "output", port: b }] });
      await bed.settle();
      bed.put(a, plain(ether(0x1234, [1])));
      await bed.settle();
      expect(bed.take(b).length).toBe(1);
      // Nothing that the engine would ever say.
      bed.threads[0]!.post([{ op: "remove" }]);
      bed.datapath.execute(plain(ether(0x1234, [2])), newKey(), []);
      await eventually(() => bed.threads.length >= 2, "another forwarding thread");
      expect(bed.log[0]).toMatch(/^the forwarding thread failed \(.+\); starting another$/);
      await bed.settle();
      bed.put(a, plain(ether(0x1234, [3])));
      await bed.settle();
      expect(bed.take(b).map((p) => p.data[14])).toEqual([3]);
      expect(bed.datapath.flow("1".padStart(32, "0"))?.stats.packets).toBe(2);
    } finally {
      bed.close();
    }
  });

  it("leaves nothing behind", async () => {
    const bed = kernelBed();
    bed.addPort("a");
    await bed.settle();
    expect(bed.log).toEqual([]);
    bed.close();
  });
});
