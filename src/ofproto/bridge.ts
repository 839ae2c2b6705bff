import type { Device } from "#datapath/device.js";
import type { LinkStats } from "#host/net.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import type { TableMod } from "#openflow/messages/table/table-mod.js";
import { OFPP } from "#openflow/port-number.js";
import { FlowModReader } from "#openflow/templates/flow-mod-reader.js";
import { u32 } from "#util/big-endian.js";
import { HostError, UserError } from "#util/errors.js";
import { macNumber } from "#util/mac-number.js";
import type { Backer } from "./backer.js";
import { BridgeState } from "./bridge-state.js";
import { Bundle } from "./bundle.js";
import { Connections } from "./connections/connections.js";
import type { Outside } from "./connections/outside.js";
import type { ConnectionsSettings, ControllerStatus } from "./connections/settings.js";
import { installInternalRules, resetFlows, resetsFlows } from "./default-rules.js";
import { FlowMonitors } from "./flow-monitors/flow-monitors.js";
import { groupModification } from "./groups/group-modification.js";
import { Learners } from "./learners.js";
import { meterModification } from "./meters/meter-modification.js";
import { type CommitFailure, commit, type Modification } from "./modification.js";
import { OfPort } from "./port.js";
import { portDescription, sameDescription } from "./port-description.js";
import type { PortNumbers } from "./port-numbers.js";
import type { BridgeSettings, PortSettings } from "./settings.js";
import type { Switch, SwitchPort } from "./switch.js";
import { type AdditionHost, FlowAddition } from "./tables/flow-addition.js";
import { type FlowChanges, type Origin, ownOrigin, type RemovalReason } from "./tables/flow-changes.js";
import {
  type FlowModEnvironment,
  type FlowModification,
  flowAddition,
  flowModification,
  flowRemoval,
} from "./tables/flow-modification.js";
import { FlowPages } from "./tables/flow-pages.js";
import { FlowTables, INTERNAL_TABLE } from "./tables/flow-tables.js";
import { Rule } from "./tables/rule.js";
import { TableKeeper } from "./tables/table-keeper.js";

/** A bridge: what changes a `BridgeState`, and tells its datapath's flows so. */
export class Bridge implements Switch {
  readonly state: BridgeState;
  readonly backer: Backer;
  readonly connections: Connections;
  readonly flowMonitors: FlowMonitors;
  readonly tableKeeper: TableKeeper;
  readonly #numbers: PortNumbers;
  /** What flow-mods need to know of this bridge: the same for all of them. */
  readonly #flowEnvironment: FlowModEnvironment;
  readonly #learners = new Learners();
  readonly #additionHost: AdditionHost;
  readonly #flowModReader = new FlowModReader();
  readonly #flowPages = new FlowPages();
  readonly #changedDevices = new Set<OfPort>();

  constructor(settings: BridgeSettings, backer: Backer, numbers: PortNumbers, outside?: Outside) {
    this.backer = backer;
    this.#flowEnvironment = flowEnvironmentOf(this);
    this.#additionHost = additionHostOf(this, this.#flowEnvironment);
    this.#numbers = numbers;
    const tables = new FlowTables();
    const now = backer.clock.now();
    const misses = installInternalRules(tables.table(INTERNAL_TABLE), now);
    this.state = new BridgeState(settings, tables, misses, backer.counters, (mac) => backer.macChanged(mac));
    this.state.flowChanger = {
      flowMod: (mod) => this.flowMod(mod, ownOrigin),
      lowerTimeouts: (rule, idle, hard) => this.lowerTimeouts(rule, idle, hard),
    };
    resetFlows(tables, settings, now);
    this.#configureMacs(settings);
    backer.bridges.set(settings.name, this.state);
    this.flowMonitors = new FlowMonitors(tables);
    this.connections = new Connections(this, outside);
    this.tableKeeper = new TableKeeper({
      tables,
      clock: backer.clock,
      isRestoring: () => backer.isRestoring,
      collectStatistics: () => this.collectStatistics(),
      removeFlows: (rules, reason) => this.removeFlows(rules, reason),
      tableStatus: (table, reason) => this.state.controllers?.tableStatus(table, reason),
    });
    this.tableKeeper.configure(settings.flowTables ?? new Map());
    this.state.controllers = this.connections;
  }

