import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import type { Codepoint, Field, Prerequisite } from "#flow/fields/field.js";
import { codepointFor, field, fields } from "#flow/fields/table.js";
import { describeWith, openVswitch } from "../support/needs.js";

const h = (value: number | bigint, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");

function tlv(c: Codepoint, value: string): string {
  const experimenter = c.experimenter === undefined ? "" : h(c.experimenter, 4);
  return h(c.class, 2) + h(c.field << 1, 1) + h((experimenter.length + value.length) / 2, 1) + experimenter + value;
}

const set = (name: string, value: number): string => tlv(codepointFor(field(name), 6)!, h(value, field(name).bytes));
const [ip, ip6] = [set("eth_type", 0x0800), set("eth_type", 0x86dd)];
const icmp6 = ip6 + set("nw_proto", 58);
const solicit = icmp6 + set("icmpv6_type", 135) + set("icmpv6_code", 0);
const advert = icmp6 + set("icmpv6_type", 136) + set("icmpv6_code", 0);

/** The TLVs that must come before a field's. */
const before: Readonly<Record<Prerequisite, string>> = {
  none: "",
  ethernet: "",
  vlanVid: tlv(field("vlan_vid").oxm[0]!, "1005"),
  arp: set("eth_type", 0x0806),
  ipv4: ip,
  ipv6: ip6,
  ipAny: ip,
  mpls: set("eth_type", 0x8847),
  nsh: set("eth_type", 0x894f),
  tcp: ip + set("nw_proto", 6),
  udp: ip + set("nw_proto", 17),
  sctp: ip + set("nw_proto", 132),
  icmpv4: ip + set("nw_proto", 1),
  icmpv6: icmp6,
  nd: solicit,
  ndSolicit: solicit,
  ndAdvert: advert,
  ct: ip + tlv(field("ct_state").nxm[0]!, h(0x21, 4)),
};

/** A flow-mod of OpenFlow 1.5 with these TLVs for a match. */
function flowMod(tlvs: string): string {
  const match = `0001${h(4 + tlvs.length / 2, 2)}${tlvs}`;
  const padded = match.padEnd(Math.ceil(match.length / 16) * 16, "0");
  const body = `${"00".repeat(16)}00000000000080${"00".repeat(1)}ffffffff${"ffffffff".repeat(2)}00000000${padded}`;
  return `060e${h(8 + body.length / 2, 2)}00000001${body}`;
}

function print(tlvs: string): string {
  return execFileSync("/usr/bin/ovs-ofctl", ["ofp-print", flowMod(tlvs)], { encoding: "utf8" });
}

/** A value that is nothing special. */
function sample(f: Field): string {
  if (f.name === "vlan_vid") return "1005";
  if (f.name === "eth_type") return "1234";
  if (f.name === "packet_type") return "00010800";
  if (f.name === "tun_flags") return "0001";
  if (f.name === "ct_state") return "00000021";
  if (f.name === "nw_proto") return "7b";
  if (f.name === "nw_tos") return "0c";
  return h(1, f.bytes);
}

/** TLVs without which a field is not printed. */
const shownWith: readonly (readonly [name: RegExp, tlvs: string])[] = [
  [/^tun_erspan_idx$/, tlv(field("tun_erspan_ver").nxm[0]!, "01")],
  [/^tun_erspan_(dir|hwid)$/, tlv(field("tun_erspan_ver").nxm[0]!, "02")],
  [/^ct_tp_/, tlv(field("ct_nw_proto").nxm[0]!, "06")],
  [/^nsh_c/, tlv(field("nsh_mdtype").nxm[0]!, "01")],
];

/** How ovs-ofctl calls a field in what it prints. */
function printedName(f: Field): RegExp {
  const register = /^(x+)reg(\d)$/.exec(f.name);
  if (register !== null) {
    const width = register[1]!.length * 2;
    return new RegExp(`[ ,]reg${Number(register[2]) * width + width - 1}=0x1[ ,]`);
  }
  const name = f.name
    .replace("vlan_vid", "dl_vlan")
    .replace("vlan_pcp", "dl_vlan_pcp")
    .replace("_oxm", "")
    .replace("icmpv6", "icmp")
    .replace("ip_dscp", "nw_tos")
    .replace("tun_gtpu", "gtpu")
    .replace(/^(udp|sctp)_/, "tp_");
  return new RegExp(`[ ,](${[name, ...f.aliases].join("|")})=`);
}

describeWith([openVswitch], "fields, as the installed ovs-ofctl knows them", () => {
  const cases = fields.flatMap((f) => [...f.oxm, ...f.nxm].map((c) => ({ name: f.name, id: c.name, f, c })));
  it.each(cases)("$id is $name", ({ f, c }) => {
    const more = shownWith.filter(([name]) => name.test(f.name)).map(([, tlvs]) => tlvs);
    const ct = f.name.startsWith("ct_ipv6") ? before.ct.replace(ip, ip6) : before[f.prerequisite];
    expect(print(ct + more.join("") + tlv(c, sample(f)))).toMatch(printedName(f));
  });
});
