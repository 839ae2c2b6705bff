import { NetlinkRequest, NLM_F_ACK, NLM_F_CREATE } from "#wire/netlink.js";
import { NetlinkSocket } from "../netlink-socket.js";

const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const CLSACT_PARENT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;
const parents = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const;
const ETH_P_ALL_BE = 0x0300;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_DIRECT_ACTION = 1;

/** struct tcmsg: family@0 ifindex@4 handle@8 parent@12 info@16. */
function tcmsg(ifindex: number, handle: number, parent: number, info: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, ifindex, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return bytes;
}

function request(message: NetlinkRequest, tried: string): void {
  const netlink = new NetlinkSocket(0);
  try {
    netlink.request(message, tried);
  } finally {
    netlink.close();
  }
}

/** A program that is a filter of a clsact qdisc. */
export interface ClsactFilter {
  /** Puts another program in its place at once. Throws `HostError`. */
  update(program: number): void;
  /** Takes it away. The qdisc stays, since others may use it by then. That the link has gone is no error. */
  detach(): void;
}

/**
 * Has a program (of type `schedCls`, direct action) see what a link of the calling thread's namespace receives or sends, as the first filter of a clsact qdisc, which is
 * made where it is missing: for kernels before tcx (Linux 6.6). It needs no descriptor to stay, so it outlives the process. `name` is what `tc filter` shows and `link` is what errors
 * call the device. Throws `HostError`. `update` and `detach` are for the same namespace.
 */
export function attachClsact(
  program: number,
  ifindex: number,
  direction: keyof typeof parents,
  { name, link }: { readonly name: string; readonly link: string },
): ClsactFilter {
  const flags = NLM_F_ACK | NLM_F_CREATE;
  const head = tcmsg(ifindex, 1, parents[direction], (1 << 16) | ETH_P_ALL_BE);
  const tried = `${direction} filter of ${link}`;
  const put = (fd: number): void => {
    const filter = new NetlinkRequest(RTM_NEWTFILTER, flags, head).text(TCA_KIND, "bpf");
    filter.nested(TCA_OPTIONS, (options) => {
      options.u32(TCA_BPF_FD, fd).text(TCA_BPF_NAME, name).u32(TCA_BPF_FLAGS, TCA_BPF_DIRECT_ACTION);
    });
    request(filter, tried);
  };
  const qdisc = new NetlinkRequest(RTM_NEWQDISC, flags, tcmsg(ifindex, CLSACT_HANDLE, CLSACT_PARENT, 0));
  request(qdisc.text(TCA_KIND, "clsact"), `clsact of ${link}`);
  put(program);
  return {
    update: put,
    detach() {
      try {
        request(new NetlinkRequest(RTM_DELTFILTER, NLM_F_ACK, head).text(TCA_KIND, "bpf"), tried);
      } catch {
        // The link has gone, and its filters with it.
      }
    },
  };
}
