import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { OfpError } from "#openflow/ofp-error.js";
import { INTERNAL_TABLE } from "../../tables/flow-tables.js";
import type { Handler } from "../handler.js";
import { originOf } from "./origin.js";

/**
 * What is wrong with a flow-mod whatever flows there are: it names a packet that the switch does not keep (OFPBRC_BUFFER_UNKNOWN), or the
 * switch's own table (OFPBRC_EPERM). Deletions have no packet, and name no table before it is known whether they find flows in it.
 */
export function checkFlowMod({ bufferId, table, command }: FlowMod): void {
  if (command.startsWith("delete")) return;
  if (table === INTERNAL_TABLE) throw new OfpError("OFPBRC_EPERM");
  if (bufferId !== NO_BUFFER) throw new OfpError("OFPBRC_BUFFER_UNKNOWN");
}

/** OFPT_FLOW_MOD and Nicira's NXT_FLOW_MOD. */
export const flowModHandler: Handler<FlowMod> = {
  kind: "flow_mod",
  changes: true,
  handle: (mod, request) => {
    checkFlowMod(mod);
    request.bridge.flowMod(mod, originOf(request));
    request.bridge.flowMonitors.flush();
    return undefined;
  },
};
