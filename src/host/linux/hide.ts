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
const RTM_DELQDISC = 37;
const RTM_NEWTFILTER = 44;
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

/** A clsact qdisc with the dropping program as its ingress filter, for kernels before 6.6. */
const byClsact: Hide = (name, ifindex) => {
  const program = loadProgram({ type: programType.schedCls, items: dropProgram(), name: "weft_drop" });
  const netlink = new NetlinkSocket(0);
  try {
    const qdisc = new NetlinkRequest(
      RTM_NEWQDISC,
      NLM_F_ACK | NLM_F_CREATE,
      tcmsg(ifindex, 0xffff0000, CLSACT_PARENT, 0),
    );
    netlink.request(qdisc.text(TCA_KIND, "clsact"), `clsact of ${name}`);
    const filter = new NetlinkRequest(
      RTM_NEWTFILTER,
      NLM_F_ACK | NLM_F_CREATE,
      tcmsg(ifindex, 1, CLSACT_INGRESS, (1 << 16) | ETH_P_ALL_BE),
    );
    filter.text(TCA_KIND, "bpf").nested(TCA_OPTIONS, (options) => {
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
      const remove = new NetlinkRequest(RTM_DELQDISC, NLM_F_ACK, tcmsg(ifindex, 0xffff0000, CLSACT_PARENT, 0));
      socket.request(remove, `clsact of ${name}`);
    } catch {
      // The link has gone, and its qdisc with it.
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

function nftBatch(messages: readonly NetlinkRequest[], tried: string): void {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    socket.batch(
      [
        new NetlinkRequest(NFNL_MSG_BATCH_BEGIN, 0, nfgen(0, NFNL_SUBSYS_NFTABLES)),
        ...messages,
        new NetlinkRequest(NFNL_MSG_BATCH_END, 0, nfgen(0, NFNL_SUBSYS_NFTABLES)),
      ],
      tried,
    );
  } finally {
    socket.close();
  }
}

/** A netfilter chain at the link's ingress whose policy is to drop: needs no BPF, so it also works in a user namespace. */
const byNft: Hide = (name) => {
  const table = `weft-${name}`;
  const head = nfgen(NFPROTO_NETDEV, 0);
  nftBatch(
    [
      new NetlinkRequest(NFT_MSG_NEWTABLE, NLM_F_ACK | NLM_F_CREATE, head).text(NFT_TABLE_NAME, table),
      new NetlinkRequest(NFT_MSG_NEWCHAIN, NLM_F_ACK | NLM_F_CREATE, head)
        .text(NFT_CHAIN_TABLE, table)
        .text(NFT_CHAIN_NAME, "hide")
        .nested(NFT_CHAIN_HOOK, (hook) => {
          hook.be32(NFT_HOOK_HOOKNUM, NF_NETDEV_INGRESS).be32(NFT_HOOK_PRIORITY, 0).text(NFT_HOOK_DEV, name);
        })
        .be32(NFT_CHAIN_POLICY, NF_DROP)
        .text(NFT_CHAIN_TYPE, "filter"),
    ],
    `ingress chain of ${name}`,
  );
  const release = (): void => {
    try {
      const remove = new NetlinkRequest(NFT_MSG_DELTABLE, NLM_F_ACK, head).text(NFT_TABLE_NAME, table);
      nftBatch([remove], `ingress chain of ${name}`);
    } catch {
      // Somebody else has flushed the rules.
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
  order: readonly ("tcx" | "clsact" | "nft")[] = ["tcx", "clsact", "nft"],
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
