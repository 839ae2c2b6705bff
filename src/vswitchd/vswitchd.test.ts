import { beforeEach, describe, expect, it } from "vitest";
import type { Device, DeviceClass, DeviceInfo } from "#datapath/device.js";
import { FakeClock } from "#host/fake/clock.js";
import { type LinkStats, noStats } from "#host/net.js";
import type { ConnectionsSettings, ControllerStatus } from "#ofproto/connections/settings.js";
import type { BridgeSettings, PortSettings } from "#ofproto/settings.js";
import type { Switch, Switches, SwitchPort } from "#ofproto/switch.js";
import type { Uuid } from "#ovsdb/atom.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatMac } from "#util/mac.js";
import type { ConfigDatabase } from "./config-database.js";
import type { BridgeRow, ConfigRows, ControllerRow, InterfaceRow, PortRow } from "./rows.js";
import { Vswitchd } from "./vswitchd.js";

const counters: LinkStats = { ...noStats, rxPackets: 1, txPackets: 2, rxBytes: 3, txBytes: 4 };

class FakeDevice implements Device {
  closed = false;
  present: DeviceInfo = {
    mac: Uint8Array.of(2, 0, 0, 0, 0, 9),
    mtu: 1500,
    minMtu: 68,
    maxMtu: 9000,
    up: false,
    carrier: true,
    carrierResets: 0,
    ifindex: 7,
    speed: undefined,
    duplex: undefined,
    status: new Map([["driver_name", "veth"]]),
  };
  change: () => void = () => {};
  gone: () => void = () => {};
  readonly name: string;
  readonly type: string;
  constructor(name: string, type: string) {
    this.name = name;
    this.type = type;
  }
  info(): DeviceInfo {
    return this.present;
  }
  stats(): LinkStats {
    return counters;
  }
  setMac(mac: Uint8Array): void {
    this.present = { ...this.present, mac };
  }
  setMtu(mtu: number): void {
    this.present = { ...this.present, mtu };
  }
  setUp(up: boolean): void {
    this.present = { ...this.present, up };
  }
  setOptions(): void {}
  options(): ReadonlyMap<string, string> {
    return new Map();
  }
  onChange(handler: () => void): void {
    this.change = handler;
  }
  onGone(handler: () => void): void {
    this.gone = handler;
  }
  close(): void {
    this.closed = true;
  }
}

class FakeSwitch implements Switch {
  readonly plugged = new Map<string, SwitchPort>();
  readonly bundles = new Map<string, PortSettings>();
  settings: BridgeSettings;
  readonly name: string;
  constructor(name: string, settings: BridgeSettings) {
    this.name = name;
    this.settings = settings;
  }
  configure(settings: BridgeSettings): void {
    this.settings = settings;
  }
  addPort(device: Device, requested: number | undefined): SwitchPort {
    const port = {
      ofport: device.name === this.name ? 65534 : (requested ?? this.plugged.size),
      name: device.name,
      device,
    };
    this.plugged.set(device.name, port);
    return port;
  }
  removePort(name: string): void {
    this.plugged.delete(name);
  }
  port(name: string): SwitchPort | undefined {
    return this.plugged.get(name);
  }
  ports(): Iterable<SwitchPort> {
    return this.plugged.values();
  }
  portStats(): LinkStats {
    return counters;
  }
  configureBundle(name: string, settings: PortSettings | undefined): void {
    if (settings) this.bundles.set(name, settings);
    else this.bundles.delete(name);
  }
  setMac(): void {}
  readonly options = new Map<string, ReadonlyMap<string, string>>();
  setPortOptions(name: string, options: ReadonlyMap<string, string>): void {
    this.options.set(name, options);
  }
  connections: ConnectionsSettings | undefined;
  setControllers(settings: ConnectionsSettings): void {
    this.connections = settings;
  }
  controllerStatus(): ReadonlyMap<string, ControllerStatus> {
    const status: ControllerStatus = { isConnected: true, role: "other", status: { state: "ACTIVE" } };
    return new Map(this.connections?.controllers.map(({ target }) => [target, status]));
  }
  portProblem(): string | undefined {
    return undefined;
  }
}

