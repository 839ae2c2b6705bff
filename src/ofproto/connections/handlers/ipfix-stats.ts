import type { Body } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { Handler } from "../handler.js";

const notConfigured = (kind: Body["kind"]): Handler => ({
  kind,
  changes: false,
  handle: () => {
    throw new OfpError("NXST_NOT_CONFIGURED");
  },
});

/** What IPFIX exporters have counted: NXST_IPFIX_BRIDGE and NXST_IPFIX_FLOW. A bridge has no exporters yet. */
export const ipfixHandlers: readonly Handler[] = [
  notConfigured("ipfix_bridge_stats_request"),
  notConfigured("ipfix_flow_stats_request"),
];
