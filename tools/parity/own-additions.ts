/** What upstream does not have: everything of ours that is in no list of upstream's must be here. */
export const ownAdditions: {
  readonly programs: { readonly [name: string]: string };
  /** By daemon. */
  readonly appctl: { readonly [daemon: string]: { readonly [command: string]: string } };
  /** By program, without dashes. */
  readonly options: { readonly [program: string]: { readonly [option: string]: string } };
} = {
  programs: {
    weft: "starts database and switch in one terminal, a demonstration, and what this host can do",
    "weft-schema-types": "a TypeScript declaration of any database's schema",
  },
  appctl: {
    "ovs-vswitchd": {
      "dpif/doctor": "how packets of each port come in, and what this host can do, as `weft doctor`",
      "dpif-ebpf/show":
        "which flows and ports of a datapath are in the kernel, which are not and why, and how full its maps are",
      "dpif-netdev/subtable-lookup-prio-get":
        "what `subtable-lookup-info-get` says; upstream answers to this name, too, without listing it",
      "ofproto/drops": "why packets were dropped, and how many",
      "ofproto/trace-live": "packets as they pass, step by step",
    },
  },
  options: {
    "ovsdb-tool": { format: "what a command has to say, as JSON" },
    "ovs-ofctl": { format: "what the switch says, as lines of JSON" },
    "ovsdb-client": { unixctl: "where a client in the background listens for `ovs-appctl`" },
  },
};
