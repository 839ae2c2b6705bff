import type { FollowedRow } from "#ovsdb/replica/follow.js";
import type { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";

/** The columns ovs-vswitchd reads; a change of any of them makes it look again. */
export const followed = {
  Open_vSwitch: ["bridges", "datapaths", "other_config", "next_cfg", "manager_options", "ovs_version"],
  Bridge: [
    "name",
    "ports",
    "controller",
    "datapath_type",
    "fail_mode",
    "flood_vlans",
    "flow_tables",
    "mcast_snooping_enable",
    "stp_enable",
    "rstp_enable",
    "protocols",
    "other_config",
  ],
  Controller: [
    "type",
    "target",
    "max_backoff",
    "inactivity_probe",
    "connection_mode",
    "enable_async_messages",
    "controller_queue_size",
    "controller_rate_limit",
    "controller_burst_limit",
  ],
  Flow_Table: ["name", "flow_limit", "overflow_policy", "groups", "prefixes"],
  Datapath: ["ct_zones", "ct_zone_default_limit"],
  CT_Zone: ["timeout_policy", "limit"],
  CT_Timeout_Policy: ["timeouts"],
  Manager: ["target", "connection_mode"],
  SSL: ["private_key", "certificate", "ca_cert", "bootstrap_ca_cert"],
  Port: [
    "name",
    "interfaces",
    "vlan_mode",
    "tag",
    "trunks",
    "cvlans",
    "bond_mode",
    "mac",
    "protected",
    "fake_bridge",
    "other_config",
  ],
  Interface: ["name", "type", "options", "ofport", "ofport_request", "mac", "mtu_request", "other_config"],
} as const;

/** Columns among these that are read, while nothing in the switch acts on them yet. */
export const withoutEffect: { readonly [T in keyof typeof followed]?: readonly (typeof followed)[T][number][] } = {
  Bridge: ["mcast_snooping_enable", "stp_enable", "rstp_enable"],
  Port: ["bond_mode"],
};

/** The keys of `other_config` that ovs-vswitchd reads. */
export const otherConfigKeys = {
  Open_vSwitch: [
    "bundle-idle-timeout",
    "emc-insert-inv-prob",
    "enable-statistics",
    "flow-limit",
    "flow-restore-wait",
    "max-idle",
    "max-revalidator",
    "min-revalidate-pps",
    "pmd-auto-lb",
    "pmd-auto-lb-improvement-threshold",
    "pmd-auto-lb-load-threshold",
    "pmd-auto-lb-rebal-interval",
    "pmd-cpu-mask",
    "pmd-maxsleep",
    "pmd-perf-metrics",
    "pmd-rxq-assign",
    "pmd-rxq-isolate",
    "smc-enable",
    "stats-update-interval",
    "vhost-sock-dir",
    "vlan-limit",
  ],
  Bridge: [
    "controller-queue-size",
    "datapath-id",
    "disable-in-band",
    "dp-desc",
    "dp-sn",
    "forward-bpdu",
    "hwaddr",
    "in-band-queue",
    "mac-aging-time",
    "mac-table-size",
  ],
  Interface: ["emc-enable", "pmd-rxq-affinity"],
  Port: ["priority-tags", "qinq-ethtype"],
} as const;

/** Reads `other_config` of a row of a table, by the keys that are listed for it. */
export function otherConfig<T extends keyof typeof otherConfigKeys>(
  _table: T,
  map: ReadonlyMap<string, string>,
): (key: (typeof otherConfigKeys)[T][number]) => string | undefined {
  return (key) => map.get(key);
}

/** Followed columns that only this daemon should write: a change of them asks for nothing. */
export const statusColumns: ReadonlySet<string> = new Set(["Interface.ofport", "Open_vSwitch.ovs_version"]);

type Row<T extends keyof typeof followed> = FollowedRow<typeof openVSwitchDeclaration, typeof followed, T>;
export type OpenVSwitchRow = Row<"Open_vSwitch">;
export type BridgeRow = Row<"Bridge">;
export type ControllerRow = Row<"Controller">;
type DatapathRow = Row<"Datapath">;
type CtZoneRow = Row<"CT_Zone">;
type CtTimeoutPolicyRow = Row<"CT_Timeout_Policy">;
type ManagerRow = Row<"Manager">;
export type SslRow = Row<"SSL">;
export type FlowTableRow = Row<"Flow_Table">;
export type PortRow = Row<"Port">;
export type InterfaceRow = Row<"Interface">;

/** The rows of one moment. Lookups are by row UUID. */
export interface ConfigRows {
  readonly root: OpenVSwitchRow | undefined;
  bridge(uuid: string): BridgeRow | undefined;
  controller(uuid: string): ControllerRow | undefined;
  flowTable(uuid: string): FlowTableRow | undefined;
  datapath(uuid: string): DatapathRow | undefined;
  ctZone(uuid: string): CtZoneRow | undefined;
  ctTimeoutPolicy(uuid: string): CtTimeoutPolicyRow | undefined;
  manager(uuid: string): ManagerRow | undefined;
  /** The one row of SSL that Open_vSwitch names: others are not kept. */
  readonly ssl: SslRow | undefined;
  port(uuid: string): PortRow | undefined;
  interface(uuid: string): InterfaceRow | undefined;
}
