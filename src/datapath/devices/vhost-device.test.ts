import { describe, expect, it } from "vitest";
import { noStats } from "#host/net.js";
import type { VhostHost, VhostMode, VhostSource, VhostStatus } from "#host/vhost.js";
import { vhostDevices } from "./vhost-device.js";

const idle: VhostStatus = { isConnected: false, features: 0n, rings: [], isUp: false, numa: 0 };

/** A port whose guest does what the test says. */
class FakeVhost implements VhostHost {
  status: VhostStatus = idle;
  readonly opened: [string, string, VhostMode][] = [];
  retries = -1;
  isUp = true;
  isClosed = false;
  tell: () => void = () => undefined;

  openVhost(name: string, path: string, mode: VhostMode): VhostSource {
    this.opened.push([name, path, mode]);
    return {
      frames: { kind: "fake", name, ifindex: 0, mtu: 1500, queues: 1, fd: -1 },
      status: () => this.status,
      stats: () => noStats,
      ownStats: () => new Map([["tx_retries", 3]]),
      setUp: (up) => void (this.isUp = up),
      setRetries: (retries) => void (this.retries = retries),
      onChange: (handler) => void (this.tell = handler),
      close: () => void (this.isClosed = true),
    };
  }
}

const options = (entries: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries));

describe("vhost-user devices", () => {
  it("make their socket in the directory of sockets, or connect to one", () => {
    const host = new FakeVhost();
    vhostDevices(host, "dpdkvhostuser", () => "/run/x").open("p1", options());
    const client = vhostDevices(host, "dpdkvhostuserclient", () => "/run/x");
    client.open("p2", options({ "vhost-server-path": "/tmp/p2" }));
    client.open("p3", options());
    expect(host.opened).toEqual([
      ["p1", "/run/x/p1", "server"],
      ["p2", "/tmp/p2", "client"],
      ["p3", "", "client"],
    ]);
  });

  it("are not named as a path", () => {
    for (const name of ["a/b", "a\\b"])
      expect(() => vhostDevices(new FakeVhost(), "dpdkvhostuser", () => "/").open(name, options())).toThrow(
        `"${name}" is not a valid name for a vhost-user port. A valid name must not include '/' or '\\'`,
      );
  });

  it("show the guest's state, and tell of changes", () => {
    const host = new FakeVhost();
    const device = vhostDevices(host, "dpdkvhostuser", () => "/run").open("p1", options());
    expect(device.info()).toMatchObject({ up: true, carrier: false, carrierResets: 0, ifindex: 0, mtu: 1500 });
    expect(Object.fromEntries(device.info().status)).toEqual({
      mode: "server",
      socket: "/run/p1",
      status: "disconnected",
    });
    let changes = 0;
    device.onChange(() => changes++);
    host.status = { isConnected: true, features: 0x1_3000_8000n, rings: [256, 512], isUp: true, numa: 0 };
    host.tell();
    expect(changes).toBe(1);
    expect(device.info()).toMatchObject({ carrier: true, carrierResets: 1 });
    expect(Object.fromEntries(device.info().status)).toEqual({
      mode: "server",
      socket: "/run/p1",
      status: "connected",
      features: "0x0000000130008000",
      num_of_vrings: "2",
      vring_0_size: "256",
      vring_1_size: "512",
      numa: "0",
    });
    device.setUp(false);
    expect([host.isUp, device.info().up, device.info().carrier]).toEqual([false, false, false]);
  });

  it("take retries as a client only, within their range", () => {
    const host = new FakeVhost();
    const open = (type: "dpdkvhostuser" | "dpdkvhostuserclient", retries: string): number => {
      vhostDevices(host, type, () => "/run").open("p", options({ "tx-retries-max": retries }));
      return host.retries;
    };
    expect(["0", "32", "33", "x"].map((text) => open("dpdkvhostuserclient", text))).toEqual([0, 32, 8, 8]);
    expect(open("dpdkvhostuser", "2")).toBe(8);
  });

  it("are opened anew for another socket", () => {
    const host = new FakeVhost();
    const device = vhostDevices(host, "dpdkvhostuserclient", () => "/").open(
      "p",
      options({ "vhost-server-path": "/a" }),
    );
    expect(device.mustReopen?.(options({ "vhost-server-path": "/a", "tx-retries-max": "1" }))).toBe(false);
    expect(device.mustReopen?.(options({ "vhost-server-path": "/b" }))).toBe(true);
    expect(device.mustReopen?.(options())).toBe(true);
  });

  it("have an MTU of 68 to 65535", () => {
    const device = vhostDevices(new FakeVhost(), "dpdkvhostuser", () => "/").open("p", options());
    device.setMtu(9000);
    expect(device.info().mtu).toBe(9000);
    for (const mtu of [67, 65536]) expect(() => device.setMtu(mtu)).toThrow("p: Invalid argument");
  });
});
