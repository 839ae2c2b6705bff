import { afterEach, beforeEach, expect, it } from "vitest";
import { internalDevices } from "#datapath/devices/internal-device.js";
import { systemDevices } from "#datapath/devices/system-device.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { plainOffload } from "#wire/virtio-net.js";
import { eventually } from "../support/eventually.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root, tun } from "../support/needs.js";

const none: ReadonlyMap<string, string> = new Map();

describeWith([root, tun], "devices of the host", () => {
  let host: TestNamespace;
  beforeEach(() => {
    host = testNamespace();
  });
  afterEach(() => host.close());

  it("tell of a change and of the end of a system device, which can then be opened anew", async () => {
    host.net.createVeth("wld0", "wld1");
    const devices = systemDevices(host.net);
    const device = devices.open("wld0", none);
    const told: string[] = [];
    device.onChange(() => told.push("change"));
    device.onGone(() => told.push("gone"));
    expect(device.info()).toMatchObject({ up: false, carrier: false, speed: 10e9, duplex: "full" });
    expect(device.info().status.get("driver_name")).toBe("veth");
    host.ip("link set wld1 up");
    host.ip("link set wld0 up mtu 1400");
    await eventually(() => device.info().mtu === 1400 && device.info().carrier, "an event of the kernel");
    expect(device.info()).toMatchObject({ up: true, carrierResets: 1 });
    host.ip("link del wld0");
    await eventually(() => told.includes("gone"), "an event of the kernel");
    expect(device.info()).toMatchObject({ up: false, carrier: false });
    expect(() => device.setMtu(1500)).toThrow("wld0: No such device");
    device.close();
    expect(() => devices.open("wld0", none)).toThrow(expect.objectContaining({ code: "ENODEV" }));
    host.net.createVeth("wld0", "wld1");
    const again = devices.open("wld0", none);
    expect(again.info().mtu).toBe(1500);
    again.close();
    expect(told.filter((word) => word === "gone")).toHaveLength(1);
  });

  it("make an internal device that the host configures as its own", async () => {
    const device = internalDevices(host.net, "tap").open("wlbr0", none);
    device.setMac(Uint8Array.of(2, 1, 2, 3, 4, 5));
    device.setUp(true);
    device.setMtu(2000);
    host.ip("addr add 10.9.0.1/24 dev wlbr0");
    const shown = JSON.parse(host.run("ip", "-j", "addr", "show", "wlbr0").stdout)[0];
    expect(shown).toMatchObject({
      address: "02:01:02:03:04:05",
      mtu: 2000,
      flags: expect.arrayContaining(["UP", "LOWER_UP"]),
    });
    expect(device.info()).toMatchObject({ up: true, carrier: true, mtu: 2000 });
    expect(device.info().status.get("driver_name")).toBe("tun");
    const before = device.stats();
    host.run("ping", "-c", "1", "-W", "0.1", "10.9.0.9");
    const io = new LinuxFrameIo();
    io.attach(1, device.frames);
    io.wait(100);
    const arp: Uint8Array[] = [];
    io.receive(64, (_port, memory, at, length) => {
      if (memory[at + 13] === 0x06) arp.push(memory.slice(at, at + length));
    });
    expect(arp[0]!.subarray(6, 12)).toEqual(Uint8Array.of(2, 1, 2, 3, 4, 5));
    io.send(1, arp[0]!, 0, 0, arp[0]!, 0, 42, plainOffload());
    io.flush();
    expect(device.stats().rxPackets).toBeGreaterThan(before.rxPackets);
    expect(device.stats()).toMatchObject({ txPackets: before.txPackets + 1, txBytes: before.txBytes + 42 });
    io.close();
    device.close();
    expect(host.net.link("wlbr0")).toBeUndefined();
  });

  it("follow an internal device into another namespace, and tell when it goes there", async () => {
    const guest = testNamespace();
    try {
      const device = internalDevices(host.net, "tap").open("wlbr0", none);
      let gone = false;
      device.onGone(() => {
        gone = true;
      });
      host.ip(`link set wlbr0 netns /proc/${process.pid}/fd/${guest.fd}`);
      await eventually(() => host.net.link("wlbr0") === undefined, "an event of the kernel");
      guest.ip("link set wlbr0 up mtu 1300");
      await eventually(() => device.info().mtu === 1300, "an event of the kernel");
      expect(device.info().up).toBe(true);
      expect(gone).toBe(false);
      device.setMtu(1350);
      expect(guest.net.link("wlbr0")!.mtu).toBe(1350);
      guest.ip("link del wlbr0");
      await eventually(() => gone, "an event of the kernel");
      device.close();
    } finally {
      guest.close();
    }
  });
});
