import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Prerequisite } from "./fields/field.js";
import { fields } from "./fields/table.js";
import { type FlowKey, newKey } from "./key.js";
import { W } from "./layout.js";
import { parseOdpKey } from "./odp-parse.js";
import { prerequisiteHolds, unwildcardPrerequisite } from "./prerequisites.js";

const all: readonly Prerequisite[] = [...new Set(fields.map((f) => f.prerequisite))];
const ip = "eth(),eth_type(0x0800),ipv4";
const ip6 = "eth(),eth_type(0x86dd),ipv6";

describe("prerequisites", () => {
  it.each([
    [`${ip}(proto=6,frag=no)`, ["ipv4", "ipAny", "tcp"]],
    [`${ip}(proto=6,frag=first)`, ["ipv4", "ipAny", "tcp"]],
    [`${ip}(proto=6,frag=later)`, ["ipv4", "ipAny"]],
    [`${ip}(proto=58,frag=no)`, ["ipv4", "ipAny"]],
    [`ct_state(trk|est),${ip}(proto=1,frag=no)`, ["ipv4", "ipAny", "icmpv4", "ct"]],
    [`ct_state(trk),${ip}(proto=132,frag=no)`, ["ipv4", "ipAny", "sctp"]],
    [`${ip6}(proto=17,frag=no)`, ["ipv6", "ipAny", "udp"]],
    [`${ip6}(proto=58,frag=no),icmpv6(type=128,code=0)`, ["ipv6", "ipAny", "icmpv6"]],
    [`${ip6}(proto=58,frag=no),icmpv6(type=135,code=0)`, ["ipv6", "ipAny", "icmpv6", "nd", "ndSolicit"]],
    [`${ip6}(proto=58,frag=no),icmpv6(type=136,code=0)`, ["ipv6", "ipAny", "icmpv6", "nd", "ndAdvert"]],
    [`${ip6}(proto=58,frag=no),icmpv6(type=136,code=1)`, ["ipv6", "ipAny", "icmpv6"]],
    ["eth(),eth_type(0x8035),arp(op=3)", ["arp"]],
    ["eth(),eth_type(0x8848),mpls(label=1,tc=0,ttl=1,bos=1)", ["mpls"]],
    ["eth(),eth_type(0x894f),nsh(ttl=1)", ["nsh"]],
    ["eth(),eth_type(0x8100),vlan(vid=0,pcp=0),encap(eth_type(0x0806))", ["vlanVid", "arp"]],
  ] as const)("of %s are %j", (text, expected) => {
    const { key } = parseOdpKey(text);
    const holding = all.filter((p) => prerequisiteHolds(p, key));
    expect(new Set(holding)).toEqual(new Set(["none", "ethernet", ...expected]));
  });

  it("are decided by the bits that are unwildcarded for them", () => {
    const types = fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8847, 0x894f, 0x1234);
    const key: fc.Arbitrary<FlowKey> = fc
      .record({
        type: types,
        vlan: fc.constantFrom(0, 0x81001005),
        proto: fc.constantFrom(1, 6, 17, 58, 132, 47),
        frag: fc.constantFrom(0, 1, 3),
        tp: fc.constantFrom(135 << 16, 136 << 16, (135 << 16) | 1, 5),
        ct: fc.nat(0xff),
      })
      .map(({ type, vlan, proto, frag, tp, ct }) => {
        const k = newKey();
        k[W.ethType] = type;
        k[W.vlan0] = vlan;
        k[W.nw] = (frag << 24) | proto;
        k[W.tp] = tp;
        k[W.ctState] = ct;
        return k;
      });
    fc.assert(
      fc.property(key, key, fc.constantFrom(...all), (a, b, need) => {
        const mask = newKey();
        unwildcardPrerequisite(mask, need, a);
        const twin = a.map((w, i) => (w & mask[i]!) | (b[i]! & ~mask[i]!));
        expect(prerequisiteHolds(need, twin)).toBe(prerequisiteHolds(need, a));
      }),
      { numRuns: 3000, seed: 20_031 },
    );
  });
});
