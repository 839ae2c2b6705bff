/** OpenFlow flows whose datapath actions have no text that the installed switch can read: it makes them itself. */
export interface OpenFlowCase {
  readonly kind: "ipv4" | "ipv6" | "mpls" | "nsh";
  readonly flows: readonly string[];
  readonly group?: string;
  /** Only packets whose IPv6 header is followed by the transport's: of others the installed switch hashes the extension's number, not the protocol's. */
  readonly plain?: true;
}

const ETHERNET = "encap(ethernet),set_field:02:00:00:00:00:09->eth_dst";
const NSH = "encap(nsh(md_type=1)),set_field:0x1234->nsh_spi,set_field:7->nsh_si,set_field:0x55->nsh_c2";
const select = (method: string): string =>
  `group_id=1,type=select,selection_method=${method},bucket=bucket_id:1,output:2,bucket=bucket_id:2,output:3,bucket=bucket_id:3,output:4`;

export const openFlowCases: readonly OpenFlowCase[] = [
  { kind: "ipv4", flows: ["ip,actions=push_mpls:0x8847,set_field:5->mpls_label,set_field:3->mpls_tc,output:2"] },
  { kind: "ipv6", flows: ["ipv6,actions=push_mpls:0x8848,set_field:99999->mpls_label,dec_mpls_ttl,output:2,output:3"] },
  { kind: "ipv4", flows: ["ip,actions=push_mpls:0x8847,push_mpls:0x8847,set_field:8->mpls_label,output:2"] },
  { kind: "ipv4", flows: ["ip,actions=push_mpls:0x8847,push_vlan:0x8100,set_field:4101->vlan_vid,output:4"] },
  { kind: "ipv4", flows: ["ip,actions=output:3,push_mpls:0x8847,output:2,pop_mpls:0x0800,output:4"] },
  { kind: "mpls", flows: ["mpls,actions=pop_mpls:0x0800,output:2"] },
  {
    kind: "mpls",
    flows: [
      "mpls,mpls_bos=1,actions=pop_mpls:0x0800,dec_ttl,output:2",
      "mpls,mpls_bos=0,actions=pop_mpls:0x8847,output:3",
    ],
  },
  { kind: "mpls", flows: ["mpls,actions=dec_mpls_ttl,set_field:77->mpls_label,output:2"] },
  {
    kind: "mpls",
    flows: ["mpls,mpls_bos=0,actions=pop_mpls:0x8847,dec_mpls_ttl,output:2", "mpls,actions=push_mpls:0x8847,output:3"],
  },
  { kind: "ipv4", flows: ["ip,actions=encap(mpls),set_field:6->mpls_label,encap(ethernet),output:2"] },
  { kind: "ipv6", flows: ["ipv6,actions=encap(mpls),encap(ethernet),set_field:02:00:00:00:00:07->eth_src,output:3"] },
  { kind: "ipv4", flows: [`ip,actions=${NSH},${ETHERNET},output:2`] },
  { kind: "ipv6", flows: [`ipv6,actions=push_vlan:0x8100,set_field:4099->vlan_vid,${NSH},${ETHERNET},output:2`] },
  {
    kind: "ipv4",
    flows: [
      `ip,actions=encap(nsh(md_type=2,tlv(0x1000,10,0x12345678),tlv(0x2000,20,0xfedcba9876543210))),${ETHERNET},output:2`,
    ],
  },
  { kind: "ipv4", flows: [`ip,actions=${NSH},${NSH},${ETHERNET},output:2`] },
  {
    kind: "nsh",
    flows: [
      "dl_type=0x894f,nsh_mdtype=1,actions=dec_nsh_ttl,set_field:0x99->nsh_spi,set_field:3->nsh_c4,output:2",
      "dl_type=0x894f,actions=dec_nsh_ttl,output:3",
    ],
  },
  { kind: "nsh", flows: [`dl_type=0x894f,actions=decap(),decap(),${ETHERNET},output:2`] },
  { kind: "nsh", flows: ["dl_type=0x894f,actions=push_vlan:0x88a8,output:3,strip_vlan,output:2"] },
  { kind: "ipv4", flows: [`ip,actions=decap(),${ETHERNET},output:2`] },
  { kind: "ipv4", flows: ["ip,actions=dec_ttl,output:2"] },
  { kind: "ipv6", flows: ["ipv6,actions=dec_ttl,dec_ttl,output:3"] },
  { kind: "ipv4", group: select("dp_hash"), flows: ["ip,actions=group:1"] },
  { kind: "ipv6", plain: true, group: select("dp_hash"), flows: ["ipv6,actions=dec_ttl,group:1"] },
  { kind: "ipv4", group: select("hash,fields(ip_src,ip_dst)"), flows: ["ip,actions=group:1"] },
  { kind: "ipv4", flows: ["ip,actions=output(port=2,max_len=40),output:3"] },
  {
    kind: "ipv4",
    flows: [
      "ip,actions=check_pkt_larger(60)->NXM_NX_REG0[0],resubmit(,1)",
      "table=1,reg0=1,actions=output:2",
      "table=1,actions=output:3",
    ],
  },
];
