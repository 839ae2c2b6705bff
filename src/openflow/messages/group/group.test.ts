import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { OfpError } from "../../ofp-error.js";
import { formatProtocols } from "../../protocol.js";
import { OF10, OF13, OF15, type Version } from "../../version.js";
import { decodeMessage, encodeMessage } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import { parseGroupFile } from "./group-file-parse.js";
import type { GroupMod } from "./group-mod.js";
import { parseGroupMod } from "./group-mod-parse.js";

const text =
  "group_id=5,type=select,bucket=weight:100,watch_port:3,actions=output:1,bucket=bucket_id:7,actions=output:2";
/** What the installed ovs-ofctl sends for it. */
const bytes: readonly (readonly [Version, string])[] = [
  [
    OF10,
    "0104005800000002000023200000001f000001000000000500380000ffffffff" +
      "00200008000000000000000800010000000000080064000000010008000000030018000800000007" +
      "00000008000200000000000800010000",
  ],
  [
    OF13,
    "040f0050000000020000010000000005002000640000000" +
      "3ffffffff000000000000001000000001000000000000000000200001ffffffffffffffff0000000000000010000000020000000000000000",
  ],
  [
    OF15,
    "060f006000000002000001000000000500480000ffffffff" +
      "0028001000000000000000100000000100000000000000000000000800640000000100080000000300200010000000070000001000000002" +
      "00000000000000000000000800010000",
  ],
];

const decodeGroupMod = (message: Uint8Array): GroupMod => decodeMessage(message).body as GroupMod;

describe("groups", () => {
  it.each(bytes)("have the bytes that upstream gives them, wire version %i", (version, wanted) => {
    const { groupMod, usable } = parseGroupMod(text, "add");
    expect(formatProtocols(usable)).toBe("any");
    expect(hex(encodeMessage(groupMod, version, 2))).toBe(wanted);
  });

  it("come back as they were, numbers of buckets where the version has them", () => {
    const { groupMod } = parseGroupMod(`${text},set_queue:3`, "add");
    for (const version of [OF10, OF15] as const) {
      expect(decodeGroupMod(encodeMessage(groupMod, version, 1))).toEqual(groupMod);
    }
    const counted = decodeGroupMod(encodeMessage(groupMod, OF13, 1));
    expect(counted.buckets.map((b) => b.bucketId)).toEqual([0, 1]);
  });

  it("say what is wrong with them", () => {
    const complaints: string[] = [];
    const print = (message: string): string =>
      formatMessageBytes(unhex(message)!, { warn: (m, t) => complaints.push(`${m}|${t}`) }).split("\n")[0]!;
    expect(print("040f00180000000100000300000000050000000000000000")).toBe(
      "OFPT_GROUP_MOD (OF1.3) (xid=0x1): ***decode error: OFPGMFC_BAD_BUCKET***",
    );
    expect(print("060f001800000001000300000000000500000000ffffffff")).toBe(
      "OFPT_GROUP_MOD (OF1.5) (xid=0x1): ***decode error: OFPGMFC_BAD_BUCKET***",
    );
    expect(complaints).toEqual([
      "ofp_group|buckets end with 8 leftover bytes",
      "ofp_group|group command bucket id (4294967295) is out of range",
    ]);
  });

  it("print what was read before an error", () => {
    const description = "0413002000000001000700000000000000080000" + "00000005" + "0007010000000006";
    expect(formatMessageBytes(unhex(description)!).split("\n").slice(0, 3)).toEqual([
      "OFPST_GROUP_DESC reply (OF1.3) (xid=0x1):",
      " group_id=5,type=all",
      "***decode error: OFPBRC_BAD_LEN***",
    ]);
  });

  it("of any bytes are read or refused", () => {
    const body = fc.uint8Array({ maxLength: 120 });
    const head = fc.constantFrom("010400000000000100002320" + "0000001f", "040f000000000001", "060f000000000001");
    fc.assert(
      fc.property(head, fc.constantFrom("0000", "0001", "0003", "8000"), fc.nat(3), body, (h, command, type, rest) => {
        const message = Uint8Array.from([...unhex(h)!, ...unhex(command)!, type, 0, ...rest]);
        message[3] = message.length;
        try {
          decodeMessage(message);
        } catch (e) {
          expect(e).toBeInstanceOf(OfpError);
        }
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});

describe("a file of groups", () => {
  it("tells which line is wrong", () => {
    expect(() => parseGroupFile("# none\n\ngroup_id=1,type=all\ngroup_id=2\n", "f", "any")).toThrow(
      "f:4: must specify a type",
    );
  });

  it("begins lines with commands, and is usable where all of them are", () => {
    const { groupMods, usable } = parseGroupFile(
      "group_id=1,type=all\ninsert_bucket group_id=1,command_bucket_id=last\ndelete\n",
      "f",
      "any",
    );
    expect(groupMods.map((g) => g.command)).toEqual(["add", "insert_bucket", "delete"]);
    expect(formatProtocols(usable)).toBe("OpenFlow10,NXM,OXM-OpenFlow15");
  });
});