/** Rows a test can change, and a record of what was written. */
class FakeDatabase implements ConfigDatabase {
  bridgeRows: BridgeRow[] = [];
  controllerRows: ControllerRow[] = [];
  portRows: PortRow[] = [];
  interfaceRows: InterfaceRow[] = [];
  nextCfg = 0;
  datapaths = new Map<string, Uuid>();
  otherConfig = new Map<string, string>();
  present = true;
  readonly written: Json[][] = [];
  #handler: (wanted: boolean) => void = () => {};

  rows(): ConfigRows | undefined {
    if (!this.present) return undefined;
    const find =
      <T extends { uuid: string }>(rows: T[]) =>
      (uuid: string) =>
        rows.find((r) => r.uuid === uuid);
    return {
      root: {
        uuid: "root" as Uuid,
        bridges: this.bridgeRows.map((b) => b.uuid),
        datapaths: this.datapaths,
        other_config: this.otherConfig,
        next_cfg: this.nextCfg,
        manager_options: [],
        ovs_version: "4.0.0",
      },
      bridge: find(this.bridgeRows),
      controller: find(this.controllerRows),
      flowTable: () => undefined,
      datapath: () => undefined,
      ctZone: () => undefined,
      ctTimeoutPolicy: () => undefined,
      manager: () => undefined,
      ssl: undefined,
      port: find(this.portRows),
      interface: find(this.interfaceRows),
    };
  }
  has(): boolean {
    return true;
  }
  hasColumn(): boolean {
    return true;
  }
  onChange(handler: (wanted: boolean) => void): void {
    this.#handler = handler;
  }
  changed(): void {
    this.#handler(true);
  }
  transact(operations: readonly Json[]): Promise<readonly Json[]> {
    this.written.push([...operations]);
    for (const { row, where } of operations as unknown as { row: Partial<InterfaceRow>; where: Json[][] }[]) {
      const [, uuid] = where[0]![2] as string[];
      if (row.ofport === undefined) continue;
      this.interfaceRows = this.interfaceRows.map((r) => (r.uuid === uuid ? { ...r, ofport: row.ofport } : r));
    }
    return Promise.resolve(operations.map(() => ({ count: 1 })));
  }
  addBridge(name: string): void {
    this.bridgeRows.push({
      uuid: `${name}000000-0000-0000-0000-000000000000`.slice(-36).replace(/^./, "0") as Uuid,
      name,
      ports: [],
      controller: [],
      datapath_type: "",
      fail_mode: undefined,
      flood_vlans: [],
      flow_tables: new Map(),
      mcast_snooping_enable: false,
      stp_enable: false,
      rstp_enable: false,
      protocols: [],
      other_config: new Map(),
    });
    this.addPort(name, { type: "internal" });
  }
  addPort(name: string, iface: Partial<InterfaceRow> = {}): void {
    this.interfaceRows.push({
      uuid: `i-${name}` as Uuid,
      name,
      type: "",
      options: new Map(),
      other_config: new Map(),
      ofport: undefined,
      ofport_request: undefined,
      mac: undefined,
      mtu_request: undefined,
      ...iface,
    });
    this.portRows.push({
      uuid: `p-${name}` as Uuid,
      name,
      interfaces: [`i-${name}` as Uuid],
      vlan_mode: undefined,
      tag: undefined,
      trunks: [],
      cvlans: [],
      bond_mode: undefined,
      mac: undefined,
      protected: false,
      fake_bridge: false,
      other_config: new Map(),
    });
    const bridge = this.bridgeRows[0]!;
    this.bridgeRows[0] = { ...bridge, ports: [...bridge.ports, `p-${name}` as Uuid] };
  }
  /** The last value written to a column of a row. */
  last(uuid: string, column: string): Json | undefined {
    let value: Json | undefined;
    for (const op of this.written.flat() as unknown as {
      where: [[string, string, [string, string]]];
      row: Record<string, Json>;
    }[]) {
      if (op.where[0][2][1] === uuid && column in op.row) value = op.row[column];
    }
    return value;
  }
}

