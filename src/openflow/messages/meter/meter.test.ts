import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { OfpError } from "../../ofp-error.js";
import { OF13 } from "../../version.js";
import { decodeMessage, encodeMessage } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import { parseMeterMod } from "./meter-mod-parse.js";

const text =
  "meter=1,kbps,burst,stats,bands=type=drop,rate=5,burst_size=6,type=dscp_remark,rate=7,burst_size=8,prec_level=3";
/** What the installed ovs-ofctl sends for it. */
const bytes = "041d0030000000020000000d000000010001001000000005000000060000000000020010000000070000000803000000";

describe("meters", () => {
  it("have the bytes that upstream gives them, and come back", () => {
    const { meterMod } = parseMeterMod(text, "add");
    expect(hex(encodeMessage(meterMod, OF13, 2))).toBe(bytes);
    expect(decodeMessage(unhex(bytes)!).body).toEqual(meterMod);
  });

  it("are printed a line for each band", () => {
    expect(formatMessageBytes(unhex(bytes)!)).toBe(
      "OFPT_METER_MOD (OF1.3) (xid=0x2): ADD meter=1 kbps burst stats bands=\n" +
        "type=drop rate=5 burst_size=6\ntype=dscp_remark rate=7 burst_size=8 prec_level=3\n",
    );
  });

  it("of unknown commands, bands and lengths are refused", () => {
    const damage: readonly (readonly [at: number, value: number, error: string])[] = [
      [9, 3, "OFPMMFC_BAD_COMMAND"],
      [11, 3, "OFPMMFC_BAD_FLAGS"],
      [17, 9, "OFPMMFC_BAD_BAND"],
      [19, 8, "OFPBRC_BAD_LEN"],
    ];
    for (const [at, value, error] of damage) {
      const message = unhex(bytes)!;
      message[at] = value;
      expect(() => decodeMessage(message)).toThrow(error);
    }
  });

  it("of any bytes are read or refused", () => {
    const head = fc.constantFrom(
      "041d000000000001",
      "04130000000000010009000000000000",
      "0413000000000001000a000000000000",
    );
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 120 }), (h, rest) => {
        const message = Uint8Array.from([...unhex(h)!, ...rest]);
        message[3] = message.length;
        try {
          decodeMessage(message);
        } catch (e) {
          expect(e).toBeInstanceOf(OfpError);
        }
      }),
      { seed: 6, numRuns: 2000 },
    );
  });
});