  get name(): string {
    return this.state.name;
  }

  configure(settings: BridgeSettings): void {
    const old = this.state.settings;
    this.state.settings = settings;
    if (resetsFlows(old, settings)) this.resetFlows();
    this.connections.failModeChanged();
    this.#configureMacs(settings);
    this.tableKeeper.configure(settings.flowTables ?? new Map());
    this.backer.changed();
  }

  /** Empties the tables of flows, groups and meters, as another regime begins. Controllers are not told. */
  resetFlows(): void {
    const { state, backer } = this;
    resetFlows(state.tables, state.settings, backer.clock.now());
    for (const { groupId } of state.groups.inOrder()) state.groups.delete(groupId);
    for (const { config, datapathId } of state.meters.inOrder()) {
      state.meters.delete(config.meterId);
      backer.meters.delete(datapathId);
    }
    backer.changed();
  }

  setControllers(settings: ConnectionsSettings): void {
    this.connections.configure(settings);
  }

  /** Flows were put back after a restart: timeouts run, controllers are spoken to. */
  restored(): void {
    this.connections.restored();
    this.tableKeeper.changed();
  }

  controllerStatus(): ReadonlyMap<string, ControllerStatus> {
    return this.connections.status();
  }

  addPort(device: Device, requested: number | undefined): SwitchPort {
    const old = this.state.portsByName.get(device.name);
    if (old) {
      if (old.device === device) return old;
      this.removePort(device.name);
    }
    const ofport = this.#number(device.name, requested);
    const datapathPort = device.type === "patch" ? undefined : this.#datapathPort(device, ofport);
    const port = new OfPort(this.state, ofport, device, datapathPort, this.backer.clock.now());
    this.state.ports.set(ofport, port);
    this.state.portsByName.set(device.name, port);
    this.backer.addPort(port);
    device.onChange(() => {
      if (this.state.portsByName.get(port.name) === port) this.#deviceChanged(port);
    });
    this.#resolveBundles();
    this.backer.changed();
    port.told = portDescription(port);
    this.state.controllers?.portStatus("add", port);
    return port;
  }

  setPortOptions(name: string, options: ReadonlyMap<string, string>): void {
    const port = this.state.portsByName.get(name);
    if (port?.datapathPort === undefined) return;
    try {
      this.backer.datapath.setPortOptions(port.datapathPort, options);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      const what = `datapath configuration on port ${port.ofport} (${name}) failed (${error.text})`;
      this.backer.log.warn(`${this.name}: ${what}`);
    }
  }

  removePort(name: string, mayReturn = false): void {
    const port = this.state.portsByName.get(name);
    if (!port) return;
    this.state.ports.delete(port.ofport);
    this.state.portsByName.delete(name);
    this.#resolveBundles();
    this.backer.removePort(port);
    this.state.drops.forget(name);
    this.state.controllers?.portStatus("delete", port);
    if (port.isLocal) return;
    this.#numbers.release(port.ofport);
    if (!mayReturn) this.#numbers.forget(name);
  }

  port(name: string): SwitchPort | undefined {
    return this.state.portsByName.get(name);
  }

  ports(): Iterable<SwitchPort> {
    return this.state.portsByName.values();
  }

  portStats(name: string): LinkStats {
    const port = this.state.portsByName.get(name);
    if (!port) throw new UserError(`no port named ${name}`);
    return port.datapathPort === undefined ? port.translatedStats() : this.backer.datapath.portStats(port.datapathPort);
  }

  /** Something about a port, or its device, is another: flows are made anew, and controllers are told what they can see of it. */
  portChanged(port: OfPort, source?: object): void {
    this.backer.changed();
    const now = portDescription(port);
    const before = port.told;
    if (before !== undefined && sameDescription(before, now)) return;
    port.told = now;
    this.state.controllers?.portStatus("modify", port, before, source);
  }