describe("Vswitchd", () => {
  let database: FakeDatabase;
  let clock: FakeClock;
  let devices: Map<string, FakeDevice>;
  let missing: Set<string>;
  let bridges: Map<string, FakeSwitch>;
  let log: string[];
  let startDaemon: () => Vswitchd;
  /** Begins and ends of waiting for flows to be put back. */
  let restoring: string[];
  let datapathOptions: ReadonlyMap<string, string>;
  let vhostDirectories: string[];
  let daemon: Vswitchd;

  const settled = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };

  beforeEach(() => {
    database = new FakeDatabase();
    vhostDirectories = [];
    clock = new FakeClock();
    devices = new Map();
    missing = new Set();
    bridges = new Map();
    log = [];
    restoring = [];
    const deviceClass = (type: string): DeviceClass => ({
      type,
      hasDatapathPort: true,
      open: (name) => {
        if (missing.has(name)) throw new HostError(`open ${name}`, "ENODEV", 19, "No such device");
        if (type === "patch") throw new UserError(`${name}: patch type requires valid 'peer' argument`);
        const device = new FakeDevice(name, type);
        devices.set(name, device);
        return device;
      },
    });
    const switches: Switches = {
      add: (settings) => {
        const made = new FakeSwitch(settings.name, settings);
        bridges.set(settings.name, made);
        return made;
      },
      remove: (name) => void bridges.delete(name),
      get: (name) => bridges.get(name),
      datapathTypes: ["netdev", "system"],
      interfaceTypes: () => ["internal", "system"],
      deviceClass: (_datapath, type) => (type === "strange" ? undefined : deviceClass(type)),
      capabilities: (type) => new Map(type === "system" ? [["recirc", "true"]] : []),
      setFlowLimits: () => {},
      setDatapathOptions: (options) => void (datapathOptions = options),
      setConntrack: () => {},
      adopt: () => undefined,
      awaitFlows: () => void restoring.push("begin"),
      flowsRestored: () => void restoring.push("end"),
      settle: () => Promise.resolve(),
      close: () => {},
    };
    const line = (text: string): void => void log.push(text);
    const lines = { info: line, warn: line, err: line };
    startDaemon = () =>
      new Vswitchd({
        database,
        switches,
        clock,
        log: lines,
        deviceLog: lines,
        runDirectory: "/run",
        useVhostDirectory: (directory) => void vhostDirectories.push(directory),
        systemStatistics: () => new Map([["cpu", "2"]]),
      });
    daemon = startDaemon();
    database.addBridge("br0");
  });

  it("waits for flows to be put back where that is wanted at start, and not when it is wanted later", () => {
    const changed = (wait: string): void => {
      database.otherConfig = new Map([["flow-restore-wait", wait]]);
      database.changed();
    };
    changed("true");
    expect(restoring).toEqual([]);
    daemon = startDaemon();
    for (const wait of ["TRUE", "true", "false", "true", "false"]) changed(wait);
    expect(restoring).toEqual(["begin", "end"]);
  });

  it("builds a bridge with its ports, and answers next_cfg only then", async () => {
    database.addPort("eth1", { ofport_request: 5 });
    database.nextCfg = 3;
    database.changed();
    expect([...bridges.get("br0")!.plugged.values()].map((p) => [p.name, p.ofport])).toEqual([
      ["br0", 65534],
      ["eth1", 5],
    ]);
    expect(bridges.get("br0")!.bundles.has("eth1")).toBe(true);
    await settled();
    expect(database.last("root", "cur_cfg")).toBe(3);
    expect(database.last("i-eth1", "ofport")).toBe(5);
    expect(database.last("i-eth1", "statistics")).toEqual([
      "map",
      expect.arrayContaining([
        ["rx_packets", 1],
        ["tx_bytes", 4],
        ["rx_crc_err", 0],
      ]),
    ]);
    expect(log).toContain("bridge br0: added interface eth1 on port 5");
  });

  it("writes what its datapaths can do where they have rows, and the system's figures where they are asked for", async () => {
    database.datapaths.set("system", "d-system" as Uuid).set("netdev", "d-netdev" as Uuid);
    database.changed();
    await settled();
    expect(database.last("d-system", "capabilities")).toEqual(["map", [["recirc", "true"]]]);
    expect(database.last("d-netdev", "capabilities")).toEqual(["map", []]);
    expect(database.last("root", "statistics")).toEqual(["map", []]);
    database.otherConfig.set("enable-statistics", "true");
    database.changed();
    await settled();
    expect(database.last("root", "statistics")).toEqual(["map", [["cpu", "2"]]]);
    database.otherConfig.set("enable-statistics", "no");
    database.changed();
    await settled();
    expect(database.last("root", "statistics")).toEqual(["map", []]);
  });

  it("writes why an interface is not a port, and goes on with the others", async () => {
    missing.add("gone");
    for (const [name, type] of [
      ["gone", ""],
      ["odd", "strange"],
      ["pp", "patch"],
      ["eth1", ""],
    ] as const)
      database.addPort(name, { type });
    database.changed();
    await settled();
    expect(["gone", "odd", "pp", "eth1"].map((n) => database.last(`i-${n}`, "error"))).toEqual([
      "could not open network device gone (No such device)",
      "could not open network device odd (Address family not supported by protocol)",
      "pp: patch type requires valid 'peer' argument",
      ["set", []],
    ]);
    expect(database.last("i-gone", "ofport")).toBe(-1);
    expect([...bridges.get("br0")!.bundles.keys()]).toEqual(["br0", "eth1"]);
  });

  it("takes in a device that appears later, and lets go of one that vanishes", async () => {
    missing.add("eth1");
    database.addPort("eth1");
    database.changed();
    await settled();
    missing.clear();
    daemon.retry();
    await settled();
    expect(database.last("i-eth1", "ofport")).toBe(1);
    expect(database.last("i-eth1", "error")).toEqual(["set", []]);
    missing.add("eth1");
    const device = devices.get("eth1")!;
    device.gone();
    await settled();
    expect(device.closed).toBe(true);
    expect(bridges.get("br0")!.bundles.has("eth1")).toBe(false);
    expect(database.last("i-eth1", "ofport")).toBe(-1);
  });

  it("writes only what differs, and everything again on a new connection", async () => {
    database.addPort("eth1");
    database.changed();
    await settled();
    const before = database.written.length;
    database.changed();
    await settled();
    expect(database.written.length).toBe(before);
    database.present = false;
    database.changed();
    database.present = true;
    database.changed();
    await settled();
    expect(database.written.length).toBe(before + 1);
  });

  it("gathers changes of link state, and writes statistics by the clock", async () => {
    database.addPort("eth1");
    database.changed();
    await settled();
    const device = devices.get("eth1")!;
    device.present = { ...device.present, carrier: false };
    device.change();
    device.change();
    const before = database.written.length;
    clock.advance(25);
    await settled();
    expect(database.written.length).toBe(before + 1);
    expect(database.last("i-eth1", "link_state")).toBe("down");
  });

  it("gives the bridge's own device the bridge's address, and internal ports the smallest MTU", async () => {
    database.addPort("eth1");
    database.changed();
    devices.get("eth1")!.setMtu(1400);
    devices.get("eth1")!.setMac(Uint8Array.of(0, 0x50, 0x56, 1, 2, 3));
    database.addPort("int0", { type: "internal" });
    database.changed();
    await settled();
    expect(formatMac(devices.get("br0")!.info().mac)).toBe("00:50:56:01:02:03");
    expect(bridges.get("br0")!.settings.datapathId).toBe(0x005056010203n);
    expect([devices.get("br0")!.info().mtu, devices.get("int0")!.info().mtu]).toEqual([1400, 1400]);
  });

  it("tells the datapath what its other_config and that of its interfaces say, and of changes", () => {
    database.otherConfig = new Map([
      ["pmd-cpu-mask", "3"],
      ["vhost-sock-dir", "vm"],
    ]);
    database.addPort("eth1", { options: new Map([["n_rxq", "2"]]) });
    database.changed();
    expect(datapathOptions.get("pmd-cpu-mask")).toBe("3");
    expect(vhostDirectories.at(-1)).toBe("vm");
    const options = (): [string, string][] => [...bridges.get("br0")!.options.get("eth1")!];
    expect(options()).toEqual([["n_rxq", "2"]]);
    const row = database.interfaceRows.find((i) => i.name === "eth1")!;
    const at = database.interfaceRows.indexOf(row);
    database.interfaceRows[at] = { ...row, other_config: new Map([["pmd-rxq-affinity", "0:1"]]) };
    database.changed();
    expect(options()).toEqual([
      ["n_rxq", "2"],
      ["pmd-rxq-affinity", "0:1"],
    ]);
  });

  it("removes what the database no longer has", () => {
    database.addPort("eth1");
    database.changed();
    const device = devices.get("eth1")!;
    database.bridgeRows = [];
    database.changed();
    expect(bridges.size).toBe(0);
    expect(device.closed).toBe(true);
  });
});
