import { afterEach, beforeEach, expect, it } from "vitest";
import type { LinkEvent, NetHost } from "#host/net.js";

/** What a run of the contract gets: an empty host of its own, and a way to let its events come. */
export interface NetHostFixture {
  readonly net: NetHost;
  settle(): Promise<void>;
  close(): void;
}

/** The rules that every `NetHost` keeps. */
export function netHostContract(open: () => NetHostFixture): void {
  let fixture: NetHostFixture;
  let net: NetHost;
  beforeEach(() => {
    fixture = open();
    net = fixture.net;
  });
  afterEach(() => fixture.close());

  it("makes a veth pair whose carrier needs both ends up", () => {
    net.createVeth("wlc0", "wlc1");
    expect(net.link("wlc0")).toMatchObject({ name: "wlc0", kind: "veth", mtu: 1500, carrier: false, master: 0 });
    net.setUp("wlc0", true);
    expect(net.link("wlc0")!.carrier).toBe(false);
    net.setUp("wlc1", true);
    expect(net.link("wlc0")!.carrier).toBe(true);
    expect(net.link("wlc1")!.carrier).toBe(true);
    const changes = net.link("wlc0")!.carrierChanges;
    net.setUp("wlc1", false);
    expect(net.link("wlc0")).toMatchObject({ carrier: false, carrierChanges: changes + 1 });
  });

  it("has no link of an unknown, empty or too long name", () => {
    for (const name of ["wlnone", "", "a-name-of-16-byt"]) expect(net.link(name)).toBeUndefined();
    expect(() => net.setUp("wlnone", true)).toThrow(expect.objectContaining({ code: "ENODEV" }));
    expect(() => net.capture("wlnone")).toThrow(expect.objectContaining({ code: "ENODEV", errno: 19 }));
    expect(() => net.createVeth("a-name-of-16-byt", "wlc1")).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  it("refuses a name in use", () => {
    net.createVeth("wlc0", "wlc1");
    expect(() => net.createVeth("wlc0", "wlc2")).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(net.link("wlc2")).toBeUndefined();
  });

  it("sets MTU and MAC, and refuses what the device cannot have", () => {
    net.createVeth("wlc0", "wlc1");
    net.setMtu("wlc0", 9000);
    const mac = Uint8Array.of(0x02, 1, 2, 3, 4, 5);
    net.setMac("wlc0", mac);
    expect(net.link("wlc0")).toMatchObject({ mtu: 9000, mac });
    expect(() => net.setMtu("wlc0", 1)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => net.setMac("wlc0", Uint8Array.of(0x01, 0, 0, 0, 0, 1))).toThrow(
      expect.objectContaining({ code: "EADDRNOTAVAIL" }),
    );
    expect(net.link("wlc0")).toMatchObject({ mtu: 9000, mac });
  });

  it("finds a veth's other end, and keeps what is written down of a link", () => {
    net.createVeth("wlc0", "wlc1");
    net.setAside("wlc1", "what it is for");
    expect(net.link("wlc1")!.alias).toBe("what it is for");
    expect(net.link("wlc0")!.alias).toBe("");
    const end = net.otherEnd("wlc1")!;
    expect([end.net === net, end.name]).toEqual([true, "wlc0"]);
    end.close();
    expect(net.otherEnd("wlnone")).toBeUndefined();
    expect(() => net.setAside("wlnone", "")).toThrow(expect.objectContaining({ code: "ENODEV" }));
  });

  it("removes both ends of a veth", () => {
    net.createVeth("wlc0", "wlc1");
    net.deleteLink("wlc1");
    expect(net.link("wlc0")).toBeUndefined();
  });

  it("tells of links that come, change and go", async () => {
    const events: LinkEvent[] = [];
    const watch = net.watch((event) => events.push(event));
    net.createVeth("wlc0", "wlc1");
    net.setMtu("wlc0", 1400);
    await fixture.settle();
    const last = events.filter((e) => e.kind === "link" && e.link.name === "wlc0").at(-1);
    expect(last).toMatchObject({ kind: "link", link: { mtu: 1400 } });
    const { ifindex } = net.link("wlc0")!;
    net.deleteLink("wlc0");
    await fixture.settle();
    expect(events.filter((e) => e.kind === "gone")).toContainEqual({ kind: "gone", ifindex, name: "wlc0" });
    watch.cancel();
    const count = events.length;
    net.createVeth("wlc0", "wlc1");
    await fixture.settle();
    expect(events.length).toBe(count);
  });

  it("makes a TAP that goes when it is closed", () => {
    const tap = net.openTap("wltap", { persist: false });
    expect(tap.created).toBe(true);
    expect(tap.frames).toMatchObject({ name: "wltap", mtu: 1500, ifindex: net.link("wltap")!.ifindex });
    expect(net.link("wltap")!.kind).toBe("tun");
    expect(() => net.openTap("wltap", { persist: false })).toThrow(expect.objectContaining({ code: "EBUSY" }));
    tap.close();
    expect(net.link("wltap")).toBeUndefined();
  });

  it("finds a persistent TAP again", () => {
    net.openTap("wltap", { persist: true }).close();
    expect(net.link("wltap")).toBeDefined();
    const again = net.openTap("wltap", { persist: false });
    expect(again.created).toBe(false);
    again.close();
    net.deleteLink("wltap");
  });

  it("refuses a TAP where another kind of device has the name", () => {
    net.createVeth("wlc0", "wlc1");
    expect(() => net.openTap("wlc0", { persist: false })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(net.link("wlc0")!.kind).toBe("veth");
  });

  it("captures a link, hidden from the host", () => {
    net.createVeth("wlc0", "wlc1");
    const capture = net.capture("wlc0");
    expect(capture.frames).toMatchObject({ name: "wlc0", ifindex: net.link("wlc0")!.ifindex });
    expect(capture.hidden.by).not.toBe("none");
    capture.close();
  });

  it("knows the driver of a link, and nothing of a missing one", () => {
    net.createVeth("wlc0", "wlc1");
    expect(net.settings("wlc0")).toMatchObject({ driver: "veth", speed: 10e9, duplex: "full" });
    expect(net.settings("wlnone")).toMatchObject({ driver: "", speed: undefined });
  });
}
