import type { FlowTableSettings } from "./tables/table-settings.js";

/** How a bridge behaves; what `vswitchd` reads from rows and `ofproto` obeys. No OVSDB type crosses this line. */
export interface BridgeSettings {
  readonly name: string;
  /** The datapath's type, already resolved (`netdev`, `system`, `dummy`). */
  readonly datapathType: string;
  /** 64 bits, nonzero. */
  readonly datapathId: bigint;
  readonly failMode: "standalone" | "secure";
  /** True when controllers are configured: `standalone` then installs the NORMAL rule only after they fail. */
  readonly hasControllers: boolean;
  /** Seconds. */
  readonly macAgingTime: number;
  readonly macTableSize: number;
  readonly forwardBpdu: boolean;
  /** VLANs on which learning is disabled and all packets flood. */
  readonly floodVlans: readonly number[];
  readonly mcastSnooping: boolean;
  readonly stp: boolean;
  readonly rstp: boolean;
  /** other_config:dp-desc, dp-sn. */
  readonly description: string | undefined;
  readonly serialNumber: string | undefined;
  /** other_config:vlan-limit of Open_vSwitch, as applied (1 or 2; 0 becomes 2). */
  readonly vlanLimit: number;
  /** Bridge:flow_tables, by number of table. */
  readonly flowTables?: ReadonlyMap<number, FlowTableSettings>;
}

export type VlanMode = "access" | "trunk" | "native-tagged" | "native-untagged" | "dot1q-tunnel";

/** A port (upstream's bundle): one interface, or several bonded. */
export interface PortSettings {
  readonly name: string;
  readonly vlanMode: VlanMode;
  /** Access or native VLAN; -1 for none. */
  readonly tag: number;
  /** VLANs carried by a trunk; empty for all. */
  readonly trunks: readonly number[];
  /** Customer VLANs of a dot1q-tunnel port; empty for all. */
  readonly cvlans: readonly number[];
  readonly qinqEthertype: 0x8100 | 0x88a8;
  readonly priorityTags: "no" | "if-nonzero" | "always";
  readonly protected: boolean;
  readonly members: readonly string[];
  readonly bondMode: "active-backup" | "balance-slb" | "balance-tcp";
}
