import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { type Layers, newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import { u16, u32 } from "#util/big-endian.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { formatMatch } from "./match-text.js";

/** Where a transport header has its checksum, how long the header is at least, and what it is called. */
interface Checksum {
  readonly name: string;
  readonly at: number;
  readonly header: number;
}

const checksums: Readonly<Record<number, Checksum>> = {
  [IpProtocol.tcp]: { name: "tcp_csum", at: 16, header: 20 },
  [IpProtocol.udp]: { name: "udp_csum", at: 6, header: 8 },
  [IpProtocol.sctp]: { name: "sctp_csum", at: 8, header: 12 },
  [IpProtocol.icmp]: { name: "icmp_csum", at: 2, header: 8 },
  [IpProtocol.icmpv6]: { name: "icmp6_csum", at: 2, header: 4 },
};

/**
 * A packet as `ovs-ofctl monitor` shows it: the fields of its headers, and the transport header's checksum as it is there, e.g.
 * `udp,vlan_tci=0x0000,…,tp_src=1,tp_dst=53 udp_csum:abcd`. `packetType` says what it begins with: namespace and type, 16 bits each; 0 Ethernet.
 */
export function formatPacket(packet: Uint8Array, packetType = 0): string {
  const key = newKey();
  key[W.packetType] = packetType;
  const layers = newLayers();
  extractKey(packet, 0, packet.length, key, key, layers);
  const mask = packetMask(key);
  mask[W.inPort] = 0;
  const text = formatMatch({ key, mask });
  const protocol = key[W.nw]! & 0xff;
  return text + checksumText(packet, layers, key[W.ethType]!, protocol);
}

function checksumText(packet: Uint8Array, layers: Layers, type: number, protocol: number): string {
  const known = checksums[protocol];
  const at = layers.l4 >= 0 ? layers.l4 : behindIpv4(packet, layers, type);
  if (known === undefined || at < 0 || layers.end - at < known.header) return "";
  const sum = protocol === IpProtocol.sctp ? u32(packet, at + known.at) : u16(packet, at + known.at);
  return ` ${known.name}:${sum.toString(16)}`;
}

/** Where the payload of a later fragment begins, which upstream takes for a transport header. */
function behindIpv4(packet: Uint8Array, { l3, end }: Layers, type: number): number {
  return type === EtherType.ipv4 && l3 >= 0 && end - l3 >= 20 ? l3 + 4 * (packet[l3]! & 15) : -1;
}
