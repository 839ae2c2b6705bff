import type { RecordNames } from "../db-ctl/records.js";

const ofBridge = (column: string) => [{ via: { table: "Bridge", name: "name", column } }];
const byName = [{ column: "name" }];

/** How rows of the Open_vSwitch database may be named. */
export const recordNames: RecordNames = {
  AutoAttach: ofBridge("auto_attach"),
  Bridge: byName,
  Controller: ofBridge("controller"),
  Flow_Sample_Collector_Set: [{ column: "id" }],
  Flow_Table: byName,
  IPFIX: ofBridge("ipfix"),
  Interface: byName,
  Manager: [{ column: "target" }],
  Mirror: byName,
  NetFlow: ofBridge("netflow"),
  Port: byName,
  QoS: [{ via: { table: "Port", name: "name", column: "qos" } }],
  sFlow: ofBridge("sflow"),
};

/** All tables, for `--help`. */
export const tableNames: readonly string[] = [
  "AutoAttach",
  "Bridge",
  "CT_Timeout_Policy",
  "CT_Zone",
  "Controller",
  "Datapath",
  "Flow_Sample_Collector_Set",
  "Flow_Table",
  "IPFIX",
  "Interface",
  "Manager",
  "Mirror",
  "NetFlow",
  "Open_vSwitch",
  "Port",
  "QoS",
  "Queue",
  "SSL",
  "sFlow",
];

/** Tables of at most one row, whose name is `.`. */
export const singletons: readonly string[] = ["Open_vSwitch", "SSL"];
