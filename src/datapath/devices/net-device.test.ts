import { describe, expect, it } from "vitest";
import { FakeFrameIo } from "#host/fake/frame-io.js";
import { FakeNetHost } from "#host/fake/net.js";
import { FAN_OUT_ALIAS } from "#host/fan-out.js";
import { type FrameDevice, isFrameDevice } from "./frame-device.js";
import { internalDevices } from "./internal-device.js";
import { systemDevices } from "./system-device.js";
import { tapDevices } from "./tap-device.js";

const none: ReadonlyMap<string, string> = new Map();
const mac = Uint8Array.of(2, 0, 0, 0, 0, 7);

describe("system devices", () => {
  it("show and set what the link has", () => {
    const net = new FakeNetHost();
    net.plug("p0", mac);
    const device = systemDevices(net).open("p0", none);
    expect(device.info()).toMatchObject({
      mac,
      mtu: 1500,
      up: false,
      carrier: false,
      ifindex: net.link("p0")!.ifindex,
    });
    device.setUp(true);
    device.setMtu(1400);
    expect(device.info()).toMatchObject({ up: true, carrier: true, carrierResets: 1, mtu: 1400 });
    expect(net.link("p0")!.mtu).toBe(1400);
  });

  it("refuse a link that is not there, and that by which the kernel engine copies packets", () => {
    expect(() => systemDevices(new FakeNetHost()).open("p0", none)).toThrow("p0: No such device");
    const net = new FakeNetHost();
    net.openTap("weft_fan", { persist: false });
    net.setAside("weft_fan", FAN_OUT_ALIAS);
    expect(() => systemDevices(net).open("weft_fan", none)).toThrow(
      "could not add network device weft_fan to ofproto: the kernel engine copies packets by it",
    );
  });

  it("tell when the link changes and when it goes, once", async () => {
    const net = new FakeNetHost();
    net.createVeth("p0", "q0");
    const device = systemDevices(net).open("p0", none);
    const told: string[] = [];
    device.onChange(() => told.push("change"));
    device.onGone(() => told.push("gone"));
    net.setUp("p0", true);
    await Promise.resolve();
    expect(told).toContain("change");
    told.length = 0;
    net.deleteLink("p0");
    net.plug("p0", mac);
    net.setUp("p0", true);
    await Promise.resolve();
    expect(told).toEqual(["gone"]);
    expect(device.info()).toMatchObject({ up: false, carrier: false });
  });

  it("count as the host does", () => {
    const net = new FakeNetHost();
    net.plug("p0", mac);
    const device = systemDevices(net).open("p0", none);
    net.deliver("p0", new Uint8Array(60));
    expect(device.stats()).toMatchObject({ rxPackets: 1, rxBytes: 60, txPackets: 0 });
  });
});

describe("internal devices", () => {
  it("are made with the port and go with it", () => {
    const net = new FakeNetHost();
    const device = internalDevices(net, "tap").open("br0", none);
    expect(net.link("br0")!.kind).toBe("tun");
    expect(isFrameDevice(device)).toBe(true);
    device.close();
    expect(net.link("br0")).toBeUndefined();
  });

  it("have the queues they are made with", () => {
    const net = new FakeNetHost();
    const warned: string[] = [];
    const open = (): FrameDevice =>
      tapDevices(net, (text) => warned.push(text)).open("tap0", new Map([["n_rxq", "3"]]));
    const made = open();
    expect(made.frames.queues).toBe(3);
    made.close();
    expect(warned).toEqual([]);
    net.openTap("tap0", { persist: true }).close();
    expect(open().frames.queues).toBe(1);
    expect(warned).toEqual(["tap0: the device was there already and has one queue, where n_rxq is 3"]);
  });

  it("count from the switch's side", () => {
    const net = new FakeNetHost();
    const device = internalDevices(net, "tap").open("br0", none);
    device.setUp(true);
    net.deliver("br0", new Uint8Array(60));
    const io = new FakeFrameIo(net);
    io.attach(3, device.frames);
    const seen: number[] = [];
    expect(io.receive(8, (port, _memory, _at, length) => seen.push(port, length))).toBe(1);
    expect(seen).toEqual([3, 60]);
    const frame = new Uint8Array(100);
    io.send(3, frame, 0, 40, frame, 40, 60, {
      flags: 0,
      gsoType: 0,
      headerLength: 0,
      gsoSize: 0,
      csumStart: 0,
      csumOffset: 0,
    });
    io.flush();
    expect(net.sent("br0")).toHaveLength(1);
    expect(device.stats()).toMatchObject({ rxPackets: 1, rxBytes: 60, txPackets: 1, txBytes: 100 });
  });

  it("drop what the device does not take, and say why", () => {
    const net = new FakeNetHost();
    const device = tapDevices(net).open("tap0", none);
    const io = new FakeFrameIo(net);
    io.attach(1, device.frames);
    const plain = { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
    const frame = new Uint8Array(2000);
    io.send(1, frame, 0, 0, frame, 0, 60, plain);
    io.send(1, frame, 0, 0, frame, 0, 1519, plain);
    io.send(1, frame, 0, 0, frame, 0, 2000, { ...plain, gsoType: 1, gsoSize: 1000 });
    io.flush();
    expect(io.counters(1)).toMatchObject({
      txPackets: 0,
      txDropped: 3,
      txErrors: new Map([
        ["EIO", 2],
        ["oversize", 1],
      ]),
    });
  });
});
