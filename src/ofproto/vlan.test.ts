import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bundle } from "./bundle.js";
import type { PortSettings } from "./settings.js";
import { carries, inputVlans, outputVlans, refusesInput } from "./vlan.js";

const port = (settings: Partial<PortSettings>): Bundle =>
  new Bundle({
    name: "p",
    vlanMode: "trunk",
    tag: -1,
    trunks: [],
    cvlans: [],
    qinqEthertype: 0x88a8,
    priorityTags: "no",
    protected: false,
    members: ["p"],
    bondMode: "active-backup",
    ...settings,
  });

const none = { outer: 0, inner: 0 };
const untagged = none;
/** A header as inside: TPID, priority, VLAN. */
const header = (vid: number, pcp = 0, tpid = 0x8100): number => ((tpid << 16) | (pcp << 13) | vid) >>> 0;
/** The same as a flow key has it. */
const inKey = (vid: number, pcp = 0, tpid = 0x8100): number => (header(vid, pcp, tpid) | 0x1000) >>> 0;

describe("VLANs of a port", () => {
  it("an access port takes untagged packets into its VLAN and gives them back untagged", () => {
    const access = port({ vlanMode: "access", tag: 10 });
    expect(refusesInput(access, 0)).toBeUndefined();
    expect(refusesInput(access, 10)).toBe("access");
    const inside = inputVlans(access.settings, untagged);
    expect(inside).toEqual({ outer: header(10), inner: 0 });
    expect(outputVlans(access.settings, inside, 0)).toMatchObject(none);
    expect(outputVlans(port({}).settings, inside, 0)).toMatchObject({ outer: inKey(10), inner: 0 });
  });

  it("a trunk keeps tags as they are", () => {
    const trunk = port({ trunks: [10, 20] });
    const packet = { outer: header(10, 3, 0x88a8), inner: header(7) };
    expect(inputVlans(trunk.settings, packet)).toEqual(packet);
    expect(outputVlans(trunk.settings, packet, packet.outer)).toMatchObject({
      outer: inKey(10, 3, 0x88a8),
      inner: inKey(7),
    });
    expect([0, 10, 30].map((vid) => refusesInput(trunk, vid))).toEqual(["trunk", undefined, "trunk"]);
  });

  it("a native VLAN is trunked even where trunks leave it out, and then no VLAN 0", () => {
    const native = port({ vlanMode: "native-untagged", tag: 10, trunks: [20] });
    const looked = { inner: false };
    const vlans = [0, 10, 20, 30].map((vid) => carries(native, { outer: header(vid), inner: 0 }, looked));
    expect(vlans).toEqual([false, true, true, false]);
    expect(outputVlans(native.settings, { outer: header(10), inner: 0 }, 0)).toMatchObject(none);
    expect(outputVlans(native.settings, { outer: header(20), inner: 0 }, 0)).toMatchObject({ outer: inKey(20) });
  });

  it("a tunnel port puts its tag around the packet's", () => {
    const tunnel = port({ vlanMode: "dot1q-tunnel", tag: 100, cvlans: [1, 2] });
    const packet = { outer: header(1, 5), inner: 0 };
    expect(inputVlans(tunnel.settings, packet)).toEqual({ outer: header(100, 0, 0x88a8), inner: header(1, 5) });
    expect(refusesInput(tunnel, 3)).toBe("tunnel");
    const looked = { inner: false };
    expect(carries(tunnel, { outer: header(100), inner: header(3) }, looked)).toBe(false);
    expect(looked.inner).toBe(true);
  });

  it("priority tags are sent as the port says", () => {
    const out = (priorityTags: PortSettings["priorityTags"], pcp: number): number => {
      const { settings } = port({ vlanMode: "access", tag: 10, priorityTags });
      return outputVlans(settings, { outer: header(10, pcp), inner: 0 }, header(10, pcp)).outer;
    };
    expect([out("no", 3), out("if-nonzero", 0), out("if-nonzero", 3)]).toEqual([0, 0, inKey(0, 3)]);
  });

  it("what a port lets in comes back out of it the same, unless it says nothing or is lost on the way", () => {
    const vid = fc.integer({ min: 1, max: 4095 });
    const pcp = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(vid, pcp, vid, fc.constantFrom("trunk", "native-tagged", "dot1q-tunnel"), (v, p, tag, vlanMode) => {
        const bundle = port({ vlanMode, tag });
        const packet = { outer: header(v, p), inner: 0 };
        const inside = inputVlans(bundle.settings, packet);
        expect(outputVlans(bundle.settings, inside, packet.outer)).toMatchObject({ outer: inKey(v, p), inner: 0 });
        expect(carries(bundle, inside, { inner: false })).toBe(true);
      }),
      { seed: 3 },
    );
  });
});
