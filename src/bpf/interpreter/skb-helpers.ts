import { helper } from "../helpers.js";
import { adjustRoom } from "./adjust-room.js";
import { checksumHelpers } from "./checksum-helpers.js";
import { errno } from "./interpreted-map.js";
import type { Callee } from "./machine.js";
import { Skb } from "./skb.js";

const TC_ACT_REDIRECT = 7n;
const ETHERNET = 14;
const ENOMEM = 12;
const ENOTSUPP = 524;
const EFAULT = 14;
const MOST = 0xffff;

const invalid = (): bigint => BigInt(-errno.EINVAL);

function isTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8;
}

const swap16 = (value: number): number => ((value & 0xff) << 8) | ((value >> 8) & 0xff);

/** The tag beside the packet goes into its bytes. */
function insertTag(skb: Skb): void {
  if (!skb.tag) return;
  const { tpid, tci } = skb.tag;
  skb.packet.splice(12, 4);
  skb.moveHeaders(4);
  // The tag belongs to the network header then.
  skb.networkOffset -= 4;
  skb.bytes.set([tpid >> 8, tpid & 0xff, tci >> 8, tci & 0xff], 12);
  skb.protocol = tpid;
}

/** The first tag in the bytes, taken out of them. */
function removeTag(skb: Skb): { tpid: number; tci: number } {
  const { bytes } = skb;
  const tag = { tpid: skb.protocol, tci: (bytes[14]! << 8) | bytes[15]! };
  const type = (bytes[16]! << 8) | bytes[17]!;
  // A length instead of a type says Novell's frames or 802.2 (ETH_P_802_3, ETH_P_802_2).
  skb.protocol = type >= 0x600 ? type : bytes[18] === 0xff && bytes[19] === 0xff ? 1 : 4;
  skb.packet.splice(12, -4);
  skb.moveHeaders(-4);
  return tag;
}

const vlanPush: Callee = (machine) => {
  const skb = machine.context(Skb);
  const given = swap16(machine.argument32(2) & MOST);
  insertTag(skb);
  skb.tag = { tpid: isTag(given) ? given : 0x8100, tci: machine.argument32(3) & MOST };
  skb.packet.pull(0);
  return 0n;
};

const vlanPop: Callee = (machine) => {
  const skb = machine.context(Skb);
  const next = (): boolean => isTag(skb.protocol) && skb.bytes.length >= ETHERNET + 4;
  const isShort = (): boolean => isTag(skb.protocol) && !next();
  if (skb.tag) skb.tag = undefined;
  else if (isShort()) return BigInt(-ENOMEM);
  else if (next()) removeTag(skb);
  else return 0n;
  if (isShort()) return BigInt(-ENOMEM);
  if (next()) skb.tag = removeTag(skb);
  skb.packet.pull(0);
  return 0n;
};

const loadBytes: Callee = (machine) => {
  const { bytes } = machine.context(Skb);
  const [offset, to, size] = [machine.argument32(2), machine.argument(3), machine.argument32(4)];
  machine.memory.check(to, size, "writes");
  if (offset + size > bytes.length) {
    machine.memory.write(to, new Uint8Array(size));
    return BigInt(-EFAULT);
  }
  machine.memory.write(to, bytes.slice(offset, offset + size));
  return 0n;
};

const storeBytes: Callee = (machine) => {
  const skb = machine.context(Skb);
  const offset = machine.argument32(2);
  const from = machine.memory.read(machine.argument(3), machine.argument32(4));
  if (machine.argument(5) > 3n) return invalid();
  if (offset + from.length > skb.bytes.length) return BigInt(-EFAULT);
  skb.bytes.set(from, offset);
  skb.packet.pull(0);
  return 0n;
};

const changeTail: Callee = (machine) => {
  const skb = machine.context(Skb);
  const length = machine.argument32(2);
  if (machine.argument(3) !== 0n || length < skb.shortest || length > MOST) return invalid();
  // Seen of Linux 6.18: of a packet that went into a tunnel the end stays where it is.
  if (skb.isEncapsulated) return BigInt(-ENOTSUPP);
  const bytes = new Uint8Array(length);
  bytes.set(skb.bytes.subarray(0, length));
  skb.packet.replace(bytes);
  return 0n;
};

const changeHead: Callee = (machine) => {
  const skb = machine.context(Skb);
  const room = machine.argument32(2);
  if (machine.argument(3) !== 0n || skb.bytes.length + room > MOST) return invalid();
  skb.packet.splice(0, room);
  skb.moveHeaders(room);
  return 0n;
};

const cloneRedirect: Callee = (machine) => {
  const skb = machine.context(Skb);
  const target = { ifindex: machine.argument32(2), flags: machine.argument32(3), by: "bpf_clone_redirect" };
  if ((target.flags & ~1) !== 0 || target.ifindex === 0) return invalid();
  skb.clones.push({ ...target, bytes: skb.bytes.slice(), tag: skb.tag });
  skb.packet.pull(0);
  return 0n;
};

function redirect(by: string, flagsArgument: number): Callee {
  return (machine) => {
    const skb = machine.context(Skb);
    skb.redirection = { ifindex: machine.argument32(1), flags: machine.argument32(flagsArgument), by };
    return TC_ACT_REDIRECT;
  };
}

/** Helpers that work on a packet at a tc hook. */
export const skbHelpers: Readonly<Record<number, Callee>> = {
  ...checksumHelpers,
  [helper.skbLoadBytes]: loadBytes,
  [helper.skbStoreBytes]: storeBytes,
  [helper.skbVlanPush]: vlanPush,
  [helper.skbVlanPop]: vlanPop,
  [helper.skbChangeTail]: changeTail,
  [helper.skbChangeHead]: changeHead,
  [helper.skbAdjustRoom]: adjustRoom,
  [helper.skbPullData]: (machine) => {
    const skb = machine.context(Skb);
    const length = machine.argument32(2);
    if (length > skb.bytes.length) return BigInt(-ENOMEM);
    skb.packet.pull(length === 0 ? 0 : length);
    return 0n;
  },
  [helper.skbChangeType]: (machine) => {
    machine.context(Skb).packetType = machine.argument32(2);
    return 0n;
  },
  [helper.getHashRecalc]: (machine) => BigInt(machine.context(Skb).hash >>> 0),
  [helper.setHashInvalid]: (machine) => {
    machine.context(Skb).hash = 0;
    return 0n;
  },
  [helper.setHash]: (machine) => {
    machine.context(Skb).hash = machine.argument32(2);
    return 0n;
  },
  [helper.cloneRedirect]: cloneRedirect,
  [helper.redirectPeer]: redirect("bpf_redirect_peer", 2),
  [helper.redirectNeigh]: redirect("bpf_redirect_neigh", 4),
};
