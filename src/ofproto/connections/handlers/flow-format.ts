import type { FlowModTableId, SetFlowFormat } from "#openflow/messages/flow/flow-format.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import type { Handler } from "../handler.js";

const [OPENFLOW10, NXM] = [0, 2];

/** OpenFlow 1.0 in another form; later versions have one only. */
function changed(now: Protocol, change: Partial<Pick<Protocol, "nxm" | "tableId">>): Protocol {
  const wanted = { ...now, ...change };
  return (
    protocols.find((p) => p.version === now.version && p.nxm === wanted.nxm && p.tableId === wanted.tableId) ?? now
  );
}

/** NXT_SET_FLOW_FORMAT: in which form OpenFlow 1.0 tells of flows. */
export const setFlowFormatHandler: Handler<SetFlowFormat> = {
  kind: "set_flow_format",
  changes: false,
  handle: ({ format }, { connection }) => {
    if (format !== OPENFLOW10 && format !== NXM) throw new OfpError("OFPBRC_EPERM");
    connection.protocol = changed(connection.protocol, { nxm: format === NXM });
    return undefined;
  },
};

/** NXT_FLOW_MOD_TABLE_ID: whether flow-mods of OpenFlow 1.0 name tables. */
export const flowModTableIdHandler: Handler<FlowModTableId> = {
  kind: "flow_mod_table_id",
  changes: false,
  handle: ({ enable }, { connection }) => {
    connection.protocol = changed(connection.protocol, { tableId: enable });
    return undefined;
  },
};
