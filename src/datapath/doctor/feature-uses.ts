import type { HostCheck } from "#host/host-answers.js";
import type { BpfFeature } from "#host/linux/bpf/features.js";

/** What a feature is for. `without` says what is lost, and what to do about it where something can be done. */
interface Use {
  /** What the kernel engine does with it: it cannot be without what it needs, and loses something without what helps. */
  readonly kernelEngine: "needs" | "is helped" | "has no use";
  readonly without: string;
}

const needs = (without: string): Use => ({ kernelEngine: "needs", without });
const helps = (without: string): Use => ({ kernelEngine: "is helped", without });
const unused = (without: string): Use => ({ kernelEngine: "has no use", without });

const SLOWER = "packets come by packet sockets, which is slower";
/** Without the capture ring there is no kernel engine either. */
const SLOWEST = `${SLOWER}, and the kernel engine cannot be`;
const NO_KERNEL_ENGINE = "the userspace engine forwards all, since the kernel engine cannot be";

/** Each BPF feature's use. */
export const featureUses: Readonly<Record<BpfFeature, Use>> = {
  bpf: needs(SLOWEST),
  btf: needs(`${SLOWEST}: the kernel was built without CONFIG_DEBUG_INFO_BTF`),
  tcx: needs(SLOWEST),
  clsact: unused("nothing, where there is tcx; else modules sch_ingress and cls_bpf hide ports from the host's stack"),
  nft: unused("nothing, where there is tcx or clsact; else module nf_tables hides ports from the host's stack"),
  ringbuf: needs(SLOWEST),
  skb_dynptr: needs(SLOWEST),
  dynptr: needs(SLOWEST),
  kfuncs: needs(SLOWEST),
  may_goto: needs(NO_KERNEL_ENGINE),
  loop: unused("nothing"),
  tail_calls: needs(NO_KERNEL_ENGINE),
  atomics: needs(NO_KERNEL_ENGINE),
  jiffies: needs(NO_KERNEL_ENGINE),
  mmapable: needs(SLOWEST),
  batch: helps("the kernel engine does not take over what an earlier daemon has left in the kernel"),
  lru: unused("nothing"),
  links: needs(NO_KERNEL_ENGINE),
  pins: helps("the kernel engine's flows do not outlive the daemon: mount -t bpf bpf /sys/fs/bpf"),
  test_run: unused("programs cannot be tried out"),
  redirect_peer: needs(NO_KERNEL_ENGINE),
  adjust_room: helps("threads put packets into tunnels and take them out"),
  adjust_room_l2: helps("threads put packets into VXLAN and Geneve tunnels"),
  xdp: unused("type=afxdp works in generic mode at best"),
  af_xdp: unused("ports of type=afxdp are captured as those of type=system are (CONFIG_XDP_SOCKETS)"),
};

/** What each check of the host is about. */
export const checkUses: Readonly<Record<HostCheck, { readonly title: string; readonly without: string }>> = {
  koffi: {
    title: "system calls (koffi)",
    without: "nothing of the host can be used: run 'npm ci' on this machine, and see that koffi has a build for it",
  },
  kernel: { title: "kernel new enough", without: "use a newer kernel" },
  net_admin: {
    title: "privilege to change network devices",
    without:
      "run as root, which also tells more, or with CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF and CAP_SYS_ADMIN; 'weft demo' makes a user namespace where it may",
  },
  tun: {
    title: "TAP devices, for internal and tap ports",
    without:
      "internal ports are veth pairs; type=tap does not work: modprobe tun, and let a container have /dev/net/tun",
  },
  veth: {
    title: "veth pairs",
    without: "internal ports are TAP devices, whose packets the kernel engine leaves to threads: modprobe veth",
  },
  packet_socket: {
    title: "packet sockets, for system ports",
    without: "system interfaces cannot be plugged in: CAP_NET_RAW, or modprobe af_packet",
  },
  hide: {
    title: "system ports kept from the host's own stack",
    without: "that stack will also see what arrives on captured interfaces: tcx, nf_tables or cls_bpf would help",
  },
  ring: { title: "fastest input of the userspace engine", without: SLOWER },
  jit: {
    title: "BPF programs compiled",
    without: "they are interpreted, which is slow: sysctl -w net.core.bpf_jit_enable=1",
  },
  backlog: {
    title: "room for bursts between virtual devices",
    without: "floods lose frames: sysctl -w net.core.netdev_max_backlog=10000",
  },
  user_namespaces: { title: "demo without root", without: "'weft demo' needs root here" },
  ipv6: { title: "IPv6", without: "listening and connecting by IPv6 address does not work" },
};
