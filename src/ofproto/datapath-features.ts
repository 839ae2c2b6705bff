import { MAX_MPLS } from "#flow/layout.js";

/** What our datapaths can do, as `dpif/show-dp-features` and Datapath:capabilities name it. */
export function datapathFeatures(vlanLimit: number): { readonly [name: string]: string } {
  return {
    "Masked set action": "Yes",
    "Tunnel push pop": "No",
    Ufid: "Yes",
    "Truncate action": "Yes",
    "Clone action": "Yes",
    "Sample nesting": "10",
    "Conntrack eventmask": "No",
    "Conntrack clear": "No",
    "Max dp_hash algorithm": "1",
    "Check pkt length action": "Yes",
    "Conntrack timeout policy": "No",
    "Explicit Drop action": "Yes",
    "Optimized Balance TCP mode": "No",
    "Conntrack all-zero IP SNAT": "No",
    "MPLS Label add": "No",
    "Max VLAN headers": String(vlanLimit),
    "Max MPLS depth": String(MAX_MPLS),
    Recirc: "Yes",
    "CT state": "No",
    "CT zone": "No",
    "CT mark": "No",
    "CT label": "No",
    "CT state NAT": "No",
    "CT orig tuple": "No",
    "CT orig tuple for IPv6": "No",
    "IPv6 ND Extension": "No",
  };
}
