import { Attributes, NetlinkRequest, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL } from "./netlink.js";

/* rtnetlink(7): links, addresses and routes. Layouts are those of linux/if_link.h, if_addr.h and rtnetlink.h. */

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_NEWQDISC = 36;
export const RTM_DELQDISC = 37;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;

/** Multicast groups of rtnetlink (enum rtnetlink_groups). */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_TC = 4;

const IFLA = {
  address: 1,
  ifname: 3,
  mtu: 4,
  link: 5,
  qdisc: 6,
  master: 10,
  linkinfo: 18,
  alias: 20,
  stats64: 23,
  afSpec: 26,
  netNsFd: 28,
  carrier: 33,
  carrierChanges: 35,
  linkNamespace: 37,
  targetNamespace: 46,
  minMtu: 50,
  maxMtu: 51,
} as const;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;

/** Interface flags (linux/if.h). */
const IFF_UP = 0x1;
const IFF_NOARP = 0x80;
const IFF_PROMISC = 0x100;
const IFF_RUNNING = 0x40;

const AF_INET = 2;
const AF_INET6 = 10;

/** The 64-bit counters of struct rtnl_link_stats64 that every link has, in its order. */
const STATS = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxErrors",
  "txErrors",
  "rxDropped",
  "txDropped",
  "multicast",
  "collisions",
  "rxLengthErrors",
  "rxOverErrors",
  "rxCrcErrors",
  "rxFrameErrors",
  "rxFifoErrors",
  "rxMissedErrors",
] as const;

/** Counters of a link; integers, exact to 2^53. */
type RtStats = { readonly [name in (typeof STATS)[number]]: number };

/** A link, as RTM_NEWLINK and RTM_DELLINK tell of it. */
export interface RtLink {
  readonly ifindex: number;
  readonly name: string;
  readonly kind: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly minMtu: number;
  readonly maxMtu: number;
  readonly flags: number;
  readonly carrier: boolean;
  readonly carrierChanges: number;
  readonly master: number;
  /** What somebody has written down of it; empty where nobody has. */
  readonly alias: string;
  /** The link that it stands on, or that is its other end: its number in the network namespace of that id, or in the same one. */
  readonly other: { readonly ifindex: number; readonly namespace: number | undefined } | undefined;
  /** The kind of its egress's queueing discipline; `noqueue` where it has none. */
  readonly qdisc: string;
  readonly stats: RtStats;
}

