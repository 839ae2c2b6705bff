import { W } from "#flow/layout.js";
import type { Encap } from "#openflow/actions/encap.js";
import { put16 } from "#util/big-endian.js";
import { EtherType } from "#wire/ethernet.js";
import { commit } from "../commit.js";
import { isMpls } from "../commit-mpls.js";
import type { TranslationContext } from "../context.js";
import { BOTTOM, countLabels, DEFAULT_TTL, IPV6_NULL } from "./mpls-labels.js";
import { ETHERNET, NshProtocol, ofEtherType, PACKET_NSH, packetTypeText, refusePacketType } from "./packet-type.js";

/** `encap`: puts a header on, whose fields later actions may write before the datapath is told of it. */
export function translateEncap(ctx: TranslationContext, action: Encap): void {
  if (action.packetType === ETHERNET) encapEthernet(ctx);
  else if (action.packetType === PACKET_NSH) encapNsh(ctx, action);
  else encapMpls(ctx, action.packetType & 0xffff);
}

function encapEthernet(ctx: TranslationContext): void {
  const { flow } = ctx;
  if (flow[W.packetType] === ETHERNET) {
    refusePacketType(ctx, "Dropping packet as encap(ethernet) is not supported for packet type ethernet.");
    return;
  }
  commit(ctx);
  flow[W.ethType] = flow[W.packetType]! & 0xffff;
  flow[W.packetType] = ETHERNET;
  flow.fill(0, W.eth, W.ethType);
  ctx.header = { kind: "push_eth" };
}

const FULL_TTL = 63;
const FULL_INDEX = 255;

function encapNsh(ctx: TranslationContext, action: Encap): void {
  const { flow } = ctx;
  const protocol = protocolOf(flow[W.packetType]!);
  if (protocol === undefined) {
    const type = packetTypeText(flow[W.packetType]!);
    refusePacketType(ctx, `Dropping packet as encap(nsh) is not supported for packet type ${type}`);
    return;
  }
  commit(ctx);
  const metadataType = action.properties.find((p) => p.kind === "md_type")?.mdType ?? 1;
  flow.fill(0, W.eth, W.tunMetadata);
  flow[W.packetType] = PACKET_NSH;
  flow[W.ethType] = EtherType.nsh;
  flow[W.nsh] = (FULL_TTL << 16) | (metadataType << 8) | protocol;
  flow[W.nshPath] = FULL_INDEX;
  ctx.header = { kind: "push_nsh", metadata: metadataType === 2 ? tlvs(action) : new Uint8Array() };
}

function protocolOf(packetType: number): number | undefined {
  switch (packetType) {
    case ETHERNET:
      return NshProtocol.ethernet;
    case ofEtherType(EtherType.ipv4):
      return NshProtocol.ipv4;
    case ofEtherType(EtherType.ipv6):
      return NshProtocol.ipv6;
    case PACKET_NSH:
      return NshProtocol.nsh;
  }
  return undefined;
}

/** Context headers of variable length (RFC 8300, section 2.5.1), each padded to 4 bytes. */
function tlvs({ properties }: Encap): Uint8Array {
  const headers = properties.flatMap((p) => {
    if (p.kind !== "tlv") return [];
    const bytes = new Uint8Array(4 + Math.ceil(p.data.length / 4) * 4);
    put16(bytes, 0, p.class);
    bytes[2] = p.type;
    bytes[3] = p.data.length;
    bytes.set(p.data, 4);
    return [bytes];
  });
  return Uint8Array.from(headers.flatMap((bytes) => [...bytes]));
}

function encapMpls(ctx: TranslationContext, ethType: number): void {
  const { flow, mask } = ctx;
  const isLabelled = flow[W.packetType] !== ETHERNET && isMpls(flow[W.ethType]!);
  const count = isLabelled ? countLabels(ctx) : 0;
  commit(ctx);
  if (count > 0) {
    for (let i = 0; i < count; i++) mask[W.mpls + i] = 0xffffffff;
    flow.copyWithin(W.mpls + 1, W.mpls, W.mpls + 2);
    flow.fill(0, W.nwSrc, W.tunMetadata);
    flow[W.mpls] = flow[W.mpls]! & ~BOTTOM;
  } else {
    const label = flow[W.ethType] === EtherType.ipv6 ? IPV6_NULL : 0;
    flow.fill(0, W.eth, W.tunMetadata);
    flow[W.mpls] = (label << 12) | BOTTOM | DEFAULT_TTL;
  }
  flow[W.packetType] = ofEtherType(ethType);
  flow[W.ethType] = ethType;
  ctx.header = { kind: "add_mpls" };
}
