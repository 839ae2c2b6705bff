import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { parseDatapathActions } from "./action-parse.js";
import { formatDatapathActions } from "./action-text.js";
import { formatPlainSet } from "./set-text.js";

const texts = [
  "set(eth(src=02:00:00:00:00:01))",
  "set(eth(dst=02:00:00:00:00:01))",
  "set(eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:fe))",
  "set(ipv4(src=1.2.3.4))",
  "set(ipv4(src=1.2.3.4,dst=255.0.0.255,ttl=63))",
  "set(ipv4(ttl=0))",
];

describe("sets of whole addresses", () => {
  it.each([...texts, "set(eth(src=02:00:00:00:00:01/01:00:00:00:00:00))", "set(ipv4(src=1.2.3.4/255.0.0.0))"])(
    "%s",
    (text) => {
      const key = newKey();
      key[W.ethType] = 0x800;
      expect(formatDatapathActions(parseDatapathActions(text), { key })).toBe(text);
    },
  );

  it("are all that is written so", () => {
    const [value, mask] = [newKey(), newKey()];
    mask[W.nw] = 0xff00;
    expect(formatPlainSet(value, mask, 0x86dd)).toBeUndefined();
    expect(formatPlainSet(value, mask, 0x800)).toBe("ipv4(ttl=0)");
    for (const word of [W.tp, W.nwDst + 1, W.vlan0, W.pktMark, W.eth]) {
      const more = mask.slice();
      more[word] = 1;
      expect(formatPlainSet(value, more, 0x800)).toBeUndefined();
    }
  });
});
