import type { GetConfigRequest, SwitchConfig } from "#openflow/messages/connection/switch-config.js";
import { OF12 } from "#openflow/version.js";
import type { Handler } from "../handler.js";

/** How the switch is set: OFPT_GET_CONFIG. */
export const getConfigHandler: Handler<GetConfigRequest> = {
  kind: "get_config_request",
  changes: false,
  handle: (_, { bridge, connection }) => [
    {
      kind: "get_config_reply",
      fragments: bridge.state.fragments,
      invalidTtlToController: connection.version <= OF12 && connection.wantsInvalidTtl,
      missSendLength: connection.missSendLength,
    },
  ],
};

/** OFPT_SET_CONFIG. */
export const setConfigHandler: Handler<SwitchConfig & { kind: "set_config" }> = {
  kind: "set_config",
  changes: false,
  handle: ({ fragments, invalidTtlToController, missSendLength }, { bridge, connection }) => {
    const { state, backer } = bridge;
    if (fragments !== state.fragments) {
      if (fragments === "reassemble")
        backer.log.warn(`${bridge.name}: unsupported fragment handling mode ${fragments}`);
      else {
        state.fragments = fragments;
        backer.changed();
      }
    }
    if (connection.version <= OF12) connection.wantsInvalidTtl = invalidTtlToController;
    connection.missSendLength = missSendLength;
    return undefined;
  },
};
