import { dropProgram } from "#bpf/capture-program.js";
import { NetlinkRequest, NLM_F_ACK, NLM_F_CREATE } from "#wire/netlink.js";
import { loadProgram, programType } from "./bpf.js";
import type { Hide } from "./hidden.js";
import { NetlinkSocket } from "./netlink-socket.js";
import * as sys from "./syscalls.js";

const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const CLSACT_PARENT = 0xfffffff1;
const CLSACT_INGRESS = 0xfffffff2;
const ETH_P_ALL_BE = 0x0300;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_DIRECT_ACTION = 1;

/** struct tcmsg. */
function tcmsg(ifindex: number, handle: number, parent: number, info: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, ifindex, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return bytes;
}

/**
 * A clsact qdisc with the dropping program as its ingress filter, for kernels before 6.6. The qdisc stays when the filter is taken
 * away, since others may use it by then. Unlike the other ways it outlives a killed process.
 */
export const hideByClsact: Hide = (name, ifindex) => {
  const filterHead = tcmsg(ifindex, 1, CLSACT_INGRESS, (1 << 16) | ETH_P_ALL_BE);
  const program = loadProgram({ type: programType.schedCls, items: dropProgram(), name: "weft_drop" });
  const netlink = new NetlinkSocket(0);
  try {
    const flags = NLM_F_ACK | NLM_F_CREATE;
    const qdisc = new NetlinkRequest(RTM_NEWQDISC, flags, tcmsg(ifindex, 0xffff0000, CLSACT_PARENT, 0));
    netlink.request(qdisc.text(TCA_KIND, "clsact"), `clsact of ${name}`);
    const filter = new NetlinkRequest(RTM_NEWTFILTER, flags, filterHead).text(TCA_KIND, "bpf");
    filter.nested(TCA_OPTIONS, (options) => {
      options.u32(TCA_BPF_FD, program).text(TCA_BPF_NAME, "weft_drop").u32(TCA_BPF_FLAGS, TCA_BPF_DIRECT_ACTION);
    });
    netlink.request(filter, `ingress filter of ${name}`);
  } finally {
    netlink.close();
    sys.close(program);
  }
  const release = (): void => {
    const socket = new NetlinkSocket(0);
    try {
      const remove = new NetlinkRequest(RTM_DELTFILTER, NLM_F_ACK, filterHead).text(TCA_KIND, "bpf");
      socket.request(remove, `ingress filter of ${name}`);
    } catch {
      // The link has gone, and its filters with it.
    } finally {
      socket.close();
    }
  };
  return { hidden: { by: "clsact" }, link: -1, program: -1, release };
};
