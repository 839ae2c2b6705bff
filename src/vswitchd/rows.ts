// The columns ovs-vswitchd reads, as the replica gives them: sets as arrays, optional values as `undefined`, maps as maps.

type Strings = ReadonlyMap<string, string>;

export interface OpenVSwitchRow {
  readonly uuid: string;
  readonly bridges: readonly string[];
  readonly other_config: Strings;
  readonly external_ids: Strings;
  readonly next_cfg: number | bigint;
  readonly cur_cfg: number | bigint;
  readonly ovs_version: string | undefined;
}

export interface BridgeRow {
  readonly uuid: string;
  readonly name: string;
  readonly ports: readonly string[];
  readonly controller: readonly string[];
  readonly datapath_type: string;
  readonly fail_mode: string | undefined;
  readonly flood_vlans: readonly (number | bigint)[];
  readonly mcast_snooping_enable: boolean;
  readonly stp_enable: boolean;
  readonly rstp_enable: boolean;
  readonly other_config: Strings;
}

export interface PortRow {
  readonly uuid: string;
  readonly name: string;
  readonly interfaces: readonly string[];
  readonly vlan_mode: string | undefined;
  readonly tag: number | bigint | undefined;
  readonly trunks: readonly (number | bigint)[];
  readonly cvlans: readonly (number | bigint)[];
  readonly bond_mode: string | undefined;
  readonly bond_fake_iface: boolean;
  readonly mac: string | undefined;
  readonly protected: boolean;
  readonly other_config: Strings;
}

export interface InterfaceRow {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly options: Strings;
  readonly ofport: number | bigint | undefined;
  readonly ofport_request: number | bigint | undefined;
  readonly mac: string | undefined;
  readonly mtu_request: number | bigint | undefined;
}

/** The rows of one moment. Lookups are by row UUID. */
export interface ConfigRows {
  readonly root: OpenVSwitchRow | undefined;
  bridge(uuid: string): BridgeRow | undefined;
  port(uuid: string): PortRow | undefined;
  interface(uuid: string): InterfaceRow | undefined;
}
