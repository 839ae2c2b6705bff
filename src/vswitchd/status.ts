import type { LinkStats } from "#host/net.js";
import type { ControllerStatus } from "#ofproto/connections/settings.js";
import { formatMac } from "#util/mac.js";
import { formatDatapathId } from "./bridge-address.js";
import type { LiveBridge, LiveInterface } from "./live-bridge.js";

/** A column's value in plain form: `undefined` is the empty set. */
export type StatusValue =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | ReadonlyMap<string, string | number>;

/** The columns ovs-vswitchd writes. */
export const written = {
  Open_vSwitch: [
    "cur_cfg",
    "datapath_types",
    "dpdk_initialized",
    "dpdk_version",
    "iface_types",
    // Where it is empty.
    "ovs_version",
    "statistics",
  ],
  Datapath: ["capabilities"],
  Bridge: ["datapath_id", "datapath_version"],
  Controller: ["is_connected", "role", "status"],
  Interface: [
    "admin_state",
    "duplex",
    "error",
    "ifindex",
    "link_resets",
    "link_speed",
    "link_state",
    "mac_in_use",
    "mtu",
    "ofport",
    "statistics",
    "status",
  ],
} as const;

/** A table with status columns. */
export type StatusTable = keyof typeof written;

/** Values for status columns of one row. */
export type StatusColumns<T extends StatusTable> = { readonly [C in (typeof written)[T][number]]?: StatusValue };

/** Interface:statistics keys, and where each comes from. The first four are known of every kind of device. */
const statisticsKeys: readonly (readonly [key: string, member: keyof LinkStats, everywhere: boolean])[] = [
  ["rx_packets", "rxPackets", true],
  ["rx_bytes", "rxBytes", true],
  ["tx_packets", "txPackets", true],
  ["tx_bytes", "txBytes", true],
  ["rx_errors", "rxErrors", false],
  ["tx_errors", "txErrors", false],
  ["rx_dropped", "rxDropped", false],
  ["tx_dropped", "txDropped", false],
  ["collisions", "collisions", false],
  ["rx_over_err", "rxOverErrors", false],
  ["rx_crc_err", "rxCrcErrors", false],
  ["rx_frame_err", "rxFrameErrors", false],
  ["rx_missed_errors", "rxMissedErrors", false],
  ["rx_multicast_packets", "multicast", false],
];

/** What dummy devices count besides, as upstream's: their one queue, and two counters of their own that follow `rx_packets`. */
const dummyKeys: readonly (readonly [key: string, member: keyof LinkStats])[] = [
  ["rx_q0_packets", "rxPackets"],
  ["rx_q0_bytes", "rxBytes"],
  ["tx_q0_packets", "txPackets"],
  ["tx_q0_bytes", "txBytes"],
  ["rx_custom_packets_1", "rxPackets"],
  ["rx_custom_packets_2", "rxPackets"],
];

/** Types without a device of the kernel's behind them count packets and bytes only; AF_XDP has counters of its own besides. */
function countsOnlyTraffic(type: string): boolean {
  return type === "patch" || type.startsWith("afxdp") || type.startsWith("dummy");
}

/** Interface:statistics of a device of this type. */
export function statisticsColumn(type: string, stats: LinkStats): ReadonlyMap<string, number> {
  const few = countsOnlyTraffic(type);
  const counted: (readonly [string, keyof LinkStats, boolean?])[] = statisticsKeys.filter(
    ([, member, everywhere]) => (everywhere || !few) && stats[member] >= 0,
  );
  if (type.startsWith("dummy")) counted.push(...dummyKeys);
  return new Map(counted.map(([key, member]) => [key, stats[member]]));
}

/**
 * The status columns of an Interface row, `statistics` apart; all empty where it is no port. `problem` is why a port that exists
 * does not work.
 */
export function interfaceStatus(
  live: LiveInterface,
  problem?: string,
): Required<Omit<StatusColumns<"Interface">, "statistics">> {
  const { device, port } = live;
  if (!device || !port) {
    return {
      admin_state: undefined,
      duplex: undefined,
      error: live.error,
      ifindex: undefined,
      link_resets: undefined,
      link_speed: undefined,
      link_state: undefined,
      mac_in_use: undefined,
      mtu: undefined,
      ofport: -1,
      status: new Map(),
    };
  }
  const info = device.info();
  return {
    admin_state: info.up ? "up" : "down",
    duplex: info.duplex,
    error: live.error ?? problem,
    ifindex: info.ifindex,
    link_resets: info.carrierResets,
    link_speed: info.speed,
    link_state: info.carrier ? "up" : "down",
    mac_in_use: formatMac(info.mac),
    mtu: device.type === "patch" ? undefined : info.mtu,
    ofport: port.ofport,
    status: info.status,
  };
}

/** The status columns of a Bridge row. */
export function bridgeStatus(live: LiveBridge): Required<StatusColumns<"Bridge">> {
  return {
    datapath_id: formatDatapathId(live.settings.datapathId),
    datapath_version: "<built-in>",
  };
}

/** The status columns of a Controller row; empty where it is no controller of the bridge's, or nothing is known. */
export function controllerColumns(live: ControllerStatus | undefined): Required<StatusColumns<"Controller">> {
  return {
    is_connected: live?.isConnected ?? false,
    role: live?.role,
    status: new Map(Object.entries(live?.status ?? {})),
  };
}
