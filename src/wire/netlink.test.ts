import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import { Attributes, decodeNetlink, NetlinkRequest, netlinkErrno } from "./netlink.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("netlink", () => {
  it("builds a request with attributes padded to four bytes", () => {
    const bytes = new NetlinkRequest(18, 0x300, Uint8Array.of(1, 2, 3, 4))
      .text(3, "eth0")
      .u32(4, 1500)
      .be32(5, 1)
      .encode(7);
    expect(hex(bytes)).toBe(
      "30000000" +
        "12000103" +
        "07000000" +
        "00000000" +
        "01020304" +
        "09000300" +
        "6574683000000000" +
        "08000400" +
        "dc050000" +
        "08000500" +
        "00000001",
    );
  });

  it("nests attributes, also beyond the first buffer", () => {
    const request = new NetlinkRequest(16, 0, new Uint8Array(4));
    request.nested(18, (outer) => {
      outer.text(1, "veth").nested(2, (inner) => inner.bytes(1, new Uint8Array(1000).fill(9)));
    });
    const [message] = decodeNetlink(request.encode(1));
    const outer = new Attributes(message!.payload.subarray(4)).nested(18)!;
    expect(outer.text(1)).toBe("veth");
    expect(outer.nested(2)!.bytes(1)).toEqual(new Uint8Array(1000).fill(9));
  });

  it("splits a datagram into its messages", () => {
    const one = new NetlinkRequest(16, 0, Uint8Array.of(1, 2, 3, 4)).encode(5).slice();
    const two = new NetlinkRequest(17, 2, new Uint8Array(0)).encode(6).slice();
    expect(decodeNetlink(Uint8Array.from([...one, ...two]))).toMatchObject([
      { type: 16, flags: 1, sequence: 5, payload: Uint8Array.of(1, 2, 3, 4) },
      { type: 17, flags: 3, sequence: 6, payload: new Uint8Array(0) },
    ]);
  });

  it("reads the errno of an answer", () => {
    expect(netlinkErrno(Uint8Array.of(0xed, 0xff, 0xff, 0xff))).toBe(19);
    expect(netlinkErrno(Uint8Array.of(0, 0, 0, 0))).toBe(0);
    expect(netlinkErrno(new Uint8Array(0))).toBe(0);
  });

  it("refuses lengths that lie: message too short, too long, attribute too short, too long", () => {
    const good = new NetlinkRequest(16, 0, new Uint8Array(0)).u32(1, 2).encode(1);
    for (const length of [0, 15, 25, 0xffffffff]) {
      const bad = good.slice();
      new DataView(bad.buffer).setUint32(0, length, true);
      expect(() => decodeNetlink(bad)).toThrow(WireError);
    }
    for (const length of [0, 3, 9, 0xffff]) {
      const bad = good.slice(16);
      new DataView(bad.buffer).setUint16(0, length, true);
      expect(() => new Attributes(bad)).toThrow(WireError);
    }
  });

  it("takes any bytes or throws WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          for (const message of decodeNetlink(bytes)) new Attributes(message.payload);
          new Attributes(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { seed: 20 },
    );
  });

  it("gives no number of an attribute that is too short", () => {
    const attributes = new Attributes(Uint8Array.of(6, 0, 4, 0, 1, 2, 0, 0));
    expect(attributes.u32(4)).toBeUndefined();
    expect(attributes.u8(4)).toBe(1);
    expect(attributes.text(9)).toBeUndefined();
  });
});
