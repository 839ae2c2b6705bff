import { FRAG_LATER, MAX_VLANS, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { ETHERTYPE_MIN, EtherType, isVlanType } from "#wire/ethernet.js";
import { NEIGHBOUR_ADVERT, NEIGHBOUR_SOLICIT } from "#wire/nd.js";

const BOTTOM_OF_STACK = 1 << 8;
/** Type and code of ICMPv6 in `W.tp`. */
const EXACT_TYPE = 0x00ff00ff;

const networks: ReadonlyMap<number, string> = new Map([
  [EtherType.ipv4, "ipv4"],
  [EtherType.ipv6, "ipv6"],
  [EtherType.arp, "arp"],
  [EtherType.rarp, "arp"],
  [EtherType.mpls, "mpls"],
  [EtherType.mplsMulticast, "mpls"],
  [EtherType.nsh, "nsh"],
]);
const transports: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "icmpv6"],
  [132, "sctp"],
]);
const NETWORK: ReadonlySet<string> = new Set(networks.values());
const TRANSPORT: ReadonlySet<string> = new Set(transports.values());

/** Attributes of a key with what is in their parentheses; of those within `encap(…)` nothing. */
type Level = ReadonlyMap<string, string>;

/** Undefined where one is there twice. */
function levelOf(text: string): Level | undefined {
  const bodies = new Map<string, string>();
  let depth = 0;
  let start = 0;
  let name = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "(" && depth++ === 0) {
      name = text.slice(start, i).trim();
      start = i + 1;
    } else if (c === ")" && --depth === 0) {
      if (bodies.has(name)) return undefined;
      bodies.set(name, text.slice(start, i));
      start = i + 1;
    } else if (depth === 0 && c === ",") start = i + 1;
  }
  return bodies;
}

/**
 * Whether the text of a key names the port, and exactly the headers that its own types and protocols call for, as the datapath wants a flow that is put: it takes
 * what the text leaves out for a packet that is not there.
 */
export function isWholeKey(text: string, match: Match): boolean {
  const bodies = levelOf(text);
  if (bodies === undefined || bodies.get("in_port")?.includes("/")) return false;
  const begins = bodies.has("eth") || bodies.has("eth_type") || bodies.has("packet_type");
  const tunnel = bodies.get("tunnel");
  if (!bodies.has("in_port") || !begins || (tunnel !== undefined && !/(?:^|,)ttl=/.test(tunnel))) return false;
  return isWholeLevel(bodies, match);
}

function isWholeLevel(bodies: Level | undefined, match: Match, tags = 0): boolean {
  if (bodies === undefined) return false;
  const typeText = bodies.get("eth_type");
  if (typeText === undefined) {
    const type = match.key[W.packetType]!;
    return type === 0 ? bodies.has("in_port") && bodies.has("ipv4") : type >>> 16 === 1;
  }
  const type = Number(typeText.split("/")[0]);
  if (type < ETHERTYPE_MIN) return false;
  const inside = bodies.get("encap");
  // What a further tag holds is not looked at.
  if (isVlanType(type) && tags < MAX_VLANS) {
    return inside !== undefined && bodies.has("vlan") && isWholeLevel(levelOf(inside), match, tags + 1);
  }
  const network = networks.get(type);
  if (inside !== undefined || (network !== undefined && !bodies.has(network))) return false;
  for (const name of bodies.keys()) if (NETWORK.has(name) && name !== network) return false;
  const asksMore = network !== undefined && bodies.get(network) !== "";
  if (asksMore && typeText.includes("/") && (match.mask[W.ethType]! & 0xffff) !== 0xffff) return false;
  if (network === "mpls" && !hasBottom(match)) return false;
  return hasTransport(bodies, network, match);
}

/** The last label says that it is; where there are as many as are looked at, none needs to. */
function hasBottom({ key }: Match): boolean {
  const bottom = [0, 1, 2].findIndex((i) => (key[W.mpls + i]! & BOTTOM_OF_STACK) !== 0);
  if (bottom < 0) return key[W.mpls + 2] !== 0;
  return [1, 2].every((i) => i <= bottom || key[W.mpls + i] === 0);
}

/** The transport header is there where the protocol has one, and nothing is asked of it unless the whole protocol is. */
function hasTransport(bodies: Level, network: string | undefined, match: Match): boolean {
  const { key, mask } = match;
  const isFirst = ((key[W.nw]! >>> 24) & FRAG_LATER) === 0;
  const isIp = network === "ipv4" || network === "ipv6";
  const named = isIp && isFirst ? transports.get(key[W.nw]! & 0xff) : undefined;
  const isOther = (named === "icmp" && network === "ipv6") || (named === "icmpv6" && network === "ipv4");
  const wanted = isOther ? undefined : named;
  for (const name of bodies.keys()) if (TRANSPORT.has(name) && name !== wanted) return false;
  if (bodies.has("tcp_flags") && wanted !== "tcp") return false;
  if (!hasDiscovery(bodies, wanted, match)) return false;
  return wanted === undefined || (bodies.has(wanted) && (mask[W.tp] === 0 || (mask[W.nw]! & 0xff) === 0xff));
}

/** Neighbour discovery is told of where the type of ICMPv6 is one of its own, and nothing is asked of it unless that whole type is. */
function hasDiscovery(bodies: Level, transport: string | undefined, { key, mask }: Match): boolean {
  const type = key[W.tp]! >>> 16;
  const code = key[W.tp]! & 0xffff;
  const isOne = transport === "icmpv6" && (type === NEIGHBOUR_SOLICIT || type === NEIGHBOUR_ADVERT) && code === 0;
  if (isOne !== bodies.has("nd")) return false;
  const asks = mask.subarray(W.ndTarget, W.l4).some((word) => word !== 0);
  return !isOne || !asks || (mask[W.tp]! & EXACT_TYPE) === EXACT_TYPE;
}
