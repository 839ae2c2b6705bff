import { describe, expect, it } from "vitest";
import { setFieldBig, unwildcard } from "./access.js";
import { field } from "./fields/table.js";
import { formatFieldValue } from "./format.js";
import { newKey } from "./key.js";

describe("a field's value as text", () => {
  it.each([
    ["tcp_src", 0x3e8n, undefined, "1000"],
    ["tcp_src", 0x3e8n, 0xfff8n, "1000/0xfff8"],
    ["reg0", 0n, undefined, "0"],
    ["reg0", 5n, 0xffn, "0x5/0xff"],
    ["xxreg1", 1n << 127n, undefined, `0x8${"0".repeat(31)}`],
    ["ct_label", 5n, 0xffn, "0x5/0xff"],
    ["eth_dst", 0x010203040506n, undefined, "01:02:03:04:05:06"],
    ["eth_dst", 1n << 40n, 1n << 40n, "01:00:00:00:00:00/01:00:00:00:00:00"],
    ["ip_src", 0x0a010200n, 0xffffff00n, "10.1.2.0/24"],
    ["ip_src", 0x0a010003n, 0xffff00ffn, "10.1.0.3/255.255.0.255"],
    ["ipv6_src", 0xfe80n << 112n, 0xffffffffffffffffn << 64n, "fe80::/64"],
    ["ipv6_src", 1n, 0xffffn, "::1/::ffff"],
    ["ip_frag", 0n, undefined, "no"],
    ["ip_frag", 1n, undefined, "first"],
    ["ip_frag", 3n, undefined, "later"],
    ["ip_frag", 1n, 1n, "yes"],
    ["ip_frag", 0n, 2n, "not_later"],
    ["tcp_flags", 0x12n, undefined, "syn|ack"],
    ["tcp_flags", 0n, undefined, "0"],
    ["tcp_flags", 0x2n, 0x12n, "+syn-ack"],
    ["ct_state", 0x21n, undefined, "new|trk"],
    ["ct_state", 0x20n, 0x21n, "-new+trk"],
    ["packet_type", 0x10800n, undefined, "(1,0x800)"],
    ["tun_flags", 0n, undefined, "-oam"],
    ["in_port", 7n, undefined, "p7"],
    ["in_port", 8n, undefined, "8"],
  ] as const)("%s %s/%s is %s", (name, value, bits, text) => {
    const f = field(name);
    const [key, mask] = [newKey(), newKey()];
    setFieldBig(key, f, value);
    if (bits === undefined) unwildcard(mask, f);
    else setFieldBig(mask, f, bits);
    expect(formatFieldValue(f, key, mask, { portName: (n) => (n === 7 ? "p7" : undefined) })).toBe(text);
  });
});
