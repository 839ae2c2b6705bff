import { dropProgram } from "#bpf/capture-program.js";
import { NetlinkRequest, NLM_F_ACK, NLM_F_CREATE } from "#wire/netlink.js";
import type { CaptureSource } from "../net.js";
import { attachTcx, attachType, loadProgram, programType } from "./bpf.js";
import { NetlinkSocket } from "./netlink-socket.js";
import * as sys from "./syscalls.js";

/** A link hidden from its host's stack. `link` and `program` are descriptors of the tcx link and the dropping program, or -1. */
export interface Hidden {
  readonly hidden: CaptureSource["hidden"];
  readonly link: number;
  readonly program: number;
  release(): void;
}

/** The way of hiding, best first. */
type Hide = (name: string, ifindex: number) => Hidden;

const byTcx: Hide = (_name, ifindex) => {
  const program = loadProgram({
    type: programType.schedCls,
    attach: attachType.tcxIngress,
    items: dropProgram(),
    name: "weft_drop",
  });
  try {
    const link = attachTcx(program, ifindex, attachType.tcxIngress);
    const release = (): void => {
      sys.close(link);
      sys.close(program);
    };
    return { hidden: { by: "tcx" }, link, program, release };
  } catch (error) {
    sys.close(program);
    throw error;
  }
};

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
const byClsact: Hide = (name, ifindex) => {
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

const NETLINK_NETFILTER = 12;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWTABLE = (NFNL_SUBSYS_NFTABLES << 8) | 0;
const NFT_MSG_DELTABLE = (NFNL_SUBSYS_NFTABLES << 8) | 2;
const NFT_MSG_NEWCHAIN = (NFNL_SUBSYS_NFTABLES << 8) | 3;
const NFPROTO_NETDEV = 5;
const NFT_TABLE_NAME = 1;
const NFT_TABLE_FLAGS = 2;
const NFT_TABLE_F_OWNER = 2;
const NFT_CHAIN_TABLE = 1;
const NFT_CHAIN_NAME = 3;
const NFT_CHAIN_HOOK = 4;
const NFT_CHAIN_POLICY = 5;
const NFT_CHAIN_TYPE = 7;
const NFT_HOOK_HOOKNUM = 1;
const NFT_HOOK_PRIORITY = 2;
const NFT_HOOK_DEV = 3;
const NF_NETDEV_INGRESS = 0;
const NF_DROP = 0;

/** struct nfgenmsg; a batch's ends name the subsystem in the resource id. */
function nfgen(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}

/** The table and its chain; `owned` makes them go with the socket that made them, however its process ends (Linux 5.12). */
function makeChain(socket: NetlinkSocket, name: string, table: string, owned: boolean): void {
  const batch = nfgen(0, NFNL_SUBSYS_NFTABLES);
  const head = nfgen(NFPROTO_NETDEV, 0);
  const flags = NLM_F_ACK | NLM_F_CREATE;
  const newTable = new NetlinkRequest(NFT_MSG_NEWTABLE, flags, head).text(NFT_TABLE_NAME, table);
  if (owned) newTable.be32(NFT_TABLE_FLAGS, NFT_TABLE_F_OWNER);
  const newChain = new NetlinkRequest(NFT_MSG_NEWCHAIN, flags, head)
    .text(NFT_CHAIN_TABLE, table)
    .text(NFT_CHAIN_NAME, "hide")
    .nested(NFT_CHAIN_HOOK, (hook) => {
      hook.be32(NFT_HOOK_HOOKNUM, NF_NETDEV_INGRESS).be32(NFT_HOOK_PRIORITY, 0).text(NFT_HOOK_DEV, name);
    })
    .be32(NFT_CHAIN_POLICY, NF_DROP)
    .text(NFT_CHAIN_TYPE, "filter");
  const begin = new NetlinkRequest(NFNL_MSG_BATCH_BEGIN, 0, batch);
  const end = new NetlinkRequest(NFNL_MSG_BATCH_END, 0, batch);
  socket.batch([begin, newTable, newChain, end], `ingress chain of ${name}`);
}

function deleteTable(socket: NetlinkSocket, table: string): void {
  const batch = nfgen(0, NFNL_SUBSYS_NFTABLES);
  const remove = new NetlinkRequest(NFT_MSG_DELTABLE, NLM_F_ACK, nfgen(NFPROTO_NETDEV, 0)).text(NFT_TABLE_NAME, table);
  const begin = new NetlinkRequest(NFNL_MSG_BATCH_BEGIN, 0, batch);
  socket.batch([begin, remove, new NetlinkRequest(NFNL_MSG_BATCH_END, 0, batch)], `table ${table}`);
}

/** A netfilter chain at the link's ingress whose policy is to drop: needs no BPF, so it also works in a user namespace. */
const byNft: Hide = (name) => {
  const table = `weft-${name}`;
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    try {
      makeChain(socket, name, table, true);
    } catch {
      makeChain(socket, name, table, false);
    }
  } catch (error) {
    socket.close();
    throw error;
  }
  const release = (): void => {
    try {
      deleteTable(socket, table);
    } catch {
      // Somebody else has flushed the rules.
    } finally {
      socket.close();
    }
  };
  return { hidden: { by: "nft" }, link: -1, program: -1, release };
};

const ways: Readonly<Record<"tcx" | "clsact" | "nft", Hide>> = { tcx: byTcx, clsact: byClsact, nft: byNft };

/**
 * Keeps the host's stack from seeing what arrives on a link of the calling thread's namespace, by the first way that works of
 * `order`. AF_PACKET sockets still see it. Never throws: `by` is `none` with the reasons where nothing works.
 */
export function hideLink(
  name: string,
  ifindex: number,
  order: readonly ("tcx" | "clsact" | "nft")[] = ["tcx", "nft", "clsact"],
): Hidden {
  const reasons: string[] = [];
  for (const way of order) {
    try {
      return ways[way](name, ifindex);
    } catch (error) {
      reasons.push(`${way}: ${(error as Error).message}`);
    }
  }
  return { hidden: { by: "none", reason: reasons.join("; ") }, link: -1, program: -1, release: () => undefined };
}