export interface RtAddress {
  readonly ifindex: number;
  readonly family: "inet" | "inet6";
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

export interface RtRoute {
  readonly family: "inet" | "inet6";
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly gateway: Uint8Array | undefined;
  readonly ifindex: number;
  readonly table: number;
  readonly priority: number;
  readonly preferredSource: Uint8Array | undefined;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeStats(bytes: Uint8Array | undefined): RtStats {
  const numbers = bytes && view(bytes);
  const stats: Record<string, number> = {};
  STATS.forEach((name, i) => {
    stats[name] = numbers && 8 * i + 8 <= numbers.byteLength ? Number(numbers.getBigUint64(8 * i, true)) : 0;
  });
  return stats as RtStats;
}

/** A link from the payload of RTM_NEWLINK or RTM_DELLINK; undefined where it is too short or of another family (bridge ports). */
export function decodeLink(payload: Uint8Array): RtLink | undefined {
  if (payload.length < 16 || payload[0] !== 0) return undefined;
  const head = view(payload);
  const attributes = new Attributes(payload.subarray(16));
  const flags = head.getUint32(8, true);
  const carrier = attributes.u8(IFLA.carrier);
  const other = attributes.u32(IFLA.link);
  return {
    ifindex: head.getInt32(4, true),
    name: attributes.text(IFLA.ifname) ?? "",
    kind: attributes.nested(IFLA.linkinfo)?.text(IFLA_INFO_KIND) ?? "",
    mac: (attributes.bytes(IFLA.address) ?? new Uint8Array(6)).slice(),
    mtu: attributes.u32(IFLA.mtu) ?? 0,
    minMtu: attributes.u32(IFLA.minMtu) ?? 0,
    maxMtu: attributes.u32(IFLA.maxMtu) ?? 0,
    flags,
    // A link that is down tells no carrier of its own: IFF_RUNNING is the operational state.
    carrier: (flags & IFF_UP) !== 0 && (carrier === undefined ? (flags & IFF_RUNNING) !== 0 : carrier !== 0),
    carrierChanges: attributes.u32(IFLA.carrierChanges) ?? 0,
    master: attributes.u32(IFLA.master) ?? 0,
    alias: attributes.text(IFLA.alias) ?? "",
    other: other === undefined ? undefined : { ifindex: other, namespace: attributes.u32(IFLA.linkNamespace) },
    qdisc: attributes.text(IFLA.qdisc) ?? "",
    stats: decodeStats(attributes.bytes(IFLA.stats64)),
  };
}

/** The ifindex in the payload of RTM_NEWQDISC and RTM_DELQDISC. */
export function decodeQdiscLink(payload: Uint8Array): number | undefined {
  return payload.length < 20 ? undefined : view(payload).getInt32(4, true);
}

/** An address from the payload of RTM_NEWADDR; undefined for another family than IPv4 and IPv6. */
export function decodeAddress(payload: Uint8Array): RtAddress | undefined {
  if (payload.length < 8 || (payload[0] !== AF_INET && payload[0] !== AF_INET6)) return undefined;
  const attributes = new Attributes(payload.subarray(8));
  // IFA_LOCAL is the own address of a point-to-point link, where IFA_ADDRESS is the peer's.
  const address = attributes.bytes(2) ?? attributes.bytes(1);
  if (!address) return undefined;
  return {
    ifindex: view(payload).getUint32(4, true),
    family: payload[0] === AF_INET ? "inet" : "inet6",
    address: address.slice(),
    prefixLength: payload[1]!,
  };
}

/** A unicast route from the payload of RTM_NEWROUTE; undefined for other families and types (local, broadcast, multicast). */
export function decodeRoute(payload: Uint8Array): RtRoute | undefined {
  const RTN_UNICAST = 1;
  if (payload.length < 12 || (payload[0] !== AF_INET && payload[0] !== AF_INET6)) return undefined;
  if (payload[7] !== RTN_UNICAST) return undefined;
  const attributes = new Attributes(payload.subarray(12));
  const ipv4 = payload[0] === AF_INET;
  return {
    family: ipv4 ? "inet" : "inet6",
    destination: (attributes.bytes(1) ?? new Uint8Array(ipv4 ? 4 : 16)).slice(),
    prefixLength: payload[1]!,
    gateway: attributes.bytes(5)?.slice(),
    ifindex: attributes.u32(4) ?? 0,
    table: attributes.u32(15) ?? payload[4]!,
    priority: attributes.u32(6) ?? 0,
    preferredSource: attributes.bytes(7)?.slice(),
  };
}

/** struct ifinfomsg. */
function ifinfo(ifindex: number, flags = 0, change = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const head = view(bytes);
  head.setInt32(4, ifindex, true);
  head.setUint32(8, flags, true);
  head.setUint32(12, change, true);
  return bytes;
}

export function dumpLinks(): NetlinkRequest {
  return new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, ifinfo(0));
}

export function dumpAddresses(): NetlinkRequest {
  return new NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, new Uint8Array(8));
}

export function dumpRoutes(): NetlinkRequest {
  return new NetlinkRequest(RTM_GETROUTE, NLM_F_DUMP, new Uint8Array(12));
}

/** Asks for one link by name (15 bytes at most). */
export function getLink(name: string): NetlinkRequest {
  return new NetlinkRequest(RTM_GETLINK, 0, ifinfo(0)).text(IFLA.ifname, name);
}

