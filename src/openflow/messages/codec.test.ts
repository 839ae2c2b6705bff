import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { OF10, OF13 } from "../version.js";
import { decodeMessage, encodeMessage } from "./codec.js";
import { formatMessageBytes } from "./print.js";

describe("messages", () => {
  it("have the number of their version", () => {
    expect(hex(encodeMessage({ kind: "barrier_request" }, OF10, 1))).toBe("0112000800000001");
    expect(hex(encodeMessage({ kind: "barrier_request" }, OF13, 1))).toBe("0414000800000001");
    expect(decodeMessage(unhex("0414000800000001")!)).toEqual({
      version: OF13,
      xid: 1,
      name: "OFPT_BARRIER_REQUEST",
      flags: 0,
      body: { kind: "barrier_request" },
    });
  });

  it("of a wrong length or number are refused and dumped", () => {
    const complaints: string[] = [];
    const print = (text: string) => formatMessageBytes(unhex(text)!, { warn: (m, t) => complaints.push(`${m}|${t}`) });
    expect(print("04140009000000010d")).toBe(
      "***decode error: OFPBRC_BAD_LEN***\n00000000  04 14 00 09 00 00 00 01-0d                      |.........       |\n",
    );
    expect(print("0463000800000001")).toBe(
      "***decode error: OFPBRC_BAD_TYPE***\n00000000  04 63 00 08 00 00 00 01-                        |.c......        |\n",
    );
    expect(complaints).toEqual([
      "ofp_msgs|received OFPT_BARRIER_REQUEST with incorrect length 9 (expected length 8)",
      "ofp_msgs|unknown OpenFlow message (version 4, type 99)",
    ]);
  });
});
