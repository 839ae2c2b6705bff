import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fields } from "#flow/fields/table.js";
import { formatMatch } from "../match-text.js";
import { OfpError } from "../ofp-error.js";
import { OF13, versions } from "../version.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { decodeOxm, encodeOxm } from "./oxm.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function fault(hex: string): string {
  try {
    decodeOxm(new WireReader(bytes(hex)));
    return "";
  } catch (e) {
    if (e instanceof OfpError) return e.error;
    throw e;
  }
}

describe("a match in TLVs", () => {
  it("is read and written", () => {
    const hex = "800000040000000380000a0208008000160401020304 800014 01 06 80001c020050".replaceAll(" ", "");
    const match = decodeOxm(new WireReader(bytes(hex)));
    expect(formatMatch(match)).toBe("tcp,in_port=3,nw_src=1.2.3.4,tp_dst=80");
    const w = new WireWriter(new Uint8Array(10).fill(0xa5));
    encodeOxm(match, OF13, w);
    expect(Buffer.from(w.done()).toString("hex")).toBe(hex);
  });

  it("takes a whole mask of a field that may have none", () => {
    expect(formatMatch(decodeOxm(new WireReader(bytes("80000b040800ffff"))))).toBe("ip");
  });

  // As ovs-ofctl 3.1.0 has them.
  it.each([
    ["a piece of a header", "800000", "OFPBMC_BAD_LEN"],
    ["a value beyond the end", "80000004 000003", "OFPBMC_BAD_LEN"],
    ["another field's length", "80000002 0003", "OFPBMC_BAD_FIELD"],
    ["an experimenter's without its number", "ffff0003 000000", "OFPBMC_BAD_LEN"],
    ["an experimenter's that ends before its number", "ffff0004", "OFPBMC_BAD_LEN"],
    ["an unknown field", "80007e01 00", "OFPBMC_BAD_FIELD"],
    ["a mask where none may be", "80000b04 0800ff00", "OFPBMC_BAD_MASK"],
    ["value bits outside the mask", "00010108 00000005 00000003", "OFPBMC_BAD_WILDCARDS"],
    ["a value with bits that are not the field's", "80000a02 0800 80001001 40", "OFPBMC_BAD_VALUE"],
    ["a port that is none", "80000004 00010000", "OFPBMC_BAD_VALUE"],
    ["no prerequisite", "80001604 01020304", "OFPBMC_BAD_PREREQ"],
    ["the same twice", "80000a02 0800 80000a02 0800", "OFPBMC_DUP_FIELD"],
    ["two names of the same", "80000a02 0800 00000602 0800", "OFPBMC_DUP_FIELD"],
  ])("refuses %s", (_what, hex, error) => {
    expect(fault(hex)).toBe(error);
  });

  it("passes over unknown fields where it may", () => {
    const match = decodeOxm(new WireReader(bytes("80007e01 00 80000004 00000003")), { strict: false });
    expect(formatMatch(match)).toBe("in_port=3");
  });

  it("of any bytes is read, and once read is written and read the same, or is refused", () => {
    const codes = fields.flatMap((f) => [...f.oxm, ...f.nxm].map((c) => ({ c, length: f.bytes })));
    const tlv = fc
      .tuple(fc.constantFrom(...codes), fc.boolean(), fc.uint8Array({ minLength: 16, maxLength: 16 }))
      .map(([{ c, length }, hasMask, value]) => {
        const w = new WireWriter();
        const size = Math.min(length, 16);
        const long = c.experimenter === undefined ? 0 : 4;
        w.u16(c.class)
          .u8((c.field << 1) | (hasMask ? 1 : 0))
          .u8(long + (hasMask ? 2 : 1) * size);
        if (c.experimenter !== undefined) w.u32(c.experimenter);
        w.raw(value.subarray(0, size));
        if (hasMask) w.raw(new Uint8Array(size).fill(0xff));
        return [...w.done()];
      });
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom(...versions), fc.array(tlv, { maxLength: 3 }), (version, list) => {
        try {
          const match = decodeOxm(new WireReader(Uint8Array.from(list.flat())));
          read++;
          const w = new WireWriter(new Uint8Array(40).fill(0xa5));
          encodeOxm(match, version, w);
          const again = decodeOxm(new WireReader(w.done()));
          const w2 = new WireWriter();
          encodeOxm(again, version, w2);
          expect(w2.done()).toEqual(w.done());
        } catch (e) {
          if (!(e instanceof OfpError)) throw e;
        }
      }),
      { seed: 6, numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