  /** Devices change in several steps: controllers are told of the last. */
  #deviceChanged(port: OfPort): void {
    this.backer.changed();
    if (this.#changedDevices.size === 0) {
      queueMicrotask(() => {
        for (const changed of this.#changedDevices) {
          if (this.state.portsByName.get(changed.name) === changed) this.portChanged(changed);
        }
        this.#changedDevices.clear();
      });
    }
    this.#changedDevices.add(port);
  }

  /** Credits what the datapath has counted so far, so that statistics of flows, groups and ports are of now. */
  collectStatistics(): void {
    this.backer.revalidator.collect();
  }

  portProblem(name: string): string | undefined {
    const port = this.state.portsByName.get(name);
    if (!port?.isPatch || this.backer.patchPeer(port)) return undefined;
    const peer = port.device.options().get("peer") ?? "";
    return `No usable peer '${peer}' exists in '${this.backer.datapath.type}' datapath.`;
  }

  configureBundle(name: string, settings: PortSettings | undefined): void {
    const { bundles, macs } = this.state;
    const old = bundles.get(name);
    if (!settings) {
      if (!old) return;
      for (const port of old.members) port.bundle = undefined;
      macs.flushPort(old, true);
      bundles.delete(name);
    } else if (old) {
      if (!sameVlans(old.settings, settings)) macs.flushPort(old);
      old.configure(settings);
    } else {
      bundles.set(name, new Bundle(settings));
    }
    this.#resolveBundles();
    this.backer.changed();
  }

  setMac(mac: Uint8Array): void {
    const local = this.state.ports.get(OFPP.local);
    // Setting the address that it has would have the kernel forget its neighbours.
    if (local && macNumber(local.device.info().mac) !== macNumber(mac)) local.device.setMac(mac);
  }

  /** Changes flows at once. Throws `OfpError`, having changed nothing. */
  flowMod(mod: FlowMod, origin: Origin): void {
    const failure = this.commit([this.flowModification(mod, origin)]);
    if (failure !== undefined) throw failure.error;
  }

  /** A change of flows for `commit`: once it is published, controllers are told. */
  flowModification(mod: FlowMod, origin: Origin): FlowModification {
    const modification = flowModification(this.state.tables, mod, this.#flowEnvironment);
    return this.#telling(modification, origin);
  }

  /** As above, of the bytes of an addition; undefined where these are not read so: what they are, decoding them tells. */
  readAddition(bytes: Uint8Array, connection: object): FlowModification | undefined {
    if (!this.#flowModReader.read(bytes)) return undefined;
    const rule = Rule.read(this.#flowModReader, bytes, this.#flowPages, this.backer.clock.now());
    return new FlowAddition(this.#additionHost, rule, connection, u32(bytes, 4));
  }

  /** As above, of groups. */
  groupModification(mod: GroupMod, origin: Origin): FlowModification {
    const { state, backer } = this;
    const change = groupModification(mod, {
      groups: state.groups,
      tables: state.tables,
      get tlvs() {
        return state.tlvs;
      },
      now: () => backer.clock.now(),
      maxHashAlgorithm: backer.features.maxHashAlgorithm,
    });
    return this.#telling(change, origin, mod);
  }

  /** As above, of meters. */
  meterModification(mod: MeterMod, origin: Origin): FlowModification {
    const { state, backer } = this;
    const change = meterModification(mod, {
      meters: state.meters,
      tables: state.tables,
      datapath: backer.meters,
      now: () => backer.clock.now(),
    });
    return this.#telling(change, origin, mod);
  }

  /** Takes out flows by the switch's own doing. */
  removeFlows(rules: readonly Rule[], reason: RemovalReason, origin: Origin = ownOrigin): void {
    this.commit([this.#telling(flowRemoval(this.state.tables, rules, reason), origin)]);
  }

  /** Makes all changes or none: they are seen, and told, together. */
  commit(modifications: readonly Modification[]): CommitFailure | undefined {
    const failure = commit(modifications, () => {
      this.state.tables.version++;
    });
    if (failure !== undefined) return failure;
    this.backer.changed();
    this.tableKeeper.changed();
    for (const deletion of this.#learners.takeAbandoned()) this.flowMod(deletion, ownOrigin);
    return undefined;
  }

  /** OFPT_TABLE_MOD. Throws `OfpError`. */
  tableMod(mod: TableMod): void {
    this.tableKeeper.modify(mod);
    this.backer.changed();
  }

  /** `fin_timeout`: lowers a flow's timeouts, in seconds; 0 leaves one as it is. */
  lowerTimeouts(rule: Rule, idle: number, hard: number): void {
    this.state.tables.lowerTimeouts(rule, idle, hard);
    this.tableKeeper.changed();
  }

  /** Flows were changed, which is published: who wants to know is told. */
  flowsChanged(changes: FlowChanges, origin: Origin): void {
    this.#learners.changed(changes);
    this.flowMonitors.changed(changes, origin);
    this.state.controllers?.flowsChanged(changes, origin);
  }

  /** Has controllers told of a change once it is published: of flows, and of the request where it is of groups or meters. */
  #telling(modification: FlowModification, origin: Origin, request?: GroupMod | MeterMod): FlowModification {
    return {
      get changes() {
        return modification.changes;
      },
      start: () => modification.start(),
      finish: () => {
        modification.finish();
        this.flowsChanged(modification.changes, origin);
        if (request) this.state.controllers?.forward(request, origin);
      },
      revert: () => modification.revert(),
    };
  }

  /** Takes everything away; the ports' devices stay open. */
  destroy(): void {
    this.connections.close();
    this.tableKeeper.close();
    for (const name of [...this.state.bundles.keys()]) this.configureBundle(name, undefined);
    for (const name of [...this.state.portsByName.keys()]) this.removePort(name);
    for (const { datapathId } of this.state.meters.inOrder()) this.backer.meters.delete(datapathId);
    this.backer.bridges.delete(this.name);
    this.backer.frozen.forget(this.state);
    this.backer.changed();
  }

  #configureMacs({ macTableSize, macAgingTime, floodVlans }: BridgeSettings): void {
    const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
    this.state.macs.configure({
      maxEntries: clamp(macTableSize, 10, 1_000_000),
      agingTime: clamp(macAgingTime, 15, 3600) * 1000,
      floodVlans,
    });
  }

  /** The port of the bridge's own name is 65534. A requested number that another port has is not given. */
  #number(name: string, requested: number | undefined): number {
    if (name === this.name) return OFPP.local;
    const number = this.#numbers.take(name, requested);
    if (number === undefined) throw new UserError("no free OpenFlow port number");
    return number;
  }

  #datapathPort(device: Device, ofport: number): number {
    const { datapath } = this.backer;
    const known = datapath.portByName(device.name);
    if (known?.device === device) return known.number;
    try {
      if (known) datapath.removePort(known.number);
      return datapath.addPort(device);
    } catch (error) {
      if (ofport !== OFPP.local) this.#numbers.release(ofport);
      throw error;
    }
  }

  /** Finds the ports that logical ports name, and forgets what was learned behind those that have none left. */
  #resolveBundles(): void {
    const { bundles, portsByName, macs } = this.state;
    for (const port of portsByName.values()) port.bundle = undefined;
    for (const bundle of bundles.values()) {
      const had = bundle.members.length;
      bundle.members = bundle.settings.members.flatMap((name) => portsByName.get(name) ?? []);
      for (const port of bundle.members) port.bundle = bundle;
      if (had > 0 && bundle.members.length === 0) macs.flushPort(bundle, true);
    }
  }
}

/** What flow-mods need to know of a bridge, as it is at the time of asking. */
function flowEnvironmentOf(bridge: Bridge): FlowModEnvironment {
  return {
    now: () => bridge.backer.clock.now(),
    get tlvs() {
      return bridge.state.tlvs;
    },
    hasGroup: (id) => bridge.state.groups.has(id),
    hasMeter: (id) => bridge.state.meters.has(id),
  };
}

/** What additions do to a bridge. */
function additionHostOf(bridge: Bridge, env: FlowModEnvironment): AdditionHost {
  return {
    get tables() {
      return bridge.state.tables;
    },
    now: () => env.now(),
    modification: (rule) => flowAddition(bridge.state.tables, rule, env),
    added: (addition) => {
      const { changes, connection, xid } = addition;
      bridge.flowsChanged(changes, { connection, xid });
    },
  };
}

/** Whether what was learned behind a logical port stays true. */
function sameVlans(a: PortSettings, b: PortSettings): boolean {
  const vlans = ({ vlanMode, tag, trunks, cvlans, qinqEthertype, protected: isProtected }: PortSettings): string =>
    JSON.stringify([vlanMode, tag, trunks, cvlans, qinqEthertype, isProtected]);
  return vlans(a) === vlans(b);
}
