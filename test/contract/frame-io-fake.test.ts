import { describe } from "vitest";
import { FakeFrameIo } from "#host/fake/frame-io.js";
import { FakeNetHost } from "#host/fake/net.js";
import { frameIoContract } from "./frame-io.js";

describe("FrameIo: fake", () => {
  frameIoContract(() => {
    const net = new FakeNetHost();
    const names = ["wl0", "wl1"] as const;
    for (const [i, name] of names.entries()) {
      net.plug(name, Uint8Array.of(2, 0, 0, 0, 1, i));
      net.setUp(name, true);
    }
    return {
      io: new FakeFrameIo(net),
      handles: [net.capture("wl0").frames, net.capture("wl1").frames],
      deliver: (device, data) => net.deliver(names[device]!, data),
      sent: (device) => net.sent(names[device]!).map((frame) => frame.data),
      setUp: (device, up) => net.setUp(names[device]!, up),
      vanish: (device) => net.deleteLink(names[device]!),
      close: () => undefined,
    };
  });
});
