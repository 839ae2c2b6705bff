import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import { decodeNetlink, NetlinkRequest } from "./netlink.js";
import {
  createVeth,
  decodeAddress,
  decodeLink,
  decodeNamespaceId,
  decodeQdiscLink,
  decodeRoute,
  getNamespaceId,
  setLinkAlias,
  setLinkUp,
  setLinkWithoutAddresses,
} from "./rtnetlink.js";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const payload = (request: NetlinkRequest): Uint8Array => decodeNetlink(request.encode(1))[0]!.payload;

/** A link message with the given flags and attributes. */
function link(flags: number, fill: (request: NetlinkRequest) => void): Uint8Array {
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  view.setInt32(4, 7, true);
  view.setUint32(8, flags, true);
  const request = new NetlinkRequest(16, 0, head);
  fill(request);
  return payload(request);
}

describe("rtnetlink", () => {
  it("reads whose queueing discipline has changed", () => {
    // struct tcmsg: family, padding, ifindex, handle, parent, info.
    const message = bytesOf("00 000000 07000000 00000180 ffffffff 02000000");
    expect(decodeQdiscLink(message)).toBe(7);
    expect(decodeQdiscLink(message.subarray(0, 19))).toBeUndefined();
  });

  it("reads a link", () => {
    const stats = new Uint8Array(24 * 8);
    const numbers = new DataView(stats.buffer);
    for (let i = 0; i < 24; i++) numbers.setBigUint64(8 * i, BigInt(i + 1) * 2n ** 33n, true);
    const decoded = decodeLink(
      link(0x11043, (r) => {
        r.text(3, "p0")
          .bytes(1, Uint8Array.of(2, 0, 0, 0, 0, 1))
          .u32(4, 1400)
          .u32(10, 3)
          .u32(35, 2)
          .bytes(23, stats);
        r.u32(50, 68).u32(51, 65535).bytes(33, Uint8Array.of(1));
        r.nested(18, (info) => info.text(1, "veth"));
      }),
    );
    expect(decoded).toMatchObject({
      ifindex: 7,
      name: "p0",
      kind: "veth",
      mtu: 1400,
      minMtu: 68,
      maxMtu: 65535,
      master: 3,
    });
    expect(decoded).toMatchObject({ carrier: true, carrierChanges: 2, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
    expect(decoded!.stats).toMatchObject({ rxPackets: 2 ** 33, txPackets: 2 ** 34, rxMissedErrors: 16 * 2 ** 33 });
  });

  it("has no carrier where the link is down or the kernel says so, and takes IFF_RUNNING where it says nothing", () => {
    const carrier = (flags: number, value?: number): boolean =>
      decodeLink(link(flags, (r) => value !== undefined && r.bytes(33, Uint8Array.of(value))))!.carrier;
    expect([carrier(0, 1), carrier(1, 0), carrier(1, 1), carrier(1), carrier(0x41)]).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it("ignores what is not a link: another family, too short", () => {
    const bridgePort = link(1, () => undefined);
    bridgePort[0] = 7;
    expect(decodeLink(bridgePort)).toBeUndefined();
    expect(decodeLink(new Uint8Array(15))).toBeUndefined();
  });

  it("reads addresses, the own one of a point-to-point link", () => {
    const head = bytesOf("02 20 80 00 05000000");
    const one = bytesOf("0800 0100 0a000002  0800 0200 0a000001");
    expect(decodeAddress(Uint8Array.from([...head, ...one]))).toEqual({
      ifindex: 5,
      family: "inet",
      address: Uint8Array.of(10, 0, 0, 1),
      prefixLength: 32,
    });
    expect(decodeAddress(bytesOf("1120800005000000"))).toBeUndefined();
  });

  it("reads a unicast route, and no local one", () => {
    const head = bytesOf("02 18 00 00 fe 03 00 01 00000000");
    const rest = bytesOf("0800 0100 0a090000  0800 0400 04000000  0800 0500 0a000001  0800 0f00 00100000");
    expect(decodeRoute(Uint8Array.from([...head, ...rest]))).toEqual({
      family: "inet",
      destination: Uint8Array.of(10, 9, 0, 0),
      prefixLength: 24,
      gateway: Uint8Array.of(10, 0, 0, 1),
      ifindex: 4,
      table: 4096,
      priority: 0,
      preferredSource: undefined,
    });
    const local = Uint8Array.from([...head, ...rest]);
    local[7] = 2;
    expect(decodeRoute(local)).toBeUndefined();
  });

  it("asks to set a link up by flag and mask", () => {
    expect(Buffer.from(payload(setLinkUp(9, true))).toString("hex")).toBe(
      "00000000" + "09000000" + "01000000" + "01000000",
    );
    expect(Buffer.from(payload(setLinkUp(9, false))).toString("hex")).toBe(
      "00000000" + "09000000" + "00000000" + "01000000",
    );
  });

  it("asks for a veth pair whose peer is elsewhere", () => {
    const text = Buffer.from(payload(createVeth("a", "b", 12))).toString("hex");
    expect(text).toContain("0600030062000000" + "08001c000c000000");
    expect(Buffer.from(payload(createVeth("a", "b", undefined))).toString("hex")).not.toContain("08001c00");
  });

  it("reads which link is the other end, in which namespace, and what is written down", () => {
    const read = (fill: (r: NetlinkRequest) => unknown) => decodeLink(link(1, fill))!;
    expect(read((r) => r.u32(5, 9).text(20, "for tests"))).toMatchObject({
      alias: "for tests",
      other: { ifindex: 9, namespace: undefined },
    });
    expect(read((r) => r.u32(5, 9).u32(37, 0)).other).toEqual({ ifindex: 9, namespace: 0 });
    expect(read((r) => r.u32(4, 1500))).toMatchObject({ alias: "", other: undefined });
  });

  it("asks to set a link aside", () => {
    expect(Buffer.from(payload(setLinkAlias(9, "x"))).toString("hex")).toBe(
      "00000000" + "09000000" + "80000000" + "80000000" + "0600140078000000",
    );
    expect(
      Buffer.from(payload(setLinkWithoutAddresses(9)))
        .toString("hex")
        .slice(32),
    ).toBe("10001a80" + "0c000a80" + "0500080001000000");
  });

  it("asks for a namespace's id, of which -1 is none", () => {
    expect(Buffer.from(payload(getNamespaceId(7))).toString("hex")).toBe("00000000" + "0800030007000000");
    const answer = (id: number): Uint8Array => payload(new NetlinkRequest(88, 0, new Uint8Array(4)).u32(1, id));
    expect([decodeNamespaceId(answer(3)), decodeNamespaceId(answer(0xffffffff))]).toEqual([3, undefined]);
  });

  it("takes any bytes or throws WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0, 2, 10), (bytes, family) => {
        if (bytes.length > 0) bytes[0] = family;
        for (const decode of [decodeLink, decodeAddress, decodeRoute, decodeNamespaceId]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { seed: 21 },
    );
  });
});
