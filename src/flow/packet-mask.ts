import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { FRAG_LATER, MAX_MPLS, PACKET_START, TunnelFlag, W } from "./layout.js";

/**
 * The mask of everything that a packet of this key has: its headers' fields, of the metadata what is not 0. Fields of headers
 * that it lacks are left out, since they cannot differ among packets of the same headers; so are nd_reserved and
 * nd_options_type, which upstream shows in no packet. `mask` is where it is made, and all 0.
 */
export function packetMask(key: FlowKey, mask: FlowMask = newKey()): FlowMask {
  metadata(key, mask);
  if (key[W.packetType] === 0) {
    mask.fill(0xffffffff, W.eth, W.eth + 3);
    mask[W.ethType] = 0xffff;
    mask[W.vlan0] = 0xffffffff;
    // A header that actions have spoilt is looked at like one.
    if (key[W.vlan0] !== 0) mask[W.vlan1] = 0xffffffff;
  }
  const type = key[W.ethType]!;
  switch (type) {
    case EtherType.ipv4:
      mask[W.nwSrc] = 0xffffffff;
      mask[W.nwDst] = 0xffffffff;
      ip(key, mask);
      break;
    case EtherType.ipv6:
      mask.fill(0xffffffff, W.ipv6Src, W.ipv6Src + 8);
      mask[W.ipv6Label] = 0xfffff;
      ip(key, mask);
      break;
    case EtherType.arp:
    case EtherType.rarp:
      mask[W.nwSrc] = 0xffffffff;
      mask[W.nwDst] = 0xffffffff;
      mask[W.nw] = 0xff;
      mask.fill(0xffffffff, W.arpHw, W.arpHw + 3);
      break;
    case EtherType.mpls:
    case EtherType.mplsMulticast:
      for (let i = 0; i < MAX_MPLS; i++) {
        mask[W.mpls + i] = 0xffffffff;
        if ((key[W.mpls + i]! & 0x100) !== 0) break;
      }
      break;
    case EtherType.nsh:
      mask.fill(0xffffffff, W.nsh, W.nshContext);
      if (((key[W.nsh]! >>> 8) & 0xff) === 1) mask.fill(0xffffffff, W.nshContext, W.nshContext + 4);
      // Upstream shows what an IP header would have.
      mask[W.nw] = 0x03ffffff;
      break;
  }
  return mask;
}

function metadata(key: FlowKey, mask: FlowMask): void {
  for (let w = W.metadata; w < PACKET_START; w++) if (key[w] !== 0) mask[w] = 0xffffffff;
  mask[W.inPort] = 0xffffffff;
  if (mask[W.metadata] !== 0 || mask[W.metadata + 1] !== 0) mask.fill(0xffffffff, W.metadata, W.metadata + 2);
  for (let w = W.ctLabel; w < W.ctLabel + 4; w++) if (key[w] !== 0) mask.fill(0xffffffff, W.ctLabel, W.ctLabel + 4);
  if (key[W.ctState] !== 0) mask[W.ctState] = 0xff;
  mask[W.ctZone] = ((key[W.ctZone]! & 0xffff) !== 0 ? 0xffff : 0) | (key[W.ctZone]! >>> 16 !== 0 ? 0xff0000 : 0);
  if (key[W.ctZone]! >>> 16 !== 0) {
    mask[W.ctTp] = 0xffffffff;
    if (key[W.ethType] === EtherType.ipv4) mask.fill(0xffffffff, W.ctNwSrc, W.ctNwDst + 1);
    if (key[W.ethType] === EtherType.ipv6) mask.fill(0xffffffff, W.ctIpv6Src, W.ctIpv6Dst + 4);
  }
  let tunnelled = key[W.tunDst] !== 0;
  for (let i = 0; i < 4; i++) if (key[W.tunIpv6Dst + i] !== 0) tunnelled = true;
  if (tunnelled) tunnel(key, mask);
  else if (key[W.tunId] !== 0 || key[W.tunId + 1] !== 0) mask.fill(0xffffffff, W.tunId, W.tunId + 2);
  for (let w: number = W.tunMetadata; w < key.length; w++) if (tunnelled) mask[w] = 0xffffffff;
}

/** Of a tunnel's header: its key where it has one, of ERSPAN what its version has. */
function tunnel(key: FlowKey, mask: FlowMask): void {
  mask.fill(0xffffffff, W.tunSrc, W.metadata);
  if ((key[W.tunMeta]! & TunnelFlag.key) === 0) mask.fill(0, W.tunId, W.tunId + 2);
  const erspanVersion = key[W.tunGbp]! & 0xff;
  mask[W.tunErspan] = erspanVersion === 1 ? ERSPAN_INDEX : erspanVersion === 2 ? ~ERSPAN_INDEX : 0;
}

/** Bits of the index in ERSPAN's word. */
const ERSPAN_INDEX = 0xfffff;

function ip(key: FlowKey, mask: FlowMask): void {
  mask[W.nw] = 0x03ffffff;
  if (((key[W.nw]! >>> 24) & FRAG_LATER) !== 0) return;
  switch (key[W.nw]! & 0xff) {
    case IpProtocol.tcp:
      mask[W.tp] = 0xffffffff;
      mask[W.l4] = 0xfff;
      break;
    case IpProtocol.udp:
    case IpProtocol.sctp:
    case IpProtocol.icmp:
      mask[W.tp] = 0xffffffff;
      break;
    case IpProtocol.igmp:
      mask[W.tp] = 0xffffffff;
      mask[W.igmpGroup] = 0xffffffff;
      break;
    case IpProtocol.icmpv6:
      icmpv6(key, mask);
      break;
  }
}

function icmpv6(key: FlowKey, mask: FlowMask): void {
  mask[W.tp] = 0xffffffff;
  if (key[W.tp] !== 135 << 16 && key[W.tp] !== 136 << 16) return;
  mask.fill(0xffffffff, W.ndTarget, W.arpHw + 3);
}
