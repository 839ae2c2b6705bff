import type { FlowKey } from "#flow/key.js";

/**
 * Datapath actions: what an engine does with a packet of a known flow. The set and the text form are those of
 * ovs-actions(7) and `ovs-dpctl`'s flow dumps. `set` carries key words and a mask in the flow key's own layout: the bits
 * under `mask` take the value in `value` (a full mask prints as `set(...)` unmasked). Which header `nwSrc`, `tp` and the like belong to
 * is said by `W.ethType` and the protocol in `W.nw` of `value`, where these are not 0, else by the flow's key.
 */
export type DatapathAction =
  | { readonly kind: "output"; readonly port: number }
  | {
      readonly kind: "userspace";
      readonly pid: number;
      readonly cookie: UserspaceCookie;
      /** The flow's actions go up, too. */
      readonly withActions?: true;
      readonly tunnelOutPort?: number;
    }
  /** `cfi` 0 is a bit of the text only: no tag that is put on has it set. */
  | { readonly kind: "push_vlan"; readonly tpid: number; readonly vid: number; readonly pcp: number; readonly cfi?: 0 }
  | { readonly kind: "pop_vlan" }
  | { readonly kind: "push_mpls"; readonly lse: number; readonly ethertype: number }
  | { readonly kind: "pop_mpls"; readonly ethertype: number }
  /** A label stack entry in front of the whole packet, which then is of that Ethernet type without an Ethernet header. */
  | { readonly kind: "add_mpls"; readonly lse: number; readonly ethertype: number }
  | { readonly kind: "set"; readonly value: FlowKey; readonly mask: FlowKey }
  | { readonly kind: "recirc"; readonly id: number }
  | { readonly kind: "hash"; readonly algorithm: "l4" | "sym_l4"; readonly basis: number }
  | { readonly kind: "sample"; readonly probability: number; readonly actions: readonly DatapathAction[] }
  | { readonly kind: "clone"; readonly actions: readonly DatapathAction[] }
  | { readonly kind: "trunc"; readonly maxLength: number }
  | { readonly kind: "meter"; readonly id: number }
  | {
      readonly kind: "check_pkt_len";
      readonly length: number;
      readonly greater: readonly DatapathAction[];
      readonly lessEqual: readonly DatapathAction[];
    }
  | { readonly kind: "drop"; readonly reason: number }
  | CtAction
  | { readonly kind: "ct_clear" }
  | { readonly kind: "push_eth"; readonly source: Uint8Array; readonly destination: Uint8Array }
  | { readonly kind: "pop_eth" }
  /** `header` is a whole network service header, 8 to 256 bytes (RFC 8300). */
  | { readonly kind: "push_nsh"; readonly header: Uint8Array }
  | { readonly kind: "pop_nsh" }
  | TunnelPush
  /** The packet is taken out of its outer headers, as tunnel port `port` has them, and comes in by that port. */
  | { readonly kind: "tnl_pop"; readonly port: number }
  /** Out by the member of a bond that dp_hash says. */
  | { readonly kind: "lb_output"; readonly bond: number };

/** Puts an outer header in front of the packet; what depends on the packet in it (lengths, checksums, …) is filled in. */
export interface TunnelPush {
  readonly kind: "tnl_push";
  readonly tunnelPort: number;
  /** The port that the packet is meant to leave by then. The action does not send it; but should it go through the flows again, it comes from there. */
  readonly outPort: number;
  /** One of `tunnelKinds`, by its number. */
  readonly type: number;
  /** Ethernet, IP and what follows up to the inner packet. */
  readonly header: Uint8Array;
}

/** Sends the packet through connection tracking: afterwards its key has ct_state and the rest. */
export interface CtAction {
  readonly kind: "ct";
  readonly zone: number;
  /** Makes the connection known, or changes it; `force` in the packet's direction. */
  readonly commit: boolean;
  readonly force: boolean;
  /** What is written to the connection's mark: bits of `mask` only. */
  readonly mark?: { readonly value: number; readonly mask: number };
  /** As `mark`, 4 words each, most significant first. */
  readonly label?: { readonly value: readonly number[]; readonly mask: readonly number[] };
  readonly helper?: "ftp" | "tftp";
  /** Name of a timeout policy. */
  readonly timeout?: string;
  readonly nat?: CtNat;
}

/** How a connection's addresses are translated; without a side, only as the connection already is. */
export interface CtNat {
  readonly side: "" | "src" | "dst";
  /** Addresses of 4 or 16 bytes, `last` at least `first`. */
  readonly addresses?: { readonly first: Uint8Array; readonly last: Uint8Array };
  readonly ports?: { readonly first: number; readonly last: number };
  readonly persistent: boolean;
  readonly method: "" | "hash" | "random";
}

/** Why a packet is sent to userspace, and what userspace then does with it. Grows with the pipeline. */
export type UserspaceCookie =
  | { readonly kind: "slow_path"; readonly reason: number; readonly ofprotoUuid: string }
  | {
      readonly kind: "controller";
      readonly recircId: number;
      readonly reason: number;
      readonly ruleCookie: bigint;
      readonly controllerId: number;
      readonly maxLength: number;
      readonly dontSend: boolean;
      readonly continuation: boolean;
    }
  | { readonly kind: "sflow"; readonly vlanTci: number; readonly output: number }
  | {
      readonly kind: "flow_sample";
      readonly probability: number;
      readonly collectorSetId: number;
      readonly observationDomainId: number;
      readonly observationPointId: number;
      readonly outputPort: number;
      readonly direction: "ingress" | "egress" | undefined;
    }
  | { readonly kind: "ipfix"; readonly outputPort: number }
  /** A copy for who looks on: few a second, and none instead of a packet that has to be handled. Not in Open vSwitch. */
  | { readonly kind: "live_trace" }
  /** Bytes that mean nothing to us, as given to `dpctl/add-flow`. */
  | { readonly kind: "userdata"; readonly bytes: Uint8Array };
