import type { SetControllerId, SetPacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import type { Handler } from "../handler.js";
import { demandZeros } from "./demand-zeros.js";

/** NXT_SET_CONTROLLER_ID. */
export const setControllerIdHandler: Handler<SetControllerId> = {
  kind: "set_controller_id",
  changes: false,
  handle: ({ id }, { bridge, connection, bytes }) => {
    demandZeros(bytes);
    connection.controllerId = id;
    bridge.connections.changed();
    return undefined;
  },
};

/** NXT_SET_PACKET_IN_FORMAT. */
export const setPacketInFormatHandler: Handler<SetPacketInFormat> = {
  kind: "set_packet_in_format",
  changes: false,
  handle: ({ format }, { connection }) => {
    connection.packetInFormat = format;
    return undefined;
  },
};
