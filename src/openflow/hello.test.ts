import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeError } from "./error-message.js";
import {
  decodeHello,
  encodeHello,
  encodeIncompatible,
  formatVersions,
  negotiate,
  negotiationFailure,
  versionBitmap,
  versionsOf,
} from "./hello.js";
import { OfpError } from "./ofp-error.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("hello", () => {
  // As `ovs-ofctl encode-hello` of Open vSwitch 3.1.0 has them.
  it.each([
    [0x2, "0100000800000001"],
    [0x7e, "0600000800000001"],
    [0x12, "04000010000000010001000800000012"],
    [0x20, "05000010000000010001000800000020"],
    [0x7c, "0600001000000001000100080000007c"],
  ])("of versions 0x%x", (bitmap, expected) => {
    expect(hex(encodeHello(bitmap, 1))).toBe(expected);
    expect(decodeHello(bytes(expected))).toEqual({
      xid: 1,
      version: bytes(expected)[0],
      allowed: bitmap,
      wellFormed: true,
    });
  });

  it.each([
    ["a bitmap of no bytes", "0400000c0000000100010004"],
    ["an unknown element", "04000010000000010002000800000012"],
    ["no version in the bitmap", "04000010000000010001000800000000"],
    ["only version 0 in it", "04000010000000010001000800000001"],
    ["an element shorter than its own header", "04000010000000010001000300000012"],
    ["an element that says it is longer", "04000010000000010001000900000012"],
    ["a piece of an element", "0400000a000000010001"],
  ])("falls back on its header for %s", (_what, message) => {
    expect(decodeHello(bytes(message))).toEqual({ xid: 1, version: 4, allowed: 0x1e, wellFormed: false });
  });

  it("reads the first bitmap word of several", () => {
    expect(decodeHello(bytes("04000018000000010001000c000000120000000000000000")).allowed).toBe(0x12);
  });

  it("of any bytes is read or is too short", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (message) => {
        try {
          expect(decodeHello(message).allowed).not.toBeUndefined();
        } catch (e) {
          expect(e).toBeInstanceOf(OfpError);
          expect(message.length).toBeLessThan(8);
        }
      }),
      { seed: 2 },
    );
  });
});

describe("negotiation", () => {
  it("takes the highest version of both", () => {
    expect(negotiate(versionBitmap([1, 4, 5]), versionBitmap([1, 4, 6]))).toBe(4);
    expect(negotiate(0x12, 0x20)).toBeUndefined();
    expect(versionsOf(0x82)).toEqual([1]);
  });

  // Recorded from Open vSwitch 3.1.0.
  it.each([
    [0x06, 0x30, "we support version 0x02 and earlier, peer supports versions 0x04, 0x05"],
    [0x02, 0x60, "we support version 0x01, peer supports versions 0x05, 0x06"],
    [0x12, 0x0c, "we support versions 0x01, 0x04, peer supports versions 0x02, 0x03"],
  ])("says why it fails: %#", (ours, theirs, text) => {
    expect(negotiationFailure(ours, theirs)).toBe(`version negotiation failed (${text})`);
  });

  it("answers with the versions of both sides", () => {
    const sent = encodeIncompatible(0x06, 0x30);
    expect(hex(sent.subarray(0, 12))).toBe("050100650000000000000000");
    expect(new TextDecoder().decode(decodeError(sent).data)).toBe(
      "We support version 0x02 and earlier, you support versions 0x04, 0x05, no common versions.",
    );
    expect(formatVersions(0)).toBe("no versions");
  });
});
