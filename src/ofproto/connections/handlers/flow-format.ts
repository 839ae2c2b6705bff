import type { FlowModTableId, SetFlowFormat } from "#openflow/messages/flow/flow-format.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import { BugError } from "#util/errors.js";
import type { Handler } from "../handler.js";

const [OPENFLOW10, NXM] = [0, 2];

/** OpenFlow 1.0 in another form. */
function changed({ version, nxm, tableId }: Protocol, change: Partial<Pick<Protocol, "nxm" | "tableId">>): Protocol {
  const wanted = { nxm, tableId, ...change };
  const found = protocols.find((p) => p.version === version && p.nxm === wanted.nxm && p.tableId === wanted.tableId);
  if (found === undefined) throw new BugError(`OpenFlow version ${version} has one form only`);
  return found;
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
