import { PacketInReason } from "#openflow/actions/controller.js";
import { type PacketIn, portMatch } from "#openflow/messages/packet/packet-in.js";
import { OFPP } from "#openflow/port-number.js";

/** Nicira's addresses begin so. */
const OUI = [0x00, 0x23, 0x20] as const;

/**
 * A packet that a controller in charge of a learning switch does something about, so that it shows whether it is: a request of the Reverse Address
 * Resolution Protocol (RFC 903) from an address that nobody has. `random`: three bytes.
 */
export function bogusPacketIn(random: Uint8Array): PacketIn {
  const mac = [...OUI, ...random];
  const address = [...mac, 0, 0, 0, 0];
  const arp = [0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x03, ...address, ...address];
  const data = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mac, 0x80, 0x35, ...arp]);
  return {
    kind: "packet_in",
    format: "standard",
    data,
    totalLength: data.length,
    bufferId: 0,
    table: 0,
    cookie: undefined,
    reason: PacketInReason.noMatch,
    match: portMatch(OFPP.local),
  };
}
