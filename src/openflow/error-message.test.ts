import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BugError } from "#util/errors.js";
import { decodeError, encodeError, encodeErrorReply } from "./error-message.js";
import type { ErrorName } from "./errors/error-row.js";
import { errorNumbers, isErrorName } from "./errors/table.js";
import { OfpError } from "./ofp-error.js";
import { OF13 } from "./version.js";

describe("an error message", () => {
  it.each([
    ["all of the request", 100, 100],
    ["what of it there is room for", 0xffff, 0xffff - 12],
  ])("quotes %s and has its xid", (_what, length, quoted) => {
    const request = new Uint8Array(length).fill(7);
    const reply = encodeErrorReply("OFPBRC_BAD_TYPE", OF13, request);
    expect(reply.length).toBe(12 + quoted);
    const read = decodeError(reply);
    expect(read).toEqual({ version: 4, xid: 0x07070707, error: "OFPBRC_BAD_TYPE", data: request.subarray(0, quoted) });
  });

  it.each([
    ["is too short", "0101000800000001"],
    ["has an unknown code", "0101000c00000001000100ff"],
    ["lacks the vendor's numbers", "0101001000000001b0c2000000002320"],
    ["has another vendor", "0401001000000001ffff000200002321"],
    ["has a version nobody knows", "0901000c0000000100010000"],
  ])("that %s is refused", (_what, hex) => {
    expect(() => decodeError(Uint8Array.from(Buffer.from(hex, "hex")))).toThrow(OfpError);
  });

  it("of any bytes is read, and encoded to the same, or refused", () => {
    const head = fc.constantFrom([0, 1], [0xb0, 0xc2, 0, 0, 0, 0, 0x23, 0x20], [0xff, 0xff], []);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), head, fc.uint8Array({ maxLength: 30 }), (version, start, rest) => {
        const message = Uint8Array.from([version, 1, 0, 8 + start.length + rest.length, 0, 0, 0, 9, ...start, ...rest]);
        try {
          const read = decodeError(message);
          expect(decodeError(encodeError(read))).toEqual(read);
        } catch (e) {
          expect(e).toBeInstanceOf(OfpError);
        }
      }),
      { seed: 3 },
    );
  });

  it("knows its names", () => {
    expect(isErrorName("OFPBAC_BAD_TYPE")).toBe(true);
    expect(isErrorName("OFPBAC_NONE")).toBe(false);
    expect(() => errorNumbers("OFPBAC_NONE" as ErrorName, OF13)).toThrow(BugError);
  });
});
