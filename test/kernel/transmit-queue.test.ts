import { expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import * as sys from "#host/linux/syscalls.js";
import { type Offload, plainOffload, VNET_GSO_TCPV4, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";
import { tcpFrame } from "../support/partial-frames.js";

const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;

/** True where the socket sends past the queueing discipline. */
function isDirect(fd: number): boolean {
  const value = new Uint8Array(4);
  sys.getsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, value, Uint8Array.of(4, 0, 0, 0));
  return value[0] === 1;
}

const segments: Offload = {
  flags: VNET_NEEDS_CSUM,
  gsoType: VNET_GSO_TCPV4,
  headerLength: 54,
  gsoSize: 1448,
  csumStart: 34,
  csumOffset: 16,
};

describeWith([root], "TransmitQueue", () => {
  it("has the kernel cut what a device cannot, and sends directly again after a while", () => {
    const namespace = testNamespace();
    const io = new LinuxFrameIo();
    const far = new LinuxFrameIo();
    try {
      namespace.ip("link add wrt0 gso_max_size 4000 type veth peer name wru0");
      for (const name of ["wrt0", "wru0"]) namespace.net.setUp(name, true);
      const near = namespace.net.capture("wrt0");
      const end = namespace.net.capture("wru0", { input: "socket" });
      const { fd } = near.frames;
      io.attach(1, near.frames, []);
      far.attach(1, end.frames);
      const send = (data: Uint8Array, offload: Offload): void => {
        io.send(1, data, 0, data.length, data, 0, 0, offload);
        io.flush();
      };
      const large = tcpFrame(8000);
      const small = tcpFrame(100);
      for (let round = 0; round < 2; round++) {
        expect(isDirect(fd)).toBe(true);
        send(large, segments);
        expect(isDirect(fd)).toBe(false);
        expect(io.counters(1)).toMatchObject({ txDropped: 0 });
        let bytes = 0;
        for (let got = 1; got > 0; ) {
          far.wait(100);
          got = far.receive(256, (_port, memory, at, length) => {
            if (memory[at + 23] === 6) bytes += length - 54;
          });
        }
        expect(bytes).toBe(large.length - 54);
        for (let i = 0; i < 1 << 16; i++) io.send(1, small, 0, small.length, small, 0, 0, plainOffload());
        io.flush();
        send(small, plainOffload());
        for (far.wait(0); far.receive(256, () => undefined) > 0; far.wait(0));
      }
      near.close();
      end.close();
    } finally {
      io.close();
      far.close();
      namespace.close();
    }
  });

  it("says of a link that leads to one that is down that it is down, whatever it is given to send", () => {
    const namespace = testNamespace();
    const io = new LinuxFrameIo();
    try {
      namespace.net.createVeth("wet0", "weu0");
      namespace.net.setUp("wet0", true);
      const near = namespace.net.capture("wet0");
      io.attach(1, near.frames, []);
      for (const [data, offload] of [
        [tcpFrame(8000), segments],
        [tcpFrame(100), plainOffload()],
      ] as const) {
        for (let i = 0; i < 3; i++) io.send(1, data, 0, data.length, data, 0, 0, offload);
        io.flush();
      }
      expect(io.counters(1)).toMatchObject({ txPackets: 0, txDropped: 6, txErrors: new Map([["ENETDOWN", 6]]) });
      near.close();
    } finally {
      io.close();
      namespace.close();
    }
  });
});
