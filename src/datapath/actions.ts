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
      readonly tunnelOutPort?: number;
    }
  | { readonly kind: "push_vlan"; readonly tpid: number; readonly vid: number; readonly pcp: number }
  | { readonly kind: "pop_vlan" }
  | { readonly kind: "push_mpls"; readonly lse: number; readonly ethertype: number }
  | { readonly kind: "pop_mpls"; readonly ethertype: number }
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
  | { readonly kind: "drop"; readonly reason: number };

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
  /** Bytes that mean nothing to us, as given to `dpctl/add-flow`. */
  | { readonly kind: "userdata"; readonly bytes: Uint8Array };
