/*
 * Flows as plain data, with the text that ovs-ofctl takes for them: what the reference reads and what the switch is given come from the same object.
 */

/** A field, and how it is called in flows. Metadata live beside the frame. */
export interface PlainField {
  readonly name: string;
  readonly bits: number;
  readonly isMetadata: boolean;
  /** Name that `load`, `move`, `push` and `pop` give it. */
  readonly nxm: string;
}

const row = (name: string, bits: number, nxm: string, isMetadata = false): PlainField => ({
  ...{ name, bits, nxm, isMetadata },
});

export const fields: ReadonlyMap<string, PlainField> = new Map(
  [
    row("in_port", 16, "NXM_OF_IN_PORT", true),
    row("metadata", 64, "OXM_OF_METADATA", true),
    row("tun_id", 64, "NXM_NX_TUN_ID", true),
    row("pkt_mark", 32, "NXM_NX_PKT_MARK", true),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => row(`reg${n}`, 32, `NXM_NX_REG${n}`, true)),
    row("eth_src", 48, "NXM_OF_ETH_SRC"),
    row("eth_dst", 48, "NXM_OF_ETH_DST"),
    row("vlan_vid", 12, "OXM_OF_VLAN_VID"),
    row("vlan_pcp", 3, "OXM_OF_VLAN_PCP"),
    row("mpls_label", 20, "OXM_OF_MPLS_LABEL"),
    row("mpls_tc", 3, "OXM_OF_MPLS_TC"),
    row("mpls_ttl", 8, "NXM_NX_MPLS_TTL"),
    row("mpls_bos", 1, "OXM_OF_MPLS_BOS"),
    row("ip_src", 32, "NXM_OF_IP_SRC"),
    row("ip_dst", 32, "NXM_OF_IP_DST"),
    row("ipv6_src", 128, "NXM_NX_IPV6_SRC"),
    row("ipv6_dst", 128, "NXM_NX_IPV6_DST"),
    row("ipv6_label", 20, "NXM_NX_IPV6_LABEL"),
    row("ip_dscp", 6, "OXM_OF_IP_DSCP"),
    row("ip_ecn", 2, "NXM_NX_IP_ECN"),
    row("nw_ttl", 8, "NXM_NX_IP_TTL"),
    row("tcp_src", 16, "NXM_OF_TCP_SRC"),
    row("tcp_dst", 16, "NXM_OF_TCP_DST"),
    row("tcp_flags", 12, "NXM_NX_TCP_FLAGS"),
    row("udp_src", 16, "NXM_OF_UDP_SRC"),
    row("udp_dst", 16, "NXM_OF_UDP_DST"),
    row("sctp_src", 16, "OXM_OF_SCTP_SRC"),
    row("sctp_dst", 16, "OXM_OF_SCTP_DST"),
    row("icmp_type", 8, "NXM_OF_ICMP_TYPE"),
    row("icmp_code", 8, "NXM_OF_ICMP_CODE"),
    row("icmpv6_type", 8, "NXM_NX_ICMPV6_TYPE"),
    row("icmpv6_code", 8, "NXM_NX_ICMPV6_CODE"),
    row("arp_op", 16, "NXM_OF_ARP_OP"),
    row("arp_sha", 48, "NXM_NX_ARP_SHA"),
    row("arp_spa", 32, "NXM_OF_ARP_SPA"),
    row("arp_tha", 48, "NXM_NX_ARP_THA"),
    row("arp_tpa", 32, "NXM_OF_ARP_TPA"),
    row("ct_mark", 32, "NXM_NX_CT_MARK", true),
    row("ct_zone", 16, "NXM_NX_CT_ZONE", true),
    row("ct_state", 32, "NXM_NX_CT_STATE", true),
  ].map((f) => [f.name, f]),
);

/** What a flow demands of a field, under a mask. */
export interface Condition {
  readonly field: string;
  readonly value: bigint;
  readonly mask: bigint;
}

