import type { Body } from "./messages/table.js";
import type { Protocol } from "./protocol.js";

/** Formats of flows, as `set_flow_format` numbers them. */
const OPENFLOW10 = 0;
const NXM = 2;

/** What a connection is told so that it speaks `to` instead of `from`, another protocol of the same version. */
export function protocolChange(from: Protocol, to: Protocol): Body[] {
  const bodies: Body[] = [];
  if (to.nxm !== from.nxm) bodies.push({ kind: "set_flow_format", format: to.nxm ? NXM : OPENFLOW10 });
  if (to.tableId !== from.tableId) bodies.push({ kind: "flow_mod_table_id", enable: to.tableId });
  return bodies;
}
