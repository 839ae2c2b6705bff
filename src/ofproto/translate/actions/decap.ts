import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Decap } from "#openflow/actions/decap.js";
import { EtherType } from "#wire/ethernet.js";
import { commit } from "../commit.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";
import { freeze } from "../freeze.js";
import { ETHERNET, NshProtocol, ofEtherType, PACKET_NSH, packetTypeText, refusePacketType } from "./packet-type.js";
import { popMpls } from "./pop-mpls.js";

/** `decap`: takes the outermost header off. What is behind a network service header or labels must be parsed before anything is done with it. */
export function translateDecap(ctx: TranslationContext, { packetType }: Decap): void {
  const type = ctx.flow[W.packetType]!;
  if (type === ETHERNET) decapEthernet(ctx);
  else if (type === PACKET_NSH) decapNsh(ctx);
  else if (isMpls(type & 0xffff)) decapMpls(ctx, packetType);
  else refusePacketType(ctx, `Dropping packet as the decap() does not support packet type ${packetTypeText(type)}`);
}

function decapEthernet(ctx: TranslationContext): void {
  const { flow } = ctx;
  if ((flow[W.vlan0]! & VLAN_PRESENT) !== 0) {
    refusePacketType(ctx, "Dropping packet, cannot decap Ethernet if VLAN is present.");
    return;
  }
  commit(ctx);
  flow[W.packetType] = ofEtherType(flow[W.ethType]!);
  flow.fill(0, W.eth, W.ethType);
  ctx.header = { kind: "pop_eth" };
}

const innerTypes: ReadonlyMap<number, number> = new Map([
  [NshProtocol.ethernet, ETHERNET],
  [NshProtocol.ipv4, ofEtherType(EtherType.ipv4)],
  [NshProtocol.ipv6, ofEtherType(EtherType.ipv6)],
  [NshProtocol.nsh, PACKET_NSH],
]);

function decapNsh(ctx: TranslationContext): void {
  const { flow, mask } = ctx;
  const protocol = flow[W.nsh]! & 0xff;
  const inner = innerTypes.get(protocol);
  if (inner === undefined) {
    refusePacketType(ctx, `Dropping packet as NSH next protocol ${protocol} is not supported`);
    return;
  }
  mask[W.nsh] = mask[W.nsh]! | 0xff;
  commit(ctx);
  ctx.actions.push({ kind: "pop_nsh" });
  flow[W.packetType] = inner;
  if (inner !== ETHERNET) {
    flow.fill(0, W.eth, W.tunMetadata);
    flow[W.ethType] = inner & 0xffff;
  }
  ctx.base.set(flow);
  freeze(ctx);
}

/** `inner` is what the action says the labels are on, in Ethernet's namespace or in that of Ethernet types. */
function decapMpls(ctx: TranslationContext, inner: number): void {
  const { flow } = ctx;
  const ethType = inner & 0xffff;
  popMpls(ctx, ethType);
  commit(ctx);
  flow[W.packetType] = inner;
  if (ctx.wasMpls) freeze(ctx);
}