/** Kinds of packets that a flow may demand, by ovs-ofctl's words. */
const kindRows = {
  any: {},
  ip: { type: 0x0800 },
  tcp: { type: 0x0800, protocol: 6 },
  udp: { type: 0x0800, protocol: 17 },
  sctp: { type: 0x0800, protocol: 132 },
  icmp: { type: 0x0800, protocol: 1 },
  ipv6: { type: 0x86dd },
  tcp6: { type: 0x86dd, protocol: 6 },
  udp6: { type: 0x86dd, protocol: 17 },
  icmp6: { type: 0x86dd, protocol: 58 },
  arp: { type: 0x0806 },
  mpls: { type: 0x8847 },
} as const;
export type PacketKind = keyof typeof kindRows;
export const packetKinds: Readonly<Record<PacketKind, { readonly type?: number; readonly protocol?: number }>> =
  kindRows;

/** Some bits of a field. */
export interface Part {
  readonly field: string;
  readonly start: number;
  readonly bits: number;
}

export type PlainAction =
  | { readonly kind: "output"; readonly port: number }
  | { readonly kind: "in_port" | "all" | "flood" | "pop_vlan" | "dec_ttl" | "dec_mpls_ttl" | "exit" | "clear_actions" }
  | { readonly kind: "output_reg"; readonly from: Part }
  | { readonly kind: "resubmit"; readonly port: number | undefined; readonly table: number }
  | { readonly kind: "set"; readonly field: string; readonly value: bigint; readonly mask: bigint }
  | { readonly kind: "load"; readonly to: Part; readonly value: bigint }
  | { readonly kind: "move"; readonly from: Part; readonly to: Part }
  | { readonly kind: "push" | "pop"; readonly part: Part }
  | { readonly kind: "push_vlan"; readonly tpid: number }
  | { readonly kind: "push_mpls"; readonly ethertype: number }
  | { readonly kind: "pop_mpls"; readonly ethertype: number }
  | { readonly kind: "group"; readonly group: number }
  | { readonly kind: "clone"; readonly actions: readonly PlainAction[] }
  | { readonly kind: "write_actions"; readonly actions: readonly PlainAction[] }
  | {
      readonly kind: "learn";
      readonly table: number;
      readonly priority: number;
      readonly match: readonly LearnMatch[];
      readonly load: LearnLoad | undefined;
      readonly output: Part | undefined;
    }
  | {
      readonly kind: "ct";
      readonly commit: boolean;
      readonly zone: number;
      readonly table: number | undefined;
      readonly mark: bigint | undefined;
    };

/** `to[] = from[]` of a learned flow's match. */
interface LearnMatch {
  readonly to: Part;
  readonly from: Part;
}

interface LearnLoad {
  readonly from: Part;
  readonly to: Part;
}

export interface PlainRule {
  readonly table: number;
  readonly priority: number;
  readonly kind: PacketKind;
  /** A VLAN header: demanded, refused, or either. */
  readonly vlan: "yes" | "no" | undefined;
  readonly conditions: readonly Condition[];
  readonly actions: readonly PlainAction[];
}

export interface PlainGroup {
  readonly id: number;
  readonly type: "all" | "indirect" | "ff";
  readonly buckets: readonly { readonly watchPort: number | undefined; readonly actions: readonly PlainAction[] }[];
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const partText = ({ field, start, bits }: Part): string => {
  const f = fields.get(field)!;
  return `${f.nxm}[${start === 0 && bits === f.bits ? "" : bits === 1 ? start : `${start}..${start + bits - 1}`}]`;
};

const allOnes = (field: string): bigint => (1n << BigInt(fields.get(field)!.bits)) - 1n;

/** A value as flows write the field's. */
function valueText(field: string, value: bigint): string {
  const bytes = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => Number((value >> BigInt(8 * (count - 1 - i))) & 255n));
  if (/^eth_|^arp_.ha/.test(field))
    return bytes(6)
      .map((b) => b.toString(16).padStart(2, "0"))
      .join(":");
  if (/^ip_(src|dst)|^arp_.pa/.test(field)) return bytes(4).join(".");
  if (/^ipv6_(src|dst)/.test(field)) {
    const b = bytes(16);
    return Array.from({ length: 8 }, (_, i) => ((b[2 * i]! << 8) | b[2 * i + 1]!).toString(16)).join(":");
  }
  return hex(value);
}

