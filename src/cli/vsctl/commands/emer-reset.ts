import { EMPTY_MAP, keep } from "#ovsdb/datum.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { CtlRow } from "../../db-ctl/row.js";
import { modelOf } from "../model.js";
import { bridgeCommand } from "../needs.js";

/** Columns of a bridge that are emptied. */
const bridgeColumns = ["mirrors", "netflow", "sflow", "ipfix", "controller", "fail_mode", "flood_vlans"];
/** Columns of an interface that go back to 0. */
const interfaceColumns = ["ingress_policing_rate", "ingress_policing_burst"];

const nothing = { keys: [], values: undefined };

function keepOnly(row: CtlRow, column: string, key: string): void {
  row.verify(column);
  row.set(
    column,
    keep(row.get(column), (k) => k === key),
  );
}

/** `emer-reset`: back to a switch that forwards by itself. */
export const emerReset: CtlCommand = bridgeCommand({
  name: "emer-reset",
  changes: true,
  needs(_call, needs) {
    needs.add("Open_vSwitch", "manager_options", "ssl");
    needs.add("Bridge", ...bridgeColumns, "other_config");
    needs.add("Port", "other_config");
    needs.add("Interface", ...interfaceColumns);
    for (const table of ["Controller", "Manager", "SSL", "Mirror", "NetFlow", "sFlow", "IPFIX"]) needs.add(table);
  },
  run(context) {
    const { root } = modelOf(context);
    root.set("manager_options", nothing);
    root.set("ssl", nothing);
    for (const bridge of context.txn.rows("Bridge")) {
      for (const column of bridgeColumns) bridge.set(column, nothing);
      keepOnly(bridge, "other_config", "hwaddr");
    }
    for (const port of context.txn.rows("Port")) port.set("other_config", EMPTY_MAP);
    for (const iface of context.txn.rows("Interface")) {
      for (const column of interfaceColumns) iface.set(column, { keys: [0], values: undefined });
    }
  },
});
