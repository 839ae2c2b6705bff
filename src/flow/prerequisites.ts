import { unwildcard } from "./access.js";
import type { Prerequisite } from "./fields/field.js";
import { field } from "./fields/table.js";
import type { FlowKey, FlowMask } from "./key.js";
import { CtState, FRAG_LATER, VLAN_PRESENT, W } from "./layout.js";

const IPV4 = 0x0800;
const ARP = 0x0806;
const RARP = 0x8035;
const IPV6 = 0x86dd;
const MPLS = 0x8847;
const MPLS_MULTICAST = 0x8848;
const NSH = 0x894f;

function isIp(key: FlowKey): boolean {
  const type = key[W.ethType];
  return type === IPV4 || type === IPV6;
}

/** A transport header is there to look at: the protocol fits, and the packet is not a later fragment. */
function hasTransport(key: FlowKey, proto: number): boolean {
  return (key[W.nw]! & 0xff) === proto && ((key[W.nw]! >>> 24) & FRAG_LATER) === 0;
}

function hasIcmpv6(key: FlowKey): boolean {
  return key[W.ethType] === IPV6 && hasTransport(key, 58);
}

/** States of packets that belong to a connection, and so have its original addresses. */
const CT_KNOWN = CtState.new | CtState.est | CtState.rel | CtState.rpl | CtState.snat | CtState.dnat;

const solicit = 135 << 16;
const advert = 136 << 16;

const tests: Readonly<Record<Prerequisite, (key: FlowKey) => boolean>> = {
  none: () => true,
  ethernet: (k) => k[W.packetType] === 0,
  vlanVid: (k) => k[W.packetType] === 0 && (k[W.vlan0]! & VLAN_PRESENT) !== 0,
  arp: (k) => k[W.ethType] === ARP || k[W.ethType] === RARP,
  ipv4: (k) => k[W.ethType] === IPV4,
  ipv6: (k) => k[W.ethType] === IPV6,
  ipAny: isIp,
  mpls: (k) => k[W.ethType] === MPLS || k[W.ethType] === MPLS_MULTICAST,
  nsh: (k) => k[W.ethType] === NSH,
  tcp: (k) => isIp(k) && hasTransport(k, 6),
  udp: (k) => isIp(k) && hasTransport(k, 17),
  sctp: (k) => isIp(k) && hasTransport(k, 132),
  icmpv4: (k) => k[W.ethType] === IPV4 && hasTransport(k, 1),
  icmpv6: hasIcmpv6,
  nd: (k) => hasIcmpv6(k) && (k[W.tp] === solicit || k[W.tp] === advert),
  ndSolicit: (k) => hasIcmpv6(k) && k[W.tp] === solicit,
  ndAdvert: (k) => hasIcmpv6(k) && k[W.tp] === advert,
  ct: (k) => isIp(k) && (k[W.ctState]! & CT_KNOWN) !== 0,
};

/** Says whether a packet of this key has the header that a field belongs to, ovs-fields(7) "Prerequisites". */
export function prerequisiteHolds(need: Prerequisite, key: FlowKey): boolean {
  return tests[need](key);
}

const ethType = field("eth_type");
const proto = field("nw_proto");
const frag = field("ip_frag");
const icmpType = field("icmpv6_type");
const icmpCode = field("icmpv6_code");

/**
 * Adds to `mask` the bits that decide a prerequisite, whether or not it holds: what translation must look at before it reads or
 * writes a field that has it. The packet type is looked at always, and so is not named here.
 */
export function unwildcardPrerequisite(mask: FlowMask, need: Prerequisite, key: FlowKey): void {
  if (need === "none" || need === "ethernet") return;
  if (need === "vlanVid") {
    mask[W.vlan0] = mask[W.vlan0]! | VLAN_PRESENT;
    return;
  }
  unwildcard(mask, ethType);
  if (need === "ct") mask[W.ctState] = mask[W.ctState]! | CT_KNOWN;
  if (!needsTransport.has(need) || !isIp(key)) return;
  unwildcard(mask, proto);
  unwildcard(mask, frag);
  if (need === "nd" || need === "ndSolicit" || need === "ndAdvert") {
    if (!hasIcmpv6(key)) return;
    unwildcard(mask, icmpType);
    unwildcard(mask, icmpCode);
  }
}

const needsTransport: ReadonlySet<Prerequisite> = new Set([
  "tcp",
  "udp",
  "sctp",
  "icmpv4",
  "icmpv6",
  "nd",
  "ndSolicit",
  "ndAdvert",
]);
