/** What the kernel may have for forwarding packets, besides devices; `WEFT_WITHOUT` and `weft doctor` call it so. */
export type BpfFeature =
  | "bpf"
  | "btf"
  | "tcx"
  | "clsact"
  | "nft"
  | "ringbuf"
  | "skb_dynptr"
  | "dynptr"
  | "kfuncs"
  | "may_goto"
  | "loop"
  | "tail_calls"
  | "atomics"
  | "jiffies"
  | "mmapable"
  | "batch"
  | "lru"
  | "links"
  | "pins"
  | "test_run"
  | "redirect_peer"
  | "adjust_room"
  | "adjust_room_l2"
  | "xdp"
  | "af_xdp";

/** What features are called for people, and the version of Linux that brought each. */
export const bpfFeatures: Readonly<Record<BpfFeature, { readonly title: string; readonly since?: string }>> = {
  bpf: { title: "BPF programs" },
  btf: { title: "the kernel's type information (BTF)", since: "5.4" },
  tcx: { title: "programs at tcx", since: "6.6" },
  clsact: { title: "programs at clsact", since: "4.5" },
  nft: { title: "netfilter chains at a link's ingress", since: "4.2" },
  ringbuf: { title: "BPF ring buffers", since: "5.8" },
  skb_dynptr: { title: "packets as dynptrs", since: "6.4" },
  dynptr: { title: "whole packets into a ring buffer (bpf_dynptr_copy)", since: "6.16" },
  kfuncs: { title: "calls of kernel functions", since: "6.2" },
  may_goto: { title: "open loops (may_goto)", since: "6.9" },
  loop: { title: "loops by a function (bpf_loop)", since: "5.17" },
  tail_calls: { title: "tail calls", since: "4.2" },
  atomics: { title: "atomic operations that fetch", since: "5.12" },
  jiffies: { title: "the clock in ticks (bpf_jiffies64)", since: "5.6" },
  mmapable: { title: "maps in this process's memory", since: "5.5" },
  batch: { title: "many elements of a map in a call", since: "5.6" },
  lru: { title: "maps that forget what is not used (LRU)", since: "4.10" },
  links: { title: "BPF links", since: "5.7" },
  pins: { title: "pinning to a BPF file system", since: "4.4" },
  test_run: { title: "test runs of programs", since: "4.12" },
  redirect_peer: { title: "redirection to a veth's peer", since: "5.10" },
  adjust_room: { title: "tunnels' headers put in front, with segmentation kept", since: "5.2" },
  adjust_room_l2: { title: "the same with an Ethernet header inside", since: "5.14" },
  xdp: { title: "XDP in a veth's driver", since: "4.19" },
  af_xdp: { title: "AF_XDP sockets", since: "4.18" },
};

/** What the kernel engine cannot be without. */
export const kernelEngineNeeds: readonly BpfFeature[] = [
  "bpf",
  "btf",
  "tcx",
  "ringbuf",
  "skb_dynptr",
  "dynptr",
  "kfuncs",
  "may_goto",
  "tail_calls",
  "atomics",
  "jiffies",
  "mmapable",
  "links",
  "redirect_peer",
];
