import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { decodeMessage, encodeMessage } from "../codec.js";
import { formatMessageBytes } from "../print.js";

/** A message as text, with what is logged of it. */
function printed(text: string, verbosity = 1): string {
  const log: string[] = [];
  const out = formatMessageBytes(unhex(text.replaceAll(" ", ""))!, {
    verbosity,
    warn: (module, words) => log.push(`${module}: ${words}\n`),
  });
  return log.join("") + out;
}

// The texts are those of ovs-ofctl 3.1.0.
describe("messages about the connection as text", () => {
  it("a hello that says more than is known is dumped", () => {
    expect(printed("0600001100000001 0001000800000012 ab")).toBe(
      "OFPT_HELLO (OF1.5) (xid=0x1):\n version bitmap: 0x01, 0x04\n unknown data in hello:\n" +
        "00000000  06 00 00 11 00 00 00 01-00 01 00 08 00 00 00 12 |................|\n" +
        "00000010  ab                                              |.               |\n",
    );
  });

  it("messages that all versions have are read in versions that nobody knows", () => {
    expect(printed("9902000900000001aa", 2)).toBe(
      "OFPT_ECHO_REQUEST (OF 0x99) (xid=0x1): 1 bytes of payload\n00000000  aa                                              |.               |\n",
    );
    expect(printed("9905000800000001")).toMatch(/^ofp_msgs: unknown OpenFlow message \(version 153, type 5\)\n\*\*\*/);
  });

  it("an error shows its request, or the text of a failed hello", () => {
    expect(printed("0401001400000001 00010006 0414000800000001")).toBe(
      "OFPT_ERROR (OF1.3) (xid=0x1): OFPBRC_BAD_LEN\nOFPT_BARRIER_REQUEST (OF1.3) (xid=0x1):\n",
    );
    expect(printed("0401001000000001 00000000 6f0a225c")).toBe(
      "OFPT_ERROR (OF1.3) (xid=0x1): OFPHFC_INCOMPATIBLE\no\\012\\042\\134\n",
    );
    expect(printed("0401000c00000001 00010001")).toBe(
      "OFPT_ERROR (OF1.3) (xid=0x1): OFPBRC_BAD_TYPE\nOpenFlow message is empty\n",
    );
  });

  it("errors within errors end somewhere", () => {
    let quoted = "";
    for (let length = 12; length < 65000; length += 12) {
      quoted = `0401${length.toString(16).padStart(4, "0")}0000000100010001${quoted}`;
    }
    expect(printed(quoted).split("\n").length).toBeGreaterThan(50);
  });

  it("ports that were read before one at fault are printed", () => {
    const port = (number: string): string =>
      `${number}00000000 020000000001 0000 ${"70310000".padEnd(32, "0")} ${"00".repeat(32)}`;
    const features = `030600a000000001 0000000000000023 00000100 fe 00 0000 00000001 00000000`;
    expect(printed(`${features}${port("00000001")}${port("00010000")}`).split("00000000  03 06")[0]).toBe(
      "ofp_port: port 65536 is outside the supported range 0 through 65279 or 0xffffff00 through 0xffffffff\n" +
        "OFPT_FEATURES_REPLY (OF1.2) (xid=0x1): dpid:0000000000000023\nn_tables:254, n_buffers:256\ncapabilities: FLOW_STATS\n" +
        " 1(p1): addr:02:00:00:00:00:01\n     config:     0\n     state:      0\n     speed: 0 Mbps now, 0 Mbps max\n" +
        "***decode error: OFPBAC_BAD_OUT_PORT***\n",
    );
  });

  it.each([
    ["flags that a version lacks", "0409000c00000001 0004 0080", "***decode error: OFPSCFC_BAD_FLAGS***"],
    ["a role", "0318001800000001 00000004 00000000 0000000000000000", "***decode error: OFPRRFC_BAD_ROLE***"],
    ["an asynchronous message's reason", "051c001000000001 0000 0008 00000040", "***decode error: OFPACFC_INVALID***"],
    ["an asynchronous message", "051c001000000001 000c 0008 00000001", "***decode error: OFPACFC_UNSUPPORTED***"],
    [
      "an option's length",
      "0104002000000001 00002320 00000018 0000000000000000 ffff800500000000",
      "***decode error: NXTTMFC_BAD_OPT_LEN***",
    ],
    ["padding", "0104001800000001 00002320 00000020 0600000000000001", "***decode error: NXBRC_MUST_BE_ZERO***"],
  ])("%s may be at fault", (_what, bytes, text) => {
    expect(printed(bytes)).toContain(text);
  });
});

describe("messages about the connection in bytes", () => {
  it.each([
    ["a hello of all versions", { kind: "hello", allowed: 0x1e }, 4, "0400000800000001"],
    ["a hello of some", { kind: "hello", allowed: 0x12 }, 4, "04000010000000010001000800000012"],
    [
      "a role without its generation",
      { kind: "role_request", role: "secondary" },
      1,
      "0104001400000001000023200000000a00000002",
    ],
    ["a role", { kind: "role_request", role: "nochange" }, 4, "04180018000000010000000000000000ffffffffffffffff"],
    ["flushing a zone", { kind: "ct_flush_zone", zone: 3 }, 1, "010400180000000100002320 0000001d0000000000000003"],
  ] as const)("%s", (_what, body, version, bytes) => {
    expect(hex(encodeMessage(body, version, 1))).toBe(bytes.replaceAll(" ", ""));
    expect(decodeMessage(unhex(bytes.replaceAll(" ", ""))!).body).toEqual(body);
  });
});
