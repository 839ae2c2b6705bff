import type { Field, Prerequisite } from "#flow/fields/field.js";
import { fields } from "#flow/fields/table.js";

/** What a match must say for a field to be there. */
const needed: Readonly<Record<Prerequisite, string>> = {
  none: "",
  ethernet: "",
  vlanVid: "dl_vlan=5",
  arp: "arp",
  ipv4: "ip",
  ipv6: "ipv6",
  ipAny: "ip",
  mpls: "mpls",
  nsh: "dl_type=0x894f",
  tcp: "tcp",
  udp: "udp",
  sctp: "sctp",
  icmpv4: "icmp",
  icmpv6: "icmp6",
  nd: "icmp6,icmpv6_type=135,icmpv6_code=0",
  ndSolicit: "icmp6,icmpv6_type=135,icmpv6_code=0",
  ndAdvert: "icmp6,icmpv6_type=136,icmpv6_code=0",
  ct: "ip,ct_state=+trk+est",
};

/** Values of a field in the forms that its format has; masked ones are for fields that have masks. */
function values(f: Field): { readonly whole: readonly string[]; readonly masked: readonly string[] } {
  switch (f.format) {
    case "ethernet":
      return { whole: ["02:00:00:0a:0b:0c"], masked: ["02:00:00:0a:00:00/ff:ff:ff:ff:00:00"] };
    case "ipv4":
      return { whole: ["192.0.2.1"], masked: ["192.0.2.0/24", "192.0.0.1/255.255.0.255"] };
    case "ipv6":
      return { whole: ["2001:db8::1", "::ffff:192.0.2.1"], masked: ["2001:db8::/32", "2001::1/ffff::ffff"] };
    case "of10Port":
    case "of11Port":
      return { whole: ["7", "LOCAL", "0xfffffffe"], masked: [] };
    case "frag":
      return { whole: ["no", "yes", "first", "later", "not_later"], masked: [] };
    case "tcpFlags":
      return { whole: ["syn|ack", "0x12"], masked: ["+syn-ack", "0x2/0x12"] };
    case "ctState":
      return { whole: ["new|trk", "0x21"], masked: ["+trk-inv", "0x21/0x31"] };
    case "tunnelFlags":
      return { whole: ["oam", "0"], masked: ["+oam", "-oam"] };
    case "packetType":
      return { whole: ["(1,0x894f)", "(0,0)"], masked: [] };
    default:
      return f.bits === 1 ? { whole: ["1"], masked: [] } : { whole: ["2", "0x3"], masked: ["0x1/0x3"] };
  }
}

const behind = (need: Prerequisite, word: string): string => (needed[need] === "" ? word : `${needed[need]},${word}`);

/** True for rows that show what others do too: of the numbered ones the first, and the last. */
const isShown = ({ name }: Field): boolean => !/^(reg|xreg|xxreg|tun_metadata)(?!(0|15|7|63)$)\d+$/.test(name);

/** Every field of ovs-fields(7) in a match: each name that it has, each form of its values, some of its bits. */
export const fieldMatchTexts: readonly string[] = fields.filter(isShown).flatMap((f) => {
  const { whole, masked } = values(f);
  const names = [f.name, ...f.aliases];
  return [
    ...names.map((name) => behind(f.prerequisite, `${name}=${whole[0]}`)),
    ...whole.slice(1).map((v) => behind(f.prerequisite, `${f.name}=${v}`)),
    ...(masked.length === 0 ? ["0x1/0x3"] : masked).map((v) => behind(f.prerequisite, `${f.name}=${v}`)),
    behind(f.prerequisite, `${f.name}[0]=1`),
    behind(f.prerequisite, `${f.name}[]=1`),
    `${f.name}=${whole[0]}`,
  ];
});

/** Every field of ovs-fields(7) where actions may have it; a match stands before a bar. */
export const fieldActionTexts: readonly string[] = fields.filter(isShown).flatMap((f) => {
  const match = needed[f.prerequisite];
  const { whole, masked } = values(f);
  const inCt = (text: string): string => (/^ct_(mark|label)$/.test(f.name) ? `ct(commit,exec(${text}))` : text);
  const start = f.name.startsWith("ct_") && match === "" ? "ip" : match;
  const size = f.tlv !== undefined ? 8 : Math.min(f.bits, 32);
  const register = `reg1[0..${size - 1}]`;
  return [
    ...[...whole, ...masked].map((v) => inCt(`set_field:${v}->${f.name}`)),
    inCt(`load:1->${f.name}[0]`),
    ...(f.tlv === undefined && f.bits <= 64 ? [inCt(`load:1->${f.name}[]`)] : []),
    `move:${f.name}[0..${size - 1}]->${register}`,
    inCt(`move:${register}->${f.name}[0..${size - 1}]`),
    `push:${f.name}[0..${size - 1}]`,
    `pop:${f.name}[0..${size - 1}]`,
    `learn(table=1,${f.name}=${whole[0]})`,
    `learn(table=1,load:1->${f.name}[0])`,
  ].map((text) => `${start}|${text}`);
});
