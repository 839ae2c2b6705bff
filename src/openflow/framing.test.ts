import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import { Framing } from "./framing.js";
import { makeMessage, readHeader } from "./header.js";

const all = (framing: Framing): Uint8Array[] => {
  const got: Uint8Array[] = [];
  for (let m = framing.next(); m !== undefined; m = framing.next()) got.push(m);
  return got;
};

describe("framing", () => {
  it("gives the same messages however their bytes are cut", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (bs, cuts) => {
        const messages = bs.map((b, i) => makeMessage(4, i, i * 7, b));
        const stream = Uint8Array.from(messages.flatMap((m) => [...m]));
        const framing = new Framing();
        const got: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length]!;
          framing.receive(stream.slice(at, at + size));
          got.push(...all(framing));
          at += size;
        }
        expect(got.map((m) => [...m])).toEqual(messages.map((m) => [...m]));
        expect(framing.buffered).toBe(0);
      }),
      { seed: 1 },
    );
  });

  it("waits for the rest", () => {
    const framing = new Framing();
    framing.receive(makeMessage(1, 0, 1, new Uint8Array(9)).subarray(0, 16));
    expect(framing.next()).toBeUndefined();
    expect(framing.buffered).toBe(16);
  });

  it.each([0, 7])("refuses a header that says %i bytes", (length) => {
    const framing = new Framing();
    framing.receive(Uint8Array.of(4, 0, 0, length, 0, 0, 0, 1));
    expect(() => framing.next()).toThrow(new WireError(`received too-short ofp_header (${length} bytes)`));
  });

  it("reads and writes a header", () => {
    const message = makeMessage(6, 14, 0xfedcba98, Uint8Array.of(1, 2));
    expect([...message]).toEqual([6, 14, 0, 10, 0xfe, 0xdc, 0xba, 0x98, 1, 2]);
    expect(readHeader(message)).toEqual({ version: 6, type: 14, length: 10, xid: 0xfedcba98 });
    expect(() => makeMessage(1, 2, 3, new Uint8Array(65528))).toThrow(RangeError);
  });
});
