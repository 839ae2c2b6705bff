/** The `hardware_vtep` database of VXLAN gateways (vtep(5)). */
export const hardwareVtepDeclaration = {
  name: "hardware_vtep",
  version: "1.7.0",
  tables: {
    Global: {
      columns: {
        managers: { set: { ref: "Manager" } },
        switches: { set: { ref: "Physical_Switch" } },
        other_config: { map: ["string", "string"] },
      },
      isRoot: true,
      maxRows: 1,
    },
    Physical_Switch: {
      columns: {
        ports: { set: { ref: "Physical_Port" } },
        name: { one: "string" },
        description: { one: "string" },
        management_ips: { set: "string" },
        tunnel_ips: { set: "string" },
        tunnels: { set: { ref: "Tunnel" } },
        other_config: { map: ["string", "string"] },
        switch_fault_status: { set: "string", ephemeral: true },
      },
      indexes: [["name"]],
    },
    Physical_Port: {
      columns: {
        name: { one: "string" },
        description: { one: "string" },
        vlan_bindings: { map: [{ integer: [0, 4095] }, { ref: "Logical_Switch" }] },
        acl_bindings: { map: [{ integer: [0, 4095] }, { ref: "ACL" }] },
        vlan_stats: { map: [{ integer: [0, 4095] }, { ref: "Logical_Binding_Stats" }], ephemeral: true },
        other_config: { map: ["string", "string"] },
        port_fault_status: { set: "string", ephemeral: true },
      },
    },
    Tunnel: {
      columns: {
        local: { one: { ref: "Physical_Locator" } },
        remote: { one: { ref: "Physical_Locator" } },
        bfd_config_local: { map: ["string", "string"] },
        bfd_config_remote: { map: ["string", "string"] },
        bfd_params: { map: ["string", "string"] },
        bfd_status: { map: ["string", "string"], ephemeral: true },
      },
    },
    Logical_Binding_Stats: {
      columns: {
        bytes_from_local: { one: "integer", ephemeral: true },
        packets_from_local: { one: "integer", ephemeral: true },
        bytes_to_local: { one: "integer", ephemeral: true },
        packets_to_local: { one: "integer", ephemeral: true },
      },
    },
    Logical_Switch: {
      columns: {
        name: { one: "string" },
        description: { one: "string" },
        tunnel_key: { optional: "integer" },
        replication_mode: { optional: { oneOf: ["service_node", "source_node"] } },
        other_config: { map: ["string", "string"] },
      },
      isRoot: true,
      indexes: [["name"]],
    },
    Ucast_Macs_Local: {
      columns: {
        MAC: { one: "string" },
        logical_switch: { one: { ref: "Logical_Switch" } },
        locator: { one: { ref: "Physical_Locator" } },
        ipaddr: { one: "string" },
      },
      isRoot: true,
    },
    Ucast_Macs_Remote: {
      columns: {
        MAC: { one: "string" },
        logical_switch: { one: { ref: "Logical_Switch" } },
        locator: { one: { ref: "Physical_Locator" } },
        ipaddr: { one: "string" },
      },
      isRoot: true,
    },
    Mcast_Macs_Local: {
      columns: {
        MAC: { one: "string" },
        logical_switch: { one: { ref: "Logical_Switch" } },
        locator_set: { one: { ref: "Physical_Locator_Set" } },
        ipaddr: { one: "string" },
      },
      isRoot: true,
    },
    Mcast_Macs_Remote: {
      columns: {
        MAC: { one: "string" },
        logical_switch: { one: { ref: "Logical_Switch" } },
        locator_set: { one: { ref: "Physical_Locator_Set" } },
        ipaddr: { one: "string" },
      },
      isRoot: true,
    },
    Logical_Router: {
      columns: {
        name: { one: "string" },
        description: { one: "string" },
        switch_binding: { map: ["string", { ref: "Logical_Switch" }] },
        static_routes: { map: ["string", "string"] },
        acl_binding: { map: ["string", { ref: "ACL" }] },
        other_config: { map: ["string", "string"] },
        LR_fault_status: { set: "string", ephemeral: true },
      },
      isRoot: true,
      indexes: [["name"]],
    },
    Arp_Sources_Local: {
      columns: {
        src_mac: { one: "string" },
        locator: { one: { ref: "Physical_Locator" } },
      },
      isRoot: true,
    },
    Arp_Sources_Remote: {
      columns: {
        src_mac: { one: "string" },
        locator: { one: { ref: "Physical_Locator" } },
      },
      isRoot: true,
    },
    Physical_Locator_Set: {
      columns: {
        locators: { set: { ref: "Physical_Locator" }, min: 1, mutable: false },
      },
    },
    Physical_Locator: {
      columns: {
        encapsulation_type: { one: { oneOf: ["vxlan_over_ipv4"] }, mutable: false },
        dst_ip: { one: "string", mutable: false },
        tunnel_key: { optional: "integer" },
      },
      indexes: [["encapsulation_type", "dst_ip", "tunnel_key"]],
    },
    ACL_entry: {
      columns: {
        sequence: { one: "integer" },
        source_mac: { optional: "string" },
        dest_mac: { optional: "string" },
        ethertype: { optional: "string" },
        source_ip: { optional: "string" },
        source_mask: { optional: "string" },
        dest_ip: { optional: "string" },
        dest_mask: { optional: "string" },
        protocol: { optional: "integer" },
        source_port_min: { optional: "integer" },
        source_port_max: { optional: "integer" },
        dest_port_min: { optional: "integer" },
        dest_port_max: { optional: "integer" },
        tcp_flags: { optional: "integer" },
        tcp_flags_mask: { optional: "integer" },
        icmp_code: { optional: "integer" },
        icmp_type: { optional: "integer" },
        direction: { one: { oneOf: ["ingress", "egress"] } },
        action: { one: { oneOf: ["permit", "deny"] } },
        acle_fault_status: { set: "string", ephemeral: true },
      },
      isRoot: true,
    },
    ACL: {
      columns: {
        acl_entries: { set: { ref: "ACL_entry" }, min: 1 },
        acl_name: { one: "string" },
        acl_fault_status: { set: "string", ephemeral: true },
      },
      isRoot: true,
      indexes: [["acl_name"]],
    },
    Manager: {
      columns: {
        target: { one: "string" },
        max_backoff: { optional: { integer: [1000] } },
        inactivity_probe: { optional: "integer" },
        other_config: { map: ["string", "string"] },
        is_connected: { one: "boolean", ephemeral: true },
        status: { map: ["string", "string"], ephemeral: true },
      },
      indexes: [["target"]],
    },
  },
} as const;
