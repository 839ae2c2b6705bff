import type { DescriptionRequest } from "#openflow/messages/connection/description.js";
import { OVS_VERSION } from "#util/version.js";
import type { Handler } from "../handler.js";

/** What the switch is: OFPST_DESC. */
export const descriptionHandler: Handler<DescriptionRequest> = {
  kind: "desc_request",
  changes: false,
  handle: (_, { bridge }) => {
    const { serialNumber, description } = bridge.state.settings;
    return [
      {
        kind: "desc_reply",
        manufacturer: "Nicira, Inc.",
        hardware: "Open vSwitch",
        software: OVS_VERSION,
        serialNumber: serialNumber ?? "None",
        datapath: description ?? "None",
      },
    ];
  },
};
