import { type Bits, wordMask } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { FRAG_LATER, W } from "#flow/layout.js";
import type { SetEthernet, SetNetwork, SetOctet, SetTransport } from "#openflow/actions/modify.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "../context.js";

/** `mod_dl_src`, `mod_dl_dst`. */
export function translateSetEthernet(ctx: TranslationContext, { kind, address }: SetEthernet): void {
  if (ctx.flow[W.packetType] !== 0) return;
  const high = (address[0]! << 8) | address[1]!;
  const middle = (address[2]! << 8) | address[3]!;
  const low = (address[4]! << 8) | address[5]!;
  const { flow, mask } = ctx;
  if (kind === "mod_dl_dst") {
    flow[W.eth] = (high << 16) | middle;
    flow[W.eth + 1] = (low << 16) | (flow[W.eth + 1]! & 0xffff);
    mask[W.eth] = 0xffffffff;
    mask[W.eth + 1] = mask[W.eth + 1]! | 0xffff0000;
  } else {
    flow[W.eth + 1] = (flow[W.eth + 1]! & 0xffff0000) | high;
    flow[W.eth + 2] = (middle << 16) | low;
    mask[W.eth + 1] = mask[W.eth + 1]! | 0xffff;
    mask[W.eth + 2] = 0xffffffff;
  }
}

/** `mod_nw_src`, `mod_nw_dst`: of IPv4 packets. */
export function translateSetNetwork(ctx: TranslationContext, { kind, address }: SetNetwork): void {
  if (ctx.flow[W.ethType] !== EtherType.ipv4) return;
  const word = kind === "mod_nw_src" ? W.nwSrc : W.nwDst;
  ctx.flow[word] = address;
  ctx.mask[word] = 0xffffffff;
  lookAtProtocol(ctx);
}

const octets: Readonly<Record<SetOctet["kind"], Bits>> = {
  mod_nw_tos: field("ip_dscp"),
  mod_nw_ecn: field("nw_ecn"),
  mod_nw_ttl: field("nw_ttl"),
};

/** `mod_nw_tos`, `mod_nw_ecn`, `mod_nw_ttl`: of IPv4 and IPv6 packets. */
export function translateSetOctet(ctx: TranslationContext, { kind, value }: SetOctet): void {
  if (!isIp(ctx)) return;
  const bits = wordMask(octets[kind], 0);
  // A type of service is given as the whole octet, of which DSCP is the upper part.
  const shift = kind === "mod_nw_tos" ? 16 : octets[kind].shift;
  ctx.flow[W.nw] = (ctx.flow[W.nw]! & ~bits) | ((value << shift) & bits);
  ctx.mask[W.nw] = ctx.mask[W.nw]! | bits;
  lookAtProtocol(ctx);
}

/** `mod_tp_src`, `mod_tp_dst`: of TCP, UDP and SCTP, where the packet has their header. */
export function translateSetTransport(ctx: TranslationContext, { kind, port }: SetTransport): void {
  const { flow, mask } = ctx;
  if (!isIp(ctx) || ((flow[W.nw]! >>> 24) & FRAG_LATER) !== 0) return;
  lookAtProtocol(ctx);
  const protocol = flow[W.nw]! & 0xff;
  if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp && protocol !== IpProtocol.sctp) return;
  const [bits, shift] = kind === "mod_tp_src" ? [0xffff0000, 16] : [0xffff, 0];
  flow[W.tp] = (flow[W.tp]! & ~bits) | (port << shift);
  mask[W.tp] = mask[W.tp]! | bits;
}

function isIp({ flow }: TranslationContext): boolean {
  const type = flow[W.ethType];
  return type === EtherType.ipv4 || type === EtherType.ipv6;
}

/** A header of protocol 0 is not changed, so whoever changes one looks at the protocol. */
function lookAtProtocol({ mask }: TranslationContext): void {
  mask[W.nw] = mask[W.nw]! | 0xff;
}
