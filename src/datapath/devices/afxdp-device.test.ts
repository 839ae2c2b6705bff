import { describe, expect, it } from "vitest";
import { FakeNetHost } from "#host/fake/net.js";
import type { XdpOptions, XdpSource } from "#host/net.js";
import { afxdpDevices } from "./afxdp-device.js";

/** A host whose devices can do generic XDP only. */
class GenericHost extends FakeNetHost {
  readonly asked: XdpOptions[] = [];

  override openXdp(name: string, options?: XdpOptions): never {
    this.asked.push(options!);
    if (!options!.modes.includes("generic")) return super.openXdp(name);
    const source: Partial<XdpSource> = {
      ...this.capture(name),
      mode: "generic",
      maxMtu: 3800,
      refused: [{ mode: "native", reason: "no" }],
      statistics: () => [{ rxDropped: 4, rxInvalidDescriptors: 0, txInvalidDescriptors: 1 }],
    };
    return source as never;
  }
}

function open(net: FakeNetHost, options: Record<string, string>): ReturnType<ReturnType<typeof afxdpDevices>["open"]> {
  net.plug("eth0", Uint8Array.of(2, 0, 0, 0, 0, 1));
  return afxdpDevices(net, "afxdp", (level, text) => logged.push(`${level} ${text}`)).open(
    "eth0",
    new Map(Object.entries(options)),
  );
}
let logged: string[] = [];

describe("AF_XDP devices", () => {
  it("try what is asked for, and tell what is in force", () => {
    logged = [];
    const net = new GenericHost();
    const device = open(net, { n_rxq: "2", "use-need-wakeup": "false" });
    expect(net.asked).toEqual([{ queues: 2, needWakeup: false, modes: ["native-with-zerocopy", "native", "generic"] }]);
    expect([...device.options()]).toEqual([
      ["n_rxq", "2"],
      ["use-need-wakeup", "false"],
      ["xdp-mode", "best-effort"],
      ["xdp-mode-in-use", "generic"],
    ]);
    expect(logged.slice(0, 3)).toEqual([
      "info eth0: Setting XDP mode to best-effort.",
      "info eth0: no native XDP mode: no.",
      "info eth0: generic XDP mode will be in use.",
    ]);
    expect(logged[3]).toMatch(/^warn eth0: generic XDP mode loses VLAN tags/);
    expect(device.ownStats!()).toEqual(
      new Map([
        ["xsk_queue_0_rx_dropped", 4],
        ["xsk_queue_0_rx_invalid_descs", 0],
        ["xsk_queue_0_tx_invalid_descs", 1],
      ]),
    );
    expect(() => device.setMtu(9000)).toThrow("Invalid argument");
    device.setMtu(3800);
    expect(device.info().mtu).toBe(3800);
  });

  it("must be opened anew for other options, not for the same or for what means nothing to them", () => {
    const device = open(new GenericHost(), {});
    const asks = (options: Record<string, string>): boolean => device.mustReopen!(new Map(Object.entries(options)));
    expect(asks({ "xdp-mode": "best-effort", n_rxq: "1", other: "x" })).toBe(false);
    for (const options of [
      { n_rxq: "2" },
      { "xdp-mode": "native" },
      { "xdp-mode": "x" },
      { "use-need-wakeup": "false" },
    ])
      expect(asks(options)).toBe(true);
  });

  it("are captured where nothing works and anything would do", () => {
    logged = [];
    const device = open(new FakeNetHost(), {});
    expect(device.frames.kind).toBe("fake");
    expect(device.options().get("xdp-mode-in-use")).toBe("none");
    expect(logged[1]).toMatch(/^warn eth0: AF_XDP does not work here \(.*Address family not supported by protocol\)/);
  });

  it("are refused where a mode is asked for that does not work, or that there is not", () => {
    logged = [];
    expect(() => open(new FakeNetHost(), { "xdp-mode": "native" })).toThrow(
      "could not add network device eth0 to ofproto (Invalid argument)",
    );
    expect(() => open(new FakeNetHost(), { "xdp-mode": "fast" })).toThrow(
      "eth0: could not set configuration (Invalid argument)",
    );
    expect(logged.at(-1)).toBe("err eth0: Incorrect xdp-mode (fast).");
  });
});