/** Asks for a link of another network namespace (Linux 4.16), by the id that it has in this one. */
export function getLinkIn(namespace: number, ifindex: number): NetlinkRequest {
  return new NetlinkRequest(RTM_GETLINK, 0, ifinfo(ifindex)).u32(IFLA.targetNamespace, namespace);
}

export function setLinkUp(ifindex: number, up: boolean): NetlinkRequest {
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex, up ? IFF_UP : 0, IFF_UP));
}

/** Has a link take frames for others, or not, whoever else asks for that. */
export function setLinkPromiscuous(ifindex: number, on: boolean): NetlinkRequest {
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex, on ? IFF_PROMISC : 0, IFF_PROMISC));
}

export function setLinkMtu(ifindex: number, mtu: number): NetlinkRequest {
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex)).u32(IFLA.mtu, mtu);
}

export function setLinkMac(ifindex: number, mac: Uint8Array): NetlinkRequest {
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex)).bytes(IFLA.address, mac);
}

/** Writes down what a link is for, and has nobody ask for it or be told of it by ARP. */
export function setLinkAlias(ifindex: number, alias: string): NetlinkRequest {
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex, IFF_NOARP, IFF_NOARP)).text(IFLA.alias, alias);
}

/** Has a link make no IPv6 addresses for itself. */
export function setLinkWithoutAddresses(ifindex: number): NetlinkRequest {
  const IFLA_INET6_ADDR_GEN_MODE = 8;
  const NONE = 1;
  return new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, ifinfo(ifindex)).nested(IFLA.afSpec, (families) => {
    families.nested(AF_INET6, (inet6) => inet6.bytes(IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(NONE)));
  });
}

/** Asks which id a network namespace, given by a descriptor, has in that of the socket. */
export function getNamespaceId(fd: number): NetlinkRequest {
  const RTM_GETNSID = 90;
  const NETNSA_FD = 3;
  return new NetlinkRequest(RTM_GETNSID, 0, new Uint8Array(4)).u32(NETNSA_FD, fd);
}

/** The id in the answer to `getNamespaceId`; undefined where the namespace has none. */
export function decodeNamespaceId(payload: Uint8Array): number | undefined {
  const NETNSA_NSID = 1;
  const id = new Attributes(payload.subarray(4)).u32(NETNSA_NSID);
  return id === 0xffffffff ? undefined : id;
}

export function deleteLink(ifindex: number): NetlinkRequest {
  return new NetlinkRequest(RTM_DELLINK, NLM_F_ACK, ifinfo(ifindex));
}

/** Gives a link an IPv4 (4 bytes) or IPv6 (16 bytes) address. */
export function addAddress(ifindex: number, address: Uint8Array, prefixLength: number): NetlinkRequest {
  const RTM_NEWADDR = 20;
  const head = new Uint8Array(8);
  head[0] = address.length === 4 ? AF_INET : AF_INET6;
  head[1] = prefixLength;
  view(head).setUint32(4, ifindex, true);
  const flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  return new NetlinkRequest(RTM_NEWADDR, flags, head).bytes(2, address).bytes(1, address);
}

/** A veth pair; `peerNamespace` is a descriptor of the namespace where the peer is to be. */
export function createVeth(name: string, peer: string, peerNamespace: number | undefined): NetlinkRequest {
  const flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  return new NetlinkRequest(RTM_NEWLINK, flags, ifinfo(0)).text(IFLA.ifname, name).nested(IFLA.linkinfo, (info) => {
    info.text(IFLA_INFO_KIND, "veth");
    info.nested(IFLA_INFO_DATA, (data) => {
      data.nested(VETH_INFO_PEER, (other) => {
        other.raw(ifinfo(0)).text(IFLA.ifname, peer);
        if (peerNamespace !== undefined) other.u32(IFLA.netNsFd, peerNamespace);
      });
    });
  });
}
