import type { Bits } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { FRAG_LATER, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { commitHeader } from "./commit-header.js";
import { commitMpls, isMpls } from "./commit-mpls.js";
import { commitSet, isChanged, type SetForm } from "./commit-set.js";
import { commitVlan } from "./commit-vlan.js";
import type { TranslationContext } from "./context.js";

const f = (...names: readonly string[]): readonly Bits[] => names.map(field);

const ethernet: SetForm = { fields: f("eth_src", "eth_dst") };
const ipv4: SetForm = { fields: f("ip_src", "ip_dst", "nw_tos", "nw_ttl").map(wholeTos) };
const ipv6: SetForm = { fields: f("ipv6_src", "ipv6_dst", "ipv6_label", "nw_tos", "nw_ttl").map(wholeTos) };
const arp: SetForm = { fields: f("arp_spa", "arp_tpa", "arp_op", "arp_sha", "arp_tha"), slow: true };
const ports: SetForm = { fields: f("tcp_src", "tcp_dst") };
const icmp: SetForm = { fields: f("icmp_type", "icmp_code"), slow: true, whole: true };
const neighbourExtension: SetForm = { fields: f("nd_reserved", "nd_options_type"), slow: true };
const neighbour: SetForm = { fields: f("nd_target", "nd_sll", "nd_tll"), slow: true };
const nsh: SetForm = {
  looked: true,
  fields: f("nsh_flags", "nsh_ttl", "nsh_spi", "nsh_si", "nsh_c1", "nsh_c2", "nsh_c3", "nsh_c4"),
};
const priority: SetForm = { fields: f("skb_priority") };
const mark: SetForm = { fields: f("pkt_mark") };

/** The datapath knows DSCP and ECN as one. */
function wholeTos(bits: Bits): Bits {
  return bits === field("nw_tos") ? { word: W.nw, words: 1, bits: 8, shift: 16 } : bits;
}

/**
 * Emits what turns the packet as the datapath has it (`base`) into what actions have made of it (`flow`); afterwards both are the same. Before whatever lets the
 * packet be seen: output, recirculation, a controller.
 */
export function commit(ctx: TranslationContext): void {
  const { flow, base } = ctx;
  if (ctx.header !== undefined) commitHeader(ctx);
  if (flow[W.skbPriority] === base[W.skbPriority] && flow[W.pktMark] === base[W.pktMark] && samePacket(flow, base))
    return;
  if (flow[W.packetType] === 0) commitSet(ctx, ethernet);
  // Below the labels there may be changes to be taken back: the datapath has made them of a copy that was labelled later.
  if (isMpls(base[W.ethType]!) && !isMpls(flow[W.ethType]!)) commitMpls(ctx);
  // What is pushed below makes the other headers those of another packet: actions have committed changes of the old one before.
  if (flow[W.ethType] === base[W.ethType]) {
    commitNetwork(ctx);
    commitTransport(ctx);
  }
  commitMpls(ctx);
  commitVlan(ctx);
  commitSet(ctx, priority);
  commitSet(ctx, mark);
}

function samePacket(flow: Uint32Array, base: Uint32Array): boolean {
  for (let w: number = W.eth; w < W.tunMetadata; w++) if (flow[w] !== base[w]) return false;
  return true;
}

function commitNetwork(ctx: TranslationContext): void {
  const { flow } = ctx;
  const form = networkForms.get(flow[W.ethType]!);
  if (form === undefined) return;
  // A header of protocol 0 (ARP of operation 0) is none: what is cut off has such a key.
  if (form === nsh || (flow[W.nw]! & 0xff) !== 0) commitSet(ctx, form);
  else if (isChanged(ctx, form)) ctx.mask[W.nw] = ctx.mask[W.nw]! | 0xff;
}

const networkForms: ReadonlyMap<number, SetForm> = new Map([
  [EtherType.ipv4, ipv4],
  [EtherType.ipv6, ipv6],
  [EtherType.arp, arp],
  [EtherType.nsh, nsh],
]);

function commitTransport(ctx: TranslationContext): void {
  const { flow } = ctx;
  const type = flow[W.ethType];
  if ((type !== EtherType.ipv4 && type !== EtherType.ipv6) || ((flow[W.nw]! >>> 24) & FRAG_LATER) !== 0) return;
  switch (flow[W.nw]! & 0xff) {
    case IpProtocol.tcp:
    case IpProtocol.udp:
    case IpProtocol.sctp:
      commitSet(ctx, ports);
      return;
    case IpProtocol.icmp:
      if (type === EtherType.ipv4) commitSet(ctx, icmp);
      return;
    case IpProtocol.icmpv6:
      if (type !== EtherType.ipv6) return;
      commitSet(ctx, icmp);
      commitSet(ctx, neighbourExtension);
      commitSet(ctx, neighbour);
      return;
  }
}
