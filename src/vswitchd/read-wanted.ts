import { defaultLimits, type FlowLimits } from "#ofproto/limits.js";
import type { PortSettings, VlanMode } from "#ofproto/settings.js";
import { parseMac } from "#util/mac.js";
import { parseDatapathId } from "./bridge-address.js";
import { isPrimaryController, readControllers } from "./controllers.js";
import { readFlowTables } from "./flow-tables.js";
import { integerSetting } from "./integer-setting.js";
import {
  type BridgeRow,
  type ConfigRows,
  type InterfaceRow,
  type OpenVSwitchRow,
  otherConfig,
  type PortRow,
} from "./rows.js";
import type { Wanted, WantedBridge, WantedInterface, WantedPort } from "./wanted.js";

const defaultMacAgingTime = 300;
const defaultMacTableSize = 8192;
const vlanModes: ReadonlySet<string> = new Set<VlanMode>([
  "access",
  "trunk",
  "native-tagged",
  "native-untagged",
  "dot1q-tunnel",
]);

/** Bridge:other_config:mac-table-size. Upstream takes a negative size for a huge one. */
function readMacTableSize(text: string | undefined): number {
  const size = integerSetting(text, defaultMacTableSize, -0x80000000, 0x7fffffff);
  return size < 0 ? 0x7fffffff : size === 0 ? defaultMacTableSize : size;
}

/** `other_config` booleans: `true` in any case of letters is true. */
function booleanSetting(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}

/** Limits of the flow cache from Open_vSwitch:other_config. */
export function readFlowLimits(config: ReadonlyMap<string, string>): FlowLimits {
  const most = 0x7fffffff;
  const setting = otherConfig("Open_vSwitch", config);
  return {
    flowLimit: integerSetting(setting("flow-limit"), defaultLimits.flowLimit, 0, most),
    maxIdle: integerSetting(setting("max-idle"), defaultLimits.maxIdle, 500, most),
    maxRevalidator: integerSetting(setting("max-revalidator"), defaultLimits.maxRevalidator, 100, most),
    minRevalidatePps: integerSetting(setting("min-revalidate-pps"), defaultLimits.minRevalidatePps, 0, most),
    bundleIdleTimeout:
      1000 * integerSetting(setting("bundle-idle-timeout"), defaultLimits.bundleIdleTimeout / 1000, 1, most),
  };
}

function readVlanMode(row: PortRow): VlanMode {
  if (row.vlan_mode !== undefined && vlanModes.has(row.vlan_mode)) return row.vlan_mode as VlanMode;
  return row.tag === undefined ? "trunk" : "access";
}

function readPriorityTags(row: PortRow): PortSettings["priorityTags"] {
  const text = otherConfig("Port", row.other_config)("priority-tags");
  if (text === undefined || text === "no" || text === "false") return "no";
  if (text === "always") return "always";
  return text === "true" || text === "if-nonzero" ? "if-nonzero" : "no";
}

function readBondMode(row: PortRow): PortSettings["bondMode"] {
  const mode = row.bond_mode;
  return mode === "balance-slb" || mode === "balance-tcp" ? mode : "active-backup";
}

function readInterface(row: InterfaceRow, port: PortRow, bridge: string): WantedInterface {
  const isLocal = row.name === bridge;
  return {
    uuid: row.uuid,
    name: row.name,
    type: isLocal ? "internal" : row.type === "" ? "system" : row.type,
    isLocal,
    isFakeBridge: port.fake_bridge && port.name === row.name,
    ofportRequest: row.ofport_request === undefined ? undefined : Number(row.ofport_request),
    previousOfport: row.ofport === undefined || row.ofport < 0 ? undefined : Number(row.ofport),
    options: row.options,
    otherConfig: row.other_config,
    mac: row.mac === undefined ? undefined : parseMac(row.mac),
    mtuRequest: row.mtu_request === undefined ? undefined : Number(row.mtu_request),
  };
}

function readPort(row: PortRow, interfaces: readonly WantedInterface[]): WantedPort {
  const vlanMode = readVlanMode(row);
  return {
    uuid: row.uuid,
    interfaces,
    mac: row.mac === undefined ? undefined : parseMac(row.mac),
    settings: {
      name: row.name,
      vlanMode,
      tag: row.tag === undefined || vlanMode === "trunk" ? -1 : Number(row.tag),
      trunks: vlanMode === "access" ? [] : row.trunks.map(Number),
      cvlans: row.cvlans.map(Number),
      qinqEthertype: otherConfig("Port", row.other_config)("qinq-ethtype") === "802.1q" ? 0x8100 : 0x88a8,
      priorityTags: readPriorityTags(row),
      protected: row.protected,
      members: interfaces.map((i) => i.name),
      bondMode: readBondMode(row),
    },
  };
}

