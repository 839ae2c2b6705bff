import { expect, it } from "vitest";
import { unhex } from "#util/hex.js";
import { OF10 } from "../version.js";
import { encodeMessage } from "./codec.js";
import type { PhyPort } from "./port/phy-port.js";
import { formatMessageBytes } from "./print.js";

const port: PhyPort = {
  ...{ number: 1, address: 0x0200_0000_0001, name: "p", config: 0, state: 0 },
  ...{ current: 0, advertised: 0, supported: 0, peer: 0, currentSpeed: 0, maxSpeed: 0 },
};

it("prints as many ports as go into a message, each once", { timeout: 1500 }, () => {
  const bytes = encodeMessage(
    {
      kind: "features_reply",
      ...{ datapathId: 1n, buffers: 0, tables: 1, auxiliaryId: 0, capabilities: [], actions: [] },
      ports: new Array<PhyPort>(1300).fill(port),
    },
    OF10,
    1,
  );
  expect(formatMessageBytes(bytes).match(/addr:/g)).toHaveLength(1300);
});

it.each([
  ["201200100000002b000b000000000000", "OFPBRC_BAD_TYPE", "unknown OpenFlow message (version 32, type 18)"],
  [
    "2012001800000001ffff0000000000000000232000000000",
    "OFPBRC_BAD_SUBTYPE",
    "unknown OpenFlow message (version 32, type 18, vendor 0x2320, subtype 0)",
  ],
  ["061200100000002b0bad000000000000", "OFPBRC_BAD_STAT", "unknown OpenFlow message (version 6, type 18, stat 2989)"],
])("%s is no message", (text, error, complaint) => {
  const log: string[] = [];
  const printed = formatMessageBytes(unhex(text)!, { warn: (_module, words) => void log.push(words) });
  expect(printed).toContain(`***decode error: ${error}***`);
  expect(log).toEqual([complaint]);
});

// What ovs-ofctl 3.1.0 prints.
it("names the actions that OpenFlow 1.1's groups have", () => {
  const text = `0213004000000007ffff000000000000000023200000000900000001${"00".repeat(20)}ffffffff${"00".repeat(12)}`;
  expect(formatMessageBytes(unhex(text)!)).toContain(
    "actions: output group set_vlan_vid set_vlan_pcp strip_vlan push_vlan mod_dl_src mod_dl_dst mod_nw_src mod_nw_dst " +
      "mod_nw_tos mod_nw_ecn mod_nw_ttl mod_tp_src mod_tp_dst dec_ttl set_mpls_label set_mpls_tc set_mpls_ttl " +
      "dec_mpls_ttl push_mpls pop_mpls set_queue\n",
  );
});

it.each([
  ["0513001800000008000e0000000000001000000008000200", "(xid=0x8): ***decode error: OFPBRC_BAD_LEN***\n"],
  ["0513001800000008000e0001000000001000000008000200", "(xid=0x8): flags=[more]\n***decode error: OFPBRC_BAD_LEN***\n"],
])("parts an error from what is before it: %s", (text, expected) => {
  expect(formatMessageBytes(unhex(text)!)).toContain(expected);
});
