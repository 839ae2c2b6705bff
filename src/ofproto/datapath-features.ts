import { MAX_MPLS } from "#flow/layout.js";

/** One thing a datapath can do, or how much of it. */
export interface DatapathFeature {
  /** Name in `dpif/set-dp-features` and Datapath:capabilities. */
  readonly key: string;
  /** Name in `dpif/show-dp-features`. */
  readonly name: string;
  readonly value: boolean | number;
}

const MAX_HASH_ALGORITHM = 1;

/** What our datapaths can do, in upstream's order. */
export function datapathFeatures(vlanLimit: number): readonly DatapathFeature[] {
  const row = (key: string, name: string, value: boolean | number): DatapathFeature => ({ key, name, value });
  return [
    row("masked_set_action", "Masked set action", true),
    row("tnl_push_pop", "Tunnel push pop", false),
    row("ufid", "Ufid", true),
    row("trunc", "Truncate action", true),
    row("clone", "Clone action", true),
    row("sample_nesting", "Sample nesting", 10),
    row("ct_eventmask", "Conntrack eventmask", true),
    row("ct_clear", "Conntrack clear", true),
    row("max_hash_alg", "Max dp_hash algorithm", MAX_HASH_ALGORITHM),
    row("check_pkt_len", "Check pkt length action", true),
    row("ct_timeout", "Conntrack timeout policy", true),
    row("explicit_drop_action", "Explicit Drop action", true),
    row("lb_output_action", "Optimized Balance TCP mode", false),
    row("ct_zero_snat", "Conntrack all-zero IP SNAT", true),
    row("add_mpls", "MPLS Label add", true),
    row("max_vlan_headers", "Max VLAN headers", vlanLimit),
    row("max_mpls_depth", "Max MPLS depth", MAX_MPLS),
    row("recirc", "Recirc", true),
    row("ct_state", "CT state", true),
    row("ct_zone", "CT zone", true),
    row("ct_mark", "CT mark", true),
    row("ct_label", "CT label", true),
    row("ct_state_nat", "CT state NAT", true),
    row("ct_orig_tuple", "CT orig tuple", true),
    row("ct_orig_tuple6", "CT orig tuple for IPv6", true),
    row("nd_ext", "IPv6 ND Extension", false),
  ];
}

/** The features of a datapath at run time: what it can do, less what `dpif/set-dp-features` has taken away. */
export class RuntimeFeatures {
  readonly #set = new Map<string, boolean | number>();

  value({ key, value }: DatapathFeature): boolean | number {
    return this.#set.get(key) ?? value;
  }

  /** The best hash algorithm that `hash` actions may use: 0 l4, 1 sym_l4 too. */
  get maxHashAlgorithm(): number {
    return Number(this.#set.get("max_hash_alg") ?? MAX_HASH_ALGORITHM);
  }

  /** Returns what is wrong with the text of a value; undefined when it is taken. `force` takes also what the datapath cannot do. */
  set(
    { key, value }: DatapathFeature,
    text: string,
    { force }: { readonly force: boolean } = { force: false },
  ): string | undefined {
    if (typeof value === "boolean") {
      if (text !== "true" && text !== "false") return "Boolean value expected";
      if (text === "true" && !value && !force) return "Can not set value beyond the datapath capability";
      this.#set.set(key, text === "true");
      return undefined;
    }
    if (!/^\d+$/.test(text)) return "Integer number expected";
    if (Number(text) > value && !force) return "Can not set value beyond the datapath capability";
    this.#set.set(key, Number(text));
    return undefined;
  }
}

/** Datapath:capabilities. How deep samples nest is a yes or no there, and flushing connections by tuple is told there only. */
export function capabilities(vlanLimit: number, runtime: RuntimeFeatures): ReadonlyMap<string, string> {
  const told = datapathFeatures(vlanLimit).map((feature): [string, string] => {
    const value = runtime.value(feature);
    return [feature.key, String(feature.key === "sample_nesting" ? Boolean(value) : value)];
  });
  return new Map([...told, ["ct_flush", "true"]]);
}
