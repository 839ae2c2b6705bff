import type { TableDeclaration } from "../../declaration.js";

/** Ports of bridges: one interface, or several as a bond. */
export const portTable = {
  columns: {
    name: { one: "string", mutable: false },
    interfaces: { set: { ref: "Interface" }, min: 1 },
    trunks: { set: { integer: [0, 4095] }, max: 4096 },
    cvlans: { set: { integer: [0, 4095] }, max: 4096 },
    tag: { optional: { integer: [0, 4095] } },
    vlan_mode: { optional: { oneOf: ["trunk", "access", "native-tagged", "native-untagged", "dot1q-tunnel"] } },
    qos: { optional: { ref: "QoS" } },
    mac: { optional: "string" },
    bond_mode: { optional: { oneOf: ["balance-tcp", "balance-slb", "active-backup"] } },
    lacp: { optional: { oneOf: ["active", "passive", "off"] } },
    bond_updelay: { one: "integer" },
    bond_downdelay: { one: "integer" },
    bond_active_slave: { optional: "string" },
    bond_fake_iface: { one: "boolean" },
    fake_bridge: { one: "boolean" },
    status: { map: ["string", "string"], ephemeral: true },
    rstp_status: { map: ["string", "string"], ephemeral: true },
    rstp_statistics: { map: ["string", "integer"], ephemeral: true },
    statistics: { map: ["string", "integer"], ephemeral: true },
    protected: { one: "boolean" },
    other_config: { map: ["string", "string"] },
    external_ids: { map: ["string", "string"] },
  },
  indexes: [["name"]],
} as const satisfies TableDeclaration;
