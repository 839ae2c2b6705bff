import type { TableDeclaration } from "../../declaration.js";

/** Bridges. */
export const bridgeTable = {
  columns: {
    name: { one: "string", mutable: false },
    datapath_type: { one: "string" },
    datapath_version: { one: "string" },
    datapath_id: { optional: "string", ephemeral: true },
    stp_enable: { one: "boolean" },
    rstp_enable: { one: "boolean" },
    mcast_snooping_enable: { one: "boolean" },
    ports: { set: { ref: "Port" } },
    mirrors: { set: { ref: "Mirror" } },
    netflow: { optional: { ref: "NetFlow" } },
    sflow: { optional: { ref: "sFlow" } },
    ipfix: { optional: { ref: "IPFIX" } },
    controller: { set: { ref: "Controller" } },
    protocols: { set: { oneOf: ["OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"] } },
    fail_mode: { optional: { oneOf: ["standalone", "secure"] } },
    status: { map: ["string", "string"], ephemeral: true },
    rstp_status: { map: ["string", "string"], ephemeral: true },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
    flood_vlans: { set: { integer: [0, 4095] }, max: 4096 },
    flow_tables: { map: [{ integer: [0, 254] }, { ref: "Flow_Table" }] },
    auto_attach: { optional: { ref: "AutoAttach" } },
  },
  indexes: [["name"]],
} as const satisfies TableDeclaration;
