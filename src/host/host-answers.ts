import type { BpfFeature } from "./linux/bpf/features.js";

/** An answer about this host: `works` is undefined where it cannot be told. `reason` says what was seen. */
export interface Answer {
  readonly works: boolean | undefined;
  readonly reason: string;
}

/** What is asked of a host besides its kernel's BPF features. */
export type HostCheck =
  | "koffi"
  | "kernel"
  | "net_admin"
  | "tun"
  | "veth"
  | "packet_socket"
  | "hide"
  | "ring"
  | "jit"
  | "backlog"
  | "user_namespaces"
  | "ipv6";

/** All that a host answered, found by trying. */
export interface HostAnswers {
  readonly checks: ReadonlyMap<HostCheck, Answer>;
  readonly features: ReadonlyMap<BpfFeature, Answer>;
}
