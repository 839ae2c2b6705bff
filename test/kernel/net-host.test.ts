import { afterEach, beforeEach, expect, it } from "vitest";
import { createNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import type { LinkEvent } from "#host/net.js";
import { netHostContract } from "../contract/net-host.js";
import { eventually } from "../support/eventually.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root, tun } from "../support/needs.js";

describeWith([root, tun], "NetHost: Linux", () => {
  netHostContract(() => {
    const namespace = createNamespace();
    const net = new LinuxNetHost(namespace);
    return {
      net,
      // Netlink events are queued by the time a request returns; one turn of the loop's poll phase reads them.
      settle: () => new Promise((resolve) => setTimeout(resolve, 20)),
      close: () => {
        net.close();
        namespace.close();
      },
    };
  });
});

describeWith([root], "NetHost: Linux, beyond the contract", () => {
  let host: TestNamespace;
  beforeEach(() => {
    host = testNamespace();
    host.net.createVeth("wln0", "wln1");
  });
  afterEach(() => host.close());

  it("finds a veth's other end in another namespace, and when it has come back", () => {
    const guest = testNamespace();
    try {
      host.ip(`link set wln1 netns /proc/${process.pid}/fd/${guest.fd}`);
      guest.ip("link set wln1 name eth0 mtu 1400");
      const end = host.net.otherEnd("wln0")!;
      expect(end.name).toBe("eth0");
      expect(end.net.link("eth0")!.mtu).toBe(1400);
      end.net.setMtu("eth0", 1300);
      expect(guest.net.link("eth0")!.mtu).toBe(1300);
      end.close();
      guest.ip(`link set eth0 netns /proc/${process.pid}/fd/${host.fd}`);
      expect(host.net.otherEnd("wln0")).toMatchObject({ net: host.net, name: "eth0" });
    } finally {
      guest.close();
    }
  });

  it("makes no addresses on a link that is set aside", async () => {
    host.net.setAside("wln1", "for tests");
    for (const name of ["wln0", "wln1"]) host.net.setUp(name, true);
    const hasAddress = (name: string): boolean =>
      host.net.addresses().some(({ ifindex }) => ifindex === host.net.link(name)!.ifindex);
    await eventually(() => hasAddress("wln0"), "an address of the other end");
    expect(hasAddress("wln1")).toBe(false);
  });

  it("tells the addresses and routes that the host has", () => {
    host.ip("link set wln0 up");
    host.ip("addr add 10.9.0.1/24 dev wln0");
    host.ip("addr add fd09::1/64 dev wln0 nodad");
    host.ip("route add 10.20.0.0/16 via 10.9.0.254 metric 7");
    host.ip("route add default via 10.9.0.253 table 1000");
    const { ifindex } = host.net.link("wln0")!;
    expect(host.net.addresses()).toContainEqual({
      ifindex,
      family: "inet",
      address: Uint8Array.of(10, 9, 0, 1),
      prefixLength: 24,
    });
    expect(host.net.addresses().find((a) => a.family === "inet6" && a.address[0] === 0xfd)).toMatchObject({
      ifindex,
      prefixLength: 64,
    });
    const route = {
      family: "inet",
      destination: Uint8Array.of(10, 20, 0, 0),
      prefixLength: 16,
      gateway: Uint8Array.of(10, 9, 0, 254),
      ifindex,
      table: 254,
      priority: 7,
      preferredSource: undefined,
    };
    expect(host.net.routes()).toContainEqual(route);
    const other = {
      destination: Uint8Array.of(0, 0, 0, 0),
      prefixLength: 0,
      gateway: Uint8Array.of(10, 9, 0, 253),
      table: 1000,
    };
    expect(host.net.routes()).toContainEqual({ ...route, ...other, priority: 0 });
  });

  it("reads everything again after the kernel has lost events", async () => {
    const events: LinkEvent[] = [];
    const watch = host.net.watch((event) => events.push(event));
    const { ifindex } = host.net.link("wln0")!;
    // All in one turn of the event loop: far more than a socket's buffer holds.
    for (let i = 0; i < 1000; i++) host.net.setMtu("wln1", 1000 + i);
    host.net.deleteLink("wln0");
    host.net.createVeth("wln2", "wln3");
    host.net.setMtu("wln3", 1234);
    const caughtUp = (): boolean =>
      events.some((e) => e.kind === "gone") &&
      events.some((e) => e.kind === "link" && e.link.name === "wln3" && e.link.mtu === 1234);
    await eventually(caughtUp, "the watch to catch up");
    watch.cancel();
    expect(events.filter((e) => (e.kind === "gone" ? e.name : e.link.name) === "wln0").at(-1)?.kind).toBe("gone");
    // Some were lost, else this tests nothing.
    expect(events.length).toBeLessThan(1000);
    expect(events).toContainEqual({ kind: "gone", ifindex, name: "wln0" });
  });

  it("tells a renamed link as one that went and one that came", async () => {
    const events: LinkEvent[] = [];
    const watch = host.net.watch((event) => events.push(event));
    host.ip("link set wln0 name wlnew");
    await eventually(() => events.length >= 2, "two events");
    watch.cancel();
    const { ifindex } = host.net.link("wlnew")!;
    expect(events.slice(0, 2)).toMatchObject([
      { kind: "gone", ifindex, name: "wln0" },
      { kind: "link", link: { ifindex, name: "wlnew" } },
    ]);
  });
});
