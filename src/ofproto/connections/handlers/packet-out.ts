import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import type { PacketOut } from "#openflow/messages/packet/packet-out.js";
import { OfpError } from "#openflow/ofp-error.js";
import { packetOutModification } from "../../packet-out.js";
import type { Handler } from "../handler.js";
import { commitOne } from "./commit-one.js";

/** The switch keeps no packets: what names one is refused with OFPBRC_BUFFER_UNKNOWN. */
export function checkPacketOut({ bufferId }: PacketOut): void {
  if (bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
}

/** OFPT_PACKET_OUT. */
export const packetOutHandler: Handler<PacketOut> = {
  kind: "packet_out",
  changes: true,
  handle: (body, { bridge, connection }) => {
    checkPacketOut(body);
    return commitOne(bridge, packetOutModification(bridge, body, connection.version));
  },
};
