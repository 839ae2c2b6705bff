import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF13, type Version, versions } from "../version.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { decodeActions, encodeActions } from "./codec.js";
import { decodeInstructions, encodeInstructions } from "./instructions.js";
import { parseActions } from "./parse.js";
import { formatActions } from "./table.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function fault(hex: string, version: Version, decode = decodeActions): string {
  try {
    decode(new WireReader(bytes(hex)), version);
  } catch (e) {
    if (e instanceof OfpError) return e.error;
    throw e;
  }
  return "";
}

describe("actions in bytes", () => {
  // The errors are those of ovs-ofctl 3.1.0.
  it.each([
    ["a length beyond the list", "0000 0010 0001 0000", OF10, "OFPBAC_BAD_LEN"],
    ["a length that is no multiple of 8", "0000 0009 0001 0000", OF10, "OFPBAC_BAD_LEN"],
    ["a length of 0", "0000 0000 0001 0000", OF10, "OFPBAC_BAD_LEN"],
    ["another version's length", "0000 0008 0001 0000", OF13, "OFPBAC_BAD_LEN"],
    ["too long an output", "0000 0010 0001 0000 0000000000000000", OF10, "OFPBAC_BAD_LEN"],
    ["a list that ends within", "0000 0008 0001 0000 00", OF10, "OFPBRC_BAD_LEN"],
    ["an unknown type", "0077 0008 0001 0000", OF10, "OFPBAC_BAD_TYPE"],
    ["an unknown vendor", "ffff 0010 00002321 0001 000000000000", OF10, "OFPBAC_BAD_VENDOR"],
    ["an unknown subtype", "ffff 0010 00002320 00ff 000000000000", OF10, "OFPBAC_BAD_VENDOR_TYPE"],
    ["too short a value in set_field", "0019 0010 80000804 0a000001 00000000", OF13, "OFPBAC_BAD_SET_LEN"],
    ["an unknown field", "0019 0010 8000fe04 0a000001 00000000", OF13, "OFPBAC_BAD_SET_TYPE"],
    ["a port that has no 16-bit form", "0000 0010 0001ff00 0000 000000000000", OF13, "OFPBAC_BAD_OUT_PORT"],
    ["no probability", "ffff 0018 00002320 001d 0000 00000001 00000000 00000000", OF10, "OFPBAC_BAD_ARGUMENT"],
    ["a clause that is not there", "ffff 0010 00002320 0022 02 02 00000001", OF10, "NXBAC_BAD_CONJUNCTION"],
  ] as const)("refuse %s", (_what, hex, version, error) => {
    expect(fault(hex, version)).toBe(error);
  });

  it.each([
    ["twice the same", "0001 0008 01000000 0001 0008 01000000", "OFPBIC_DUP_INST"],
    ["an unknown type", "0009 0008 01000000", "OFPBIC_UNKNOWN_INST"],
    ["an experimenter's", "ffff 0008 01000000", "OFPBIC_BAD_EXPERIMENTER"],
    ["a short length", "0001 0004 01000000", "OFPBIC_BAD_LEN"],
    ["a length beyond the end", "0004 0010 00000000", "OFPBIC_BAD_LEN"],
    ["another length than its own", "0002 0008 01000000", "OFPBIC_BAD_LEN"],
  ] as const)("instructions refuse %s", (_what, hex, error) => {
    expect(fault(hex, OF13, decodeInstructions)).toBe(error);
  });

  it("do not nest for ever", () => {
    let hex = "";
    for (let i = 1; i <= 100; i++) hex = `ffff${(16 * i).toString(16).padStart(4, "0")}00002320002a000000000000${hex}`;
    expect(fault(hex, OF10)).toBe("OFPBAC_TOO_MANY");
  });

  it("say what a version cannot", () => {
    expect(() => encodeActions([{ kind: "goto_table", table: 1 }], OF13, new WireWriter())).toThrow(UserError);
  });

  it("leave out a meter where there are none, as upstream does", () => {
    for (const version of [1, 2, 3] as const) {
      const w = new WireWriter();
      encodeInstructions([{ kind: "meter", meterId: 1 }], version, w);
      expect(w.length).toBe(0);
    }
  });

  it("of any kind are read, and once read are written and read the same, or are refused", () => {
    const standard = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ minLength: 4, maxLength: 36 }));
    const nicira = fc.tuple(fc.integer({ min: 1, max: 52 }), fc.uint8Array({ minLength: 6, maxLength: 40 }));
    const padded = (head: readonly number[], body: Uint8Array): number[] => {
      const length = Math.ceil((head.length + 2 + body.length) / 8) * 8;
      const action = [head[0]!, head[1]!, length >> 8, length & 255, ...head.slice(2), ...body];
      return [...action, ...new Array<number>(length - action.length).fill(0)];
    };
    const action = fc.oneof(
      standard.map(([type, body]) => padded([0, type], body)),
      nicira.map(([type, body]) => padded([0xff, 0xff, 0, 0, 0x23, 0x20, 0, type], body)),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom(...versions), fc.array(action, { maxLength: 4 }), (version, list) => {
        const w = new WireWriter(new Uint8Array(40).fill(0xa5));
        try {
          const actions = decodeActions(new WireReader(Uint8Array.from(list.flat())), version);
          read++;
          encodeActions(actions, version, w);
          // What is only read is written as something else, which stays the same.
          const again = decodeActions(new WireReader(w.done()), version);
          const w2 = new WireWriter();
          encodeActions(again, version, w2);
          expect(w2.done()).toEqual(w.done());
          expect(decodeActions(new WireReader(w2.done()), version)).toEqual(again);
          formatActions(actions);
        } catch (e) {
          if (!(e instanceof OfpError)) throw e;
        }
      }),
      { seed: 4, numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});

describe("actions as text", () => {
  it("are read again as what they were written from", () => {
    const texts =
      "output:1,set_queue:7,LOCAL,pop_queue,resubmit(1,2),note:11.22.33.44.55.66,group:9,controller(reason=no_match,id=4)," +
      "clone(output:1,exit),sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4)";
    for (const version of versions) {
      const w = new WireWriter();
      encodeInstructions(parseActions(texts), version, w);
      expect(formatActions(decodeInstructions(new WireReader(w.done()), version))).toBe(texts);
    }
  });

  it("name ports by their names", () => {
    const ports = { portName: () => "p1", portNumber: (name: string) => (name === "p1" ? 7 : undefined) };
    const actions = parseActions("p1,output:p1,enqueue:p1:3,resubmit(p1,2)", ports);
    expect(formatActions(actions)).toBe("output:7,output:7,enqueue:7:3,resubmit(7,2)");
    expect(formatActions(actions, ports)).toBe("output:p1,output:p1,enqueue:p1:3,resubmit(p1,2)");
  });

  it("of any kind are read or refused in words", () => {
    const word = fc.constantFrom(
      ..."output set_field load move ct clone note : ( ) , -> reg0 [ ] .. 1 0x5 / = sample".split(" "),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        try {
          formatActions(parseActions(words.join("")));
        } catch (e) {
          expect(e).toBeInstanceOf(UserError);
        }
      }),
      { seed: 5, numRuns: 3000 },
    );
  });
});