function actionText(a: PlainAction): string {
  switch (a.kind) {
    case "output":
      return `output:${a.port}`;
    case "output_reg":
      return `output:${partText(a.from)}`;
    case "resubmit":
      return `resubmit(${a.port ?? ""},${a.table})`;
    case "set": {
      const mask = a.mask === allOnes(a.field) ? "" : `/${valueText(a.field, a.mask)}`;
      // A VLAN's ID is written with the bit that says that it is there.
      const value = a.field === "vlan_vid" ? a.value | 0x1000n : a.value;
      return `set_field:${valueText(a.field, value)}${mask}->${a.field}`;
    }
    case "load":
      return `load:${hex(a.value)}->${partText(a.to)}`;
    case "move":
      return `move:${partText(a.from)}->${partText(a.to)}`;
    case "push":
    case "pop":
      return `${a.kind}:${partText(a.part)}`;
    case "push_vlan":
      return `push_vlan:0x${a.tpid.toString(16)}`;
    case "push_mpls":
    case "pop_mpls":
      return `${a.kind}:0x${a.ethertype.toString(16)}`;
    case "group":
      return `group:${a.group}`;
    case "clone":
    case "write_actions":
      return `${a.kind}(${a.actions.map(actionText).join(",")})`;
    case "learn":
      return `learn(${[
        `table=${a.table},priority=${a.priority}`,
        ...a.match.map(({ to, from }) => `${partText(to)}=${partText(from)}`),
        ...(a.load ? [`load:${partText(a.load.from)}->${partText(a.load.to)}`] : []),
        ...(a.output ? [`output:${partText(a.output)}`] : []),
      ].join(",")})`;
    case "ct":
      return `ct(${[
        ...(a.commit ? ["commit"] : []),
        `zone=${a.zone}`,
        ...(a.table === undefined ? [] : [`table=${a.table}`]),
        ...(a.mark === undefined ? [] : [`exec(set_field:${hex(a.mark)}->ct_mark)`]),
      ].join(",")})`;
    default:
      return a.kind;
  }
}

const vlanText = { yes: ["vlan_tci=0x1000/0x1000"], no: ["vlan_tci=0x0000/0x1fff"] };

function conditionText({ field, value, mask }: Condition): string {
  if (field === "vlan_vid") return `dl_vlan=${value}`;
  if (field === "in_port") return `in_port=${value}`;
  return `${field}=${valueText(field, value)}${mask === allOnes(field) ? "" : `/${valueText(field, mask)}`}`;
}

export function ruleText(r: PlainRule): string {
  const actions = r.actions.length === 0 ? "drop" : r.actions.map(actionText).join(",");
  return [
    `table=${r.table}`,
    `priority=${r.priority}`,
    ...(r.kind === "any" ? [] : [r.kind]),
    ...(r.vlan === undefined || r.conditions.some((c) => c.field === "vlan_vid") ? [] : vlanText[r.vlan]),
    ...r.conditions.map(conditionText),
    `actions=${actions}`,
  ].join(",");
}

export function groupText(g: PlainGroup): string {
  const buckets = g.buckets.map(
    (b) =>
      `bucket=${b.watchPort === undefined ? "" : `watch_port:${b.watchPort},`}actions=${b.actions.map(actionText).join(",") || "drop"}`,
  );
  return `group_id=${g.id},type=${g.type},${buckets.join(",")}`;
}
