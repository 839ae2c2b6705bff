import { NetlinkRequest, NLM_F_ACK, NLM_F_CREATE } from "#wire/netlink.js";
import { refuseWithout } from "./bpf/without.js";
import type { Hide } from "./hidden.js";
import { NetlinkSocket } from "./netlink-socket.js";

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
export const hideByNft: Hide = (name) => {
  refuseWithout("nft");
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