/** A bridge with controllers has a port of its own, whether or not a row names it. */
function impliedLocalPort(bridge: string): WantedPort {
  const iface: WantedInterface = {
    uuid: "",
    name: bridge,
    type: "internal",
    isLocal: true,
    isFakeBridge: false,
    ofportRequest: undefined,
    previousOfport: undefined,
    options: new Map(),
    otherConfig: new Map(),
    mac: undefined,
    mtuRequest: undefined,
  };
  return {
    uuid: "",
    interfaces: [iface],
    mac: undefined,
    settings: {
      name: bridge,
      vlanMode: "trunk",
      tag: -1,
      trunks: [],
      cvlans: [],
      qinqEthertype: 0x88a8,
      priorityTags: "no",
      protected: false,
      members: [bridge],
      bondMode: "active-backup",
    },
  };
}

function readBridge(
  row: BridgeRow,
  root: OpenVSwitchRow,
  rows: ConfigRows,
  { connections, controllerRows }: Pick<WantedBridge, "connections" | "controllerRows">,
  ports: readonly WantedPort[],
  warn: (text: string) => void,
): WantedBridge {
  const setting = otherConfig("Bridge", row.other_config);
  const hwaddr = setting("hwaddr");
  const datapathId = setting("datapath-id");
  const limit = otherConfig("Open_vSwitch", root.other_config)("vlan-limit");
  const vlanLimit = integerSetting(limit, 1, 0, Number.MAX_SAFE_INTEGER);
  return {
    uuid: row.uuid,
    name: row.name,
    hwaddr: hwaddr === undefined ? undefined : parseMac(hwaddr),
    datapathId: datapathId === undefined ? undefined : parseDatapathId(datapathId),
    ports,
    connections,
    controllerRows,
    settings: {
      name: row.name,
      datapathType: row.datapath_type === "" ? "system" : row.datapath_type,
      failMode: row.fail_mode === "secure" ? "secure" : "standalone",
      hasControllers: connections.controllers.some(isPrimaryController),
      macAgingTime: integerSetting(setting("mac-aging-time"), defaultMacAgingTime, 1, 0x7fffffff),
      macTableSize: readMacTableSize(setting("mac-table-size")),
      forwardBpdu: booleanSetting(setting("forward-bpdu")),
      floodVlans: row.flood_vlans.map(Number),
      mcastSnooping: row.mcast_snooping_enable,
      stp: row.stp_enable,
      rstp: row.rstp_enable,
      description: setting("dp-desc"),
      serialNumber: setting("dp-sn"),
      vlanLimit: vlanLimit === 1 ? 1 : 2,
      flowTables: readFlowTables(row, rows, warn),
    },
  };
}

/**
 * Turns the rows of one moment into plain settings. Pure. Rows that break a rule the schema cannot express (one name used twice,
 * a bridge name that is a path) are left out, each with a warning in Open vSwitch's words; so are controllers whose unix sockets are not below
 * `runDirectory`, with an error.
 */
export function readWanted(rows: ConfigRows, runDirectory: string): Wanted {
  const warnings: string[] = [];
  const errors: string[] = [];
  const root = rows.root;
  const defaultBonds: string[] = [];
  if (!root) return { bridges: [], warnings, errors, defaultBonds };
  const bridgeNames = new Set<string>();
  const interfaceNames = new Set<string>();
  const bridges: WantedBridge[] = [];
  for (const uuid of root.bridges) {
    const row = rows.bridge(uuid);
    if (!row) continue;
    if (row.name.includes("/")) {
      warnings.push(`ignoring bridge with invalid name "${row.name}"`);
      continue;
    }
    if (bridgeNames.has(row.name)) {
      warnings.push(`bridge ${row.name} specified twice`);
      continue;
    }
    bridgeNames.add(row.name);
    const ports: WantedPort[] = [];
    const portNames = new Set<string>();
    const portRows = row.ports.flatMap((p) => rows.port(p) ?? []);
    portRows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const port of portRows) {
      if (portNames.has(port.name)) {
        warnings.push(`bridge ${row.name}: ${port.name} specified twice as bridge port`);
        continue;
      }
      portNames.add(port.name);
      const interfaces: WantedInterface[] = [];
      for (const ifaceUuid of port.interfaces) {
        const iface = rows.interface(ifaceUuid);
        if (!iface) continue;
        if (interfaceNames.has(iface.name)) {
          warnings.push(`bridge ${row.name}: interface ${iface.name} specified twice`);
          continue;
        }
        interfaceNames.add(iface.name);
        interfaces.push(readInterface(iface, port, row.name));
      }
      interfaces.sort((a, b) => (a.name < b.name ? -1 : 1));
      if (interfaces.length > 1 && port.bond_mode === undefined) defaultBonds.push(port.name);
      if (interfaces.length > 0) ports.push(readPort(port, interfaces));
    }
    if (row.controller.length > 0 && !ports.some((p) => p.interfaces.some((i) => i.isLocal))) {
      warnings.push(`bridge ${row.name}: no port named ${row.name}, synthesizing one`);
      interfaceNames.add(row.name);
      ports.unshift(impliedLocalPort(row.name));
    }
    const { faults, ...controllers } = readControllers(row, root, rows, runDirectory);
    errors.push(...faults.map((fault) => `bridge ${row.name}: ${fault}`));
    bridges.push(readBridge(row, root, rows, controllers, ports, (text) => warnings.push(text)));
  }
  return { bridges, warnings, errors, defaultBonds };
}
