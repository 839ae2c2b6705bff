import { describe, expect, it } from "vitest";
import { hex } from "#util/hex.js";
import { OF10 } from "../../version.js";
import { encodeMessage } from "../codec.js";
import { parseCtFlush } from "./ct-flush-parse.js";

const bytes = (...words: readonly string[]): string => hex(encodeMessage(parseCtFlush(words), OF10, 2)).slice(32);

// What ovs-ofctl 3.1.0 sends and says.
describe("ct-flush as text", () => {
  it.each([
    [[], "0000000000000000"],
    [["zone=70000"], "00000000000000000002000811700000"],
    [["zone=5x"], "00000000000000000002000800050000"],
    [["ct_nw_proto=6"], "0600000000000000"],
    [["", "ct_nw_src=1.2.3.4"], "000000000000000000010020000000000000001400000000000000000000ffff0102030400000000"],
    [
      ["ct_nw_src=10.0.0.1,ct_nw_proto=6", "ct_nw_dst=10.0.0.3,ct_tp_src=7"],
      "060000000000000000000020000000000000001400000000000000000000ffff0a0000010000000000010028000000000001001400000000000000000000ffff0a000003000000000002000800070000",
    ],
    [
      ["zone=65535", "ct_ipv6_src=fc00::1,ct_nw_proto=58,icmp_id=1,icmp_type=8,icmp_code=2"],
      "3a00000000000000000000380000000000000014fc00000000000000000000000000000100000000000400080001000000050005080000000006000502000000000100200000000000040008000000000005000500000000000600050000000000020008ffff0000",
    ],
    [
      ["ct_nw_proto=1,ct_tp_dst=258"],
      "010000000000000000000020000000000004000800000000000500050200000000060005010000000001002000000000000400080000000000050005000000000006000500000000",
    ],
  ])("%j", (words, expected) => {
    expect(bytes(...words)).toBe(expected);
  });

  it.each([
    [["zone=x"], "Failed to parse zone"],
    [["foo=1"], "Failed to parse ct-tuple: invalid conntrack tuple field: foo"],
    [["zone=5", "zone=6"], "Failed to parse ct-tuple: invalid conntrack tuple field: zone"],
    [["ct_nw_proto"], "Failed to parse ct-tuple: field ct_nw_proto missing value"],
    [["ct_nw_proto=300"], "Failed to parse ct-tuple: failed to parse field ct_nw_proto"],
    [["ct_tp_src=1"], "Failed to parse ct-tuple: port is set without protocol"],
    [["icmp_type=1,ct_nw_proto=1"], "Failed to parse ct-tuple: invalid L4 fields"],
    [["ct_nw_src=1.2.3.4,ct_nw_src=1.2.3.5"], "Failed to parse ct-tuple: ct_nw_src is set multiple times"],
    [["ct_nw_src=1.1.1.1", "ct_ipv6_src=::1"], "Failed to parse ct-tuple: the L3 protocol does not match ::1"],
    [["ct_nw_src=10.0.0.1/24"], "Failed to parse ct-tuple: failed to parse field ct_nw_src"],
  ])("%j is refused", (words, message) => {
    expect(() => parseCtFlush(words)).toThrow(message);
  });
});
