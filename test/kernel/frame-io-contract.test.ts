import { LinuxFrameIo } from "#host/linux/frame-io.js";
import type { FrameInput } from "#host/net.js";
import { plainOffload } from "#wire/virtio-net.js";
import { frameIoContract, isTestFrame } from "../contract/frame-io.js";
import { testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";

for (const input of ["ring", "socket"] as const satisfies readonly FrameInput[]) {
  describeWith([root], `FrameIo: Linux, input by ${input}, keeps the contract`, () => {
    frameIoContract(() => {
      const host = testNamespace();
      const net = host.net;
      const far = new LinuxFrameIo();
      const ends = [0, 1].map((i) => {
        net.createVeth(`wlk${i}`, `wll${i}`);
        net.setUp(`wlk${i}`, true);
        net.setUp(`wll${i}`, true);
        const end = net.capture(`wll${i}`, { input: "socket" });
        far.attach(i, end.frames);
        return end;
      });
      const near = [0, 1].map((i) => net.capture(`wlk${i}`, { input }));
      const io = new LinuxFrameIo();
      return {
        io,
        handles: [near[0]!.frames, near[1]!.frames],
        deliver(device, data) {
          far.send(device, data, 0, 0, data, 0, data.length, plainOffload());
          far.flush();
        },
        sent(device, count) {
          const seen: Uint8Array[] = [];
          const end = performance.now() + 100;
          do {
            const got = far.receive(64, (port, memory, at, length) => {
              const data = memory.slice(at, at + length);
              if (port === device && isTestFrame(data)) seen.push(data);
            });
            if (got === 0 && seen.length < count) far.wait(10);
          } while (seen.length < count && performance.now() < end);
          return seen;
        },
        setUp: (device, up) => net.setUp(`wlk${device}`, up),
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
