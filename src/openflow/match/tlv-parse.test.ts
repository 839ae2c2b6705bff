import fc from "fast-check";
import { expect, it } from "vitest";
import { hex } from "#util/hex.js";
import { parseTlvs } from "./tlv-parse.js";
import { formatTlvs } from "./tlv-text.js";

it.each([
  ["<any>", ""],
  ["NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06)", "000006020800" + "00000c0106"],
  ["NXM_NX_REG0_W(00000003/ 000000ff)", "00010108" + "00000003000000ff"],
  ["00010204(00 00.0005)", "0001020400000005"],
  ["NXM_NX_COOKIE(0000000000000001)", "00013c080000000000000001"],
  ["NXM_NX_TUN_METADATA0(1234)", "000150021234"],
])("reads %s", (text, bytes) => {
  expect(hex(parseTlvs(text))).toBe(bytes);
});

it.each([
  ["bad", "bad: missing ( at end of nx_match"],
  ["NXM_OF_ETH_TYPE_W(0800/ffff)", "NXM_OF_ETH_TYPE_W(0800/ffff): unknown field `NXM_OF_ETH_TYPE_W'"],
  ["NXM_OF_ETH_TYPE(08)", "expected to read 2 bytes but got 1"],
  ["NXM_NX_REG0(00000001", "NXM_NX_REG0(00000001: missing ) following field NXM_NX_REG0"],
  ["NXM_NX_REG0_W(00000001)", "NXM_NX_REG0_W(00000001): missing / in masked field NXM_NX_REG0_W"],
  ["NXM_NX_REG0_W(00000001/00)", "): hex digits expected"],
])("refuses %s", (text, message) => {
  expect(() => parseTlvs(text)).toThrow(message);
});

it("reads what was written", () => {
  const value = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const property = fc.property(fc.array(fc.tuple(fc.nat(15), value), { maxLength: 5 }), (registers) => {
    const bytes = Uint8Array.from(registers.flatMap(([n, v]) => [0, 1, n << 1, 4, ...v]));
    expect(parseTlvs(formatTlvs(bytes))).toEqual(bytes);
  });
  fc.assert(property, { seed: 7 });
});
