import { describe, expect, it } from "vitest";
import { FakeNetHost } from "#host/fake/net.js";
import { HostError } from "#util/errors.js";
import { internalDevices } from "./internal-device.js";
import { innerEndOf, portOfInnerEnd } from "./pair-device.js";
import { systemDevices } from "./system-device.js";

const none: ReadonlyMap<string, string> = new Map();

function refusing(method: "createVeth" | "openTap", code: string): FakeNetHost {
  const net = new FakeNetHost();
  net[method] = () => {
    throw new HostError(method, code, 1, code);
  };
  return net;
}

describe("internal devices that are pairs", () => {
  it("are made with the port, marked, and gone with it", () => {
    const net = new FakeNetHost();
    const device = internalDevices(net, "pair").open("br0", none);
    expect(net.link("br0")!.kind).toBe("veth");
    const inner = net.link("weft-br0")!;
    expect([portOfInnerEnd(inner), inner.mtu, inner.flags & 1]).toEqual(["br0", 65535, 1]);
    expect(device.frames).toMatchObject({ name: "br0", ifindex: inner.ifindex, mtu: 1500 });
    device.setUp(true);
    expect(device.info()).toMatchObject({ up: true, carrier: true, mtu: 1500, ifindex: net.link("br0")!.ifindex });
    net.deliver("br0", new Uint8Array(60));
    expect(device.stats()).toMatchObject({ rxPackets: 0, txPackets: 1, txBytes: 60, multicast: 0 });
    device.close();
    expect(net.links()).toEqual([]);
  });

  it("are taken up where an earlier process left them, whatever is preferred", () => {
    const net = new FakeNetHost();
    const { ifindex } = internalDevices(net, "pair").open("br0", none).info();
    for (const prefer of ["pair", "tap"] as const) {
      expect(internalDevices(net, prefer).open("br0", none).info().ifindex).toBe(ifindex);
    }
  });

  it("are made anew where a process was killed while it made them", () => {
    const net = new FakeNetHost();
    net.createVeth("br0", "weft-br0");
    const half = net.link("weft-br0")!.ifindex;
    internalDevices(net, "pair").open("br0", none);
    const inner = net.link("weft-br0")!;
    expect([portOfInnerEnd(inner), inner.mtu, inner.ifindex === half]).toEqual(["br0", 65535, false]);
  });

  it("are TAPs where one is there already, or there are no pairs, and the log says so", () => {
    const warned: string[] = [];
    const net = new FakeNetHost();
    net.openTap("br0", { persist: true }).close();
    internalDevices(net, "pair", (text) => warned.push(text)).open("br0", none);
    expect(net.link("br0")!.kind).toBe("tun");
    const without = refusing("createVeth", "EOPNOTSUPP");
    internalDevices(without, "pair", (text) => warned.push(text)).open("br1", none);
    expect(without.link("br1")!.kind).toBe("tun");
    expect(warned).toEqual([
      "br0: the TAP device that is there already is taken, whose packets threads forward",
      "br1: there are no veth pairs here: a TAP device it is, whose packets threads forward",
    ]);
  });

  it("are what there is where there are no TAPs", () => {
    const net = refusing("openTap", "ENOENT");
    internalDevices(net, "tap").open("br0", none);
    expect(net.link("br0")!.kind).toBe("veth");
    expect(() => internalDevices(refusing("openTap", "EBUSY"), "tap").open("br0", none)).toThrow("EBUSY");
  });

  it("leave nothing behind where the inner end cannot be taken, and leave others' devices alone", () => {
    const net = new FakeNetHost();
    net.capture = () => {
      throw new HostError("capture", "EPERM", 1, "Operation not permitted");
    };
    expect(() => internalDevices(net, "pair").open("br0", none)).toThrow("Operation not permitted");
    expect(net.links()).toEqual([]);
    const taken = new FakeNetHost();
    taken.createVeth("x", "weft-br0");
    expect(() => internalDevices(taken, "pair").open("br0", none)).toThrow("File exists");
    expect(taken.link("weft-br0")).toBeDefined();
  });

  it("have inner ends whose names fit, each its own, and which are no ports themselves", () => {
    expect(innerEndOf("tenletters")).toBe("weft-tenletters");
    const long = ["elevenchars", "elevencharz", "fifteen-letters"].map(innerEndOf);
    for (const name of long) expect(name).toMatch(/^weft-[0-9a-f]{8}$/);
    expect(new Set(long).size).toBe(3);
    const net = new FakeNetHost();
    internalDevices(net, "pair").open("br0", none);
    expect(() => systemDevices(net).open("weft-br0", none)).toThrow(
      "could not add network device weft-br0 to ofproto: it is the inner end of internal port br0",
    );
  });
});
