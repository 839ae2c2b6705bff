import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { OF13, OF14 } from "../../version.js";
import { decodeMessage, encodeMessage } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import type { BundleAdd } from "./bundle-add.js";
import { BundleControlType } from "./bundle-control.js";
import { parseBundleFile } from "./bundle-file-parse.js";
import { BundleFlag } from "./bundle-flags.js";

const flags: number = BundleFlag.atomic | BundleFlag.ordered;
const groupDeletion = "050f00100000000200020000fffffffc";
const addition = `05220020000000020000000000000003${groupDeletion}`;

const print = (text: string): string => formatMessageBytes(unhex(text)!);
/** A text with other bytes from a place on. */
const patch = (text: string, at: number, by: string): string =>
  text.slice(0, 2 * at) + by + text.slice(2 * at + by.length);

describe("bundles", () => {
  it("are the standard's since OpenFlow 1.4, ONF's in 1.3", () => {
    const body = { kind: "bundle_control", bundleId: 7, type: BundleControlType.commitRequest, flags } as const;
    expect(hex(encodeMessage(body, OF14, 7))).toBe("05210010000000070000000700040003");
    expect(hex(encodeMessage(body, OF13, 7))).toBe("04040018000000074f4e4600000008fc0000000700040003");
    expect(print("05210010000000070000000700040003")).toBe(
      "OFPT_BUNDLE_CONTROL (OF1.4) (xid=0x7):\n bundle_id=0x7 type=COMMIT_REQUEST flags=atomic ordered\n",
    );
  });

  it("hold messages that have the transaction of what holds them", () => {
    const body: BundleAdd = {
      kind: "bundle_add",
      bundleId: 0,
      flags,
      message: unhex(patch(groupDeletion, 4, "00000009"))!,
    };
    expect(hex(encodeMessage(body, OF14, 2))).toBe(addition);
    expect(decodeMessage(unhex(addition)!).body).toEqual({ ...body, message: unhex(groupDeletion) });
    expect(print(addition)).toBe(
      "OFPT_BUNDLE_ADD_MESSAGE (OF1.4) (xid=0x2):\n bundle_id=0 flags=atomic ordered\n" +
        "OFPT_GROUP_MOD (OF1.4) (xid=0x2):\n DEL group_id=4294967292,type=all\n",
    );
  });

  it("refuse messages that differ in version or transaction, are cut off, or have no place in bundles", () => {
    const errorOf = (text: string): string => /decode error: (\w+)/.exec(print(text))?.[1] ?? "none";
    expect(errorOf(patch(addition, 16, "04"))).toBe("OFPBFC_BAD_VERSION");
    expect(errorOf(patch(addition, 20, "00000003"))).toBe("OFPBFC_MSG_BAD_XID");
    expect(errorOf(patch(addition, 18, "0018"))).toBe("OFPBFC_MSG_BAD_LEN");
    expect(errorOf(patch(addition, 17, "1d"))).toBe("OFPBFC_MSG_UNSUP");
    expect(errorOf(patch(addition, 17, "63"))).toBe("OFPBFC_MSG_UNSUP");
  });

  it("print the errors of what they hold", () => {
    const indirect = patch(addition, 24, "0000020000000005");
    expect(print(indirect).split("\n").slice(2, 4)).toEqual([
      "OFPT_GROUP_MOD (OF1.4) (xid=0x2): ***decode error: OFPGMFC_INVALID_GROUP***",
      "00000000  05 0f 00 10 00 00 00 02-00 00 02 00 00 00 00 05 |................|",
    ]);
  });
});

describe("a bundle's file", () => {
  it("has flows and groups, and tells which line is wrong", () => {
    const { messages } = parseBundleFile("flow in_port=1,actions=2\ngroup delete\n", "f");
    expect(messages.map((m) => m.kind)).toEqual(["flow_mod", "group_mod"]);
    expect(() => parseBundleFile("flow in_port=1,actions=2\nfoo\n", "f")).toThrow(
      "f:2: Unsupported bundle message type: foo",
    );
  });
});
