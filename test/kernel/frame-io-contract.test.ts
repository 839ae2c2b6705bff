import { LinuxFrameIo } from "#host/linux/frame-io.js";
import type { FrameSource, NetHost } from "#host/net.js";
import { plainOffload } from "#wire/virtio-net.js";
import { frameIoContract, isTestFrame } from "../contract/frame-io.js";
import { testNamespace } from "../support/namespace.js";
import { describeWith, root, tun } from "../support/needs.js";

const xdp = { queues: 1, needWakeup: true };

const ways: Readonly<Record<string, (net: NetHost, name: string) => FrameSource>> = {
  "input by ring": (net, name) => net.capture(name, { input: "ring" }),
  "input by socket": (net, name) => net.capture(name, { input: "socket" }),
  "native AF_XDP": (net, name) => net.openXdp(name, { ...xdp, modes: ["native"] }),
  "generic AF_XDP": (net, name) => net.openXdp(name, { ...xdp, modes: ["generic"] }),
  "AF_XDP woken always": (net, name) => net.openXdp(name, { queues: 1, needWakeup: false, modes: ["native"] }),
};

for (const [way, open] of Object.entries(ways)) {
  describeWith([root], `FrameIo: Linux, ${way}, keeps the contract`, () => {
    frameIoContract(() => {
      const host = testNamespace();
      const net = host.net;
      const far = new LinuxFrameIo();
      const ends = [0, 1].map((i) => {
        net.createVeth(`wck${i}`, `wcl${i}`);
        net.setUp(`wck${i}`, true);
        net.setUp(`wcl${i}`, true);
        const end = net.capture(`wcl${i}`, { input: "socket" });
        far.attach(i, end.frames);
        return end;
      });
      const near = [0, 1].map((i) => open(net, `wck${i}`));
      const io = new LinuxFrameIo();
      return {
        io,
        handles: [near[0]!.frames, near[1]!.frames],
        deliver(device, data) {
          far.send(device, data, 0, 0, data, 0, data.length, plainOffload());
          far.flush();
        },
        sent: (device, count) => framesOf(far, device, count),
        setUp: (device, up) => net.setUp(`wck${device}`, up),
        vanish: (device) => net.deleteLink(`wck${device}`),
        close() {
          io.close();
          far.close();
          for (const source of [...near, ...ends]) source.close();
          host.close();
        },
      };
    });
  });
}

describeWith([root, tun], "FrameIo: Linux, TAP, keeps the contract", () => {
  frameIoContract(() => {
    const host = testNamespace();
    const { net } = host;
    const far = new LinuxFrameIo();
    const taps = [0, 1].map((i) => net.openTap(`wck${i}`, { persist: false, queues: i + 1 }));
    const ends = [0, 1].map((i) => {
      net.setUp(`wck${i}`, true);
      const end = net.capture(`wck${i}`, { input: "socket" });
      far.attach(i, end.frames);
      return end;
    });
    const io = new LinuxFrameIo();
    return {
      io,
      handles: [taps[0]!.frames, taps[1]!.frames],
      deliver(device, data) {
        far.send(device, data, 0, 0, data, 0, data.length, plainOffload());
        far.flush();
      },
      sent: (device, count) => framesOf(far, device, count),
      setUp: (device, up) => net.setUp(`wck${device}`, up),
      vanish: (device) => net.deleteLink(`wck${device}`),
      downError: "EIO",
      close() {
        io.close();
        far.close();
        for (const source of [...taps, ...ends]) source.close();
        host.close();
      },
    };
  });
});

/** Test frames that a device of `io` receives until there are `count`, or a tenth of a second has passed. */
function framesOf(io: LinuxFrameIo, device: number, count: number): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const end = performance.now() + 100;
  do {
    const got = io.receive(64, (port, memory, at, length) => {
      const data = memory.slice(at, at + length);
      if (port === device && isTestFrame(data)) seen.push(data);
    });
    if (got === 0 && seen.length < count) io.wait(10);
  } while (seen.length < count && performance.now() < end);
  return seen;
}
