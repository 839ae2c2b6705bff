import { PacketNamespace } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { TranslationContext } from "../context.js";

/** The packet begins with an Ethernet header. */
export const ETHERNET = 0;

/** namespace:16 | type:16 of a packet that begins with what an Ethernet type names. */
export const ofEtherType = (type: number): number => (PacketNamespace.ethertype << 16) | type;

export const PACKET_NSH: number = ofEtherType(EtherType.nsh);

/** What is behind a network service header (RFC 8300, section 2.2). */
export const NshProtocol = { ipv4: 1, ipv6: 2, ethernet: 3, nsh: 4, mpls: 5 } as const;

/** A packet type as messages of a trace have it. */
export function packetTypeText(packetType: number): string {
  const type = packetType & 0xffff;
  return `(${packetType >>> 16},${type === 0 ? "0" : `0x${type.toString(16)}`})`;
}

/** Voids the translation, telling a trace why. */
export function refusePacketType(ctx: TranslationContext, text: string): void {
  ctx.trace?.note(text);
  ctx.fail("unsupported_packet_type", "Unsupported packet type");
}
