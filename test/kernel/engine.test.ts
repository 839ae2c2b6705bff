import { afterAll, beforeAll, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { put16, u16 } from "#util/big-endian.js";
import { finishSum, foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { datapathContract, ether, largeSegment, plain } from "../contract/datapath.js";
import { datapathTunnelContract } from "../contract/datapath-tunnels.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { describeWith, root, tun } from "../support/needs.js";
import { kernelBed } from "./engine-bed.js";

let worker: BuiltProgram;

describeWith([root, tun], "the userspace engine in its thread", () => {
  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
  });
  afterAll(() => worker.remove());

  datapathContract("forwarding thread, Linux frame I/O", () => kernelBed(worker));
  datapathTunnelContract("forwarding thread, Linux frame I/O", () => kernelBed(worker));

  it("answers an upcall within milliseconds", async () => {
    const bed = kernelBed(worker);
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
      // The quickest five: a busy machine does not let every turn come at once.
      expect(times.sort((x, y) => x - y)[4]).toBeLessThan(2);
    } finally {
      bed.close();
    }
  });

  it("labels a large segment by cutting it up, as Linux would take no such one whole", async () => {
    const bed = kernelBed(worker);
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
    const bed = kernelBed(worker);
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
    const bed = kernelBed(worker);
    bed.addPort("a");
    await bed.settle();
    expect(bed.log).toEqual([]);
    bed.close();
  });
});
