import type { Message } from "#openflow/messages/message.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { Modification } from "../../modification.js";
import { packetOutModification } from "../../packet-out.js";
import { portModification } from "../../port-modification.js";
import type { Request } from "../handler.js";
import { checkFlowMod } from "./flow-mod.js";
import { checkPacketOut } from "./packet-out.js";

/**
 * A message that may be bundled as a change for `Bridge.commit`. Throws `OfpError` for what is wrong with it whatever the state of the bridge is when
 * it will be done; OFPBFC_MSG_UNSUP where it may not be bundled.
 */
export function prepare({ body, xid }: Message, { bridge, connection }: Request): Modification {
  const origin = { connection, xid };
  switch (body.kind) {
    case "flow_mod":
      checkFlowMod(body);
      return bridge.flowModification(body, origin);
    case "group_mod":
      return bridge.groupModification(body, origin);
    case "port_mod":
      return portModification(bridge, body, origin);
    case "packet_out":
      checkPacketOut(body);
      return packetOutModification(bridge, body, connection.version);
    default:
      throw new OfpError("OFPBFC_MSG_UNSUP");
  }
}
