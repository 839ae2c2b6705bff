import { SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6, prefixLength } from "./ip.js";

describe("addresses", () => {
  it("of IPv4 are dotted quads", () => {
    expect(formatIpv4(0xc0a80001)).toBe("192.168.0.1");
    expect(parseIpv4("192.168.0.1")).toBe(0xc0a80001);
    for (const bad of ["1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d", "", "1.2.3.4 "])
      expect(parseIpv4(bad)).toBeUndefined();
  });

  it("of IPv6 read and print as inet_pton and inet_ntop do", () => {
    const cases: [string, string][] = [
      ["::", "::"],
      ["::1", "::1"],
      ["1::", "1::"],
      ["fe80:0:0:0:1:0:0:2", "fe80::1:0:0:2"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
      ["::1.2.3.4", "::1.2.3.4"],
      ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
      ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
      ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ];
    for (const [text, printed] of cases) expect(formatIpv6(...parseIpv6(text)!)).toBe(printed);
  });

  it("of IPv6 that are none are refused", () => {
    for (const bad of [
      "",
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "12345::",
      "g::",
      "1.2.3.4::",
      "::1.2.3.4:5",
      "1:2:3:4:5:6:7:8::",
    ])
      expect(parseIpv6(bad), bad).toBeUndefined();
  });

  it("round trip, and agree with the runtime's own", () => {
    const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffffffff));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const text = formatIpv6(a, b, c, d);
        expect(parseIpv6(text)).toEqual([a, b, c, d]);
        expect(new SocketAddress({ address: text, family: "ipv6" }).address).toBe(text);
      }),
      { seed: 20_031 },
    );
  });

  it("have prefix lengths", () => {
    expect(prefixLength([0xffffff00])).toBe(24);
    expect(prefixLength([0])).toBe(0);
    expect(prefixLength([0xffffffff])).toBe(32);
    expect(prefixLength([0xff00ff00])).toBeUndefined();
    expect(prefixLength([0xffffffff, 0x80000000, 0, 0])).toBe(33);
    expect(prefixLength([0xfffffff0, 0x80000000, 0, 0])).toBeUndefined();
  });
});
