import { describe, expect, it } from "vitest";
import { wordMask } from "../access.js";
import { KEY_WORDS, STAGES, stageOf, W } from "../layout.js";
import { codepointFor, field, fieldByCodepoint, fieldByName, fields } from "./table.js";

describe("the field table", () => {
  it("has every field, densely numbered", () => {
    expect(fields.length).toBe(183);
    expect(fields.map((f) => f.id)).toEqual([...fields.keys()]);
  });

  it("finds by name, alias and codepoint", () => {
    expect(field("dl_src")).toBe(field("eth_src"));
    expect(fieldByName("NXM_NX_REG3")).toBe(field("reg3"));
    expect(fieldByName("nothing")).toBeUndefined();
    expect(() => field("nothing")).toThrow("no field nothing");
    expect(fieldByCodepoint(0x8000, 11)).toBe(field("ip_src"));
    expect(fieldByCodepoint(0xffff, 42, 0x4f4e4600)).toBe(field("tcp_flags"));
    expect(fieldByCodepoint(0xffff, 42)).toBeUndefined();
    for (const f of fields)
      for (const c of [...f.oxm, ...f.nxm]) expect(fieldByCodepoint(c.class, c.field, c.experimenter)).toBe(f);
  });

  it("chooses the codepoint by version", () => {
    expect(codepointFor(field("tcp_flags"), 6)?.name).toBe("OXM_OF_TCP_FLAGS");
    expect(codepointFor(field("tcp_flags"), 4)?.name).toBe("ONFOXM_ET_TCP_FLAGS");
    expect(codepointFor(field("tcp_flags"), 1)?.name).toBe("NXM_NX_TCP_FLAGS");
    expect(codepointFor(field("ip_src"), 1)?.name).toBe("NXM_OF_IP_SRC");
    expect(codepointFor(field("tun_id"), 3)?.name).toBe("NXM_NX_TUN_ID");
    expect(codepointFor(field("skb_priority"), 6)).toBeUndefined();
  });

  it("places every field within the key and within one stage", () => {
    for (const f of fields.filter((g) => g.bits > 0)) {
      expect(f.word + f.words).toBeLessThanOrEqual(KEY_WORDS);
      expect(f.shift).toBeLessThan(32);
      expect(f.bits).toBeLessThanOrEqual(f.bytes * 8);
      expect(stageOf(f.word)).toBe(stageOf(f.word + f.words - 1));
      let bits = 0;
      for (let i = 0; i < f.words; i++) bits += wordMask(f, i).toString(2).replaceAll("0", "").length;
      expect(bits, f.name).toBe(f.bits);
    }
  });

  it("lets fields share bits only where they are the same thing, or never there together", () => {
    const families = [
      ["reg", "xreg", "xxreg"],
      ["in_port", "in_port_oxm"],
      ["vlan_tci", "dl_vlan", "dl_vlan_pcp", "vlan_vid", "vlan_pcp"],
      ["nw_tos", "ip_dscp", "nw_ecn"],
      ["ip_src", "arp_spa"],
      ["ip_dst", "arp_tpa"],
      ["nw_proto", "arp_op"],
      ["arp_sha", "nd_sll"],
      ["arp_tha", "nd_tll"],
      ["tcp_src", "udp_src", "sctp_src", "icmp_type", "icmpv6_type"],
      ["tcp_dst", "udp_dst", "sctp_dst", "icmp_code", "icmpv6_code"],
    ];
    const family = (name: string): number =>
      families.findIndex((g) => g.includes(name) || g.includes(name.replace(/\d+$/, "")));
    const placed = fields.filter((g) => g.bits > 0);
    for (const a of placed) {
      for (const b of placed) {
        if (a.id >= b.id) continue;
        let shared = false;
        for (let i = 0; i < a.words; i++) {
          const j = a.word + i - b.word;
          if (j >= 0 && j < b.words && (wordMask(a, i) & wordMask(b, j)) !== 0) shared = true;
        }
        if (shared) expect([family(a.name), a.name, b.name]).toEqual([family(b.name), a.name, b.name]);
        if (shared) expect(family(a.name)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe("the layout", () => {
  it("has stages that follow each other", () => {
    expect(STAGES.slice(0, -1).map(stageOf)).toEqual([0, 1, 2, 3]);
    expect(STAGES.slice(1).map((w) => stageOf(w - 1))).toEqual([0, 1, 2, 3]);
    expect(stageOf(W.tunMetadata)).toBe(0);
    expect(W.tunMetadata + 64).toBe(KEY_WORDS);
  });
});
