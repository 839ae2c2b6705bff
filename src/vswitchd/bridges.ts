import type { Device } from "#datapath/device.js";
import type { PortSettings } from "#ofproto/settings.js";
import type { Switches } from "#ofproto/switch.js";
import { HostError, UserError } from "#util/errors.js";
import { formatMac } from "#util/mac.js";
import {
  type AddressCandidate,
  addressFault,
  chooseBridgeAddress,
  datapathIdOf,
  defaultBridgeAddress,
  formatDatapathId,
} from "./bridge-address.js";
import { equalSettings } from "./equal-settings.js";
import type { BridgeEvents, BridgeLog, LiveBridge, LiveInterface, MutableBridge } from "./live-bridge.js";
import type { Change, Running } from "./plan.js";
import type { WantedBridge, WantedInterface, WantedPort } from "./wanted.js";

/** The text of an error for Interface:error and the log. */
function reason(error: unknown): string {
  if (error instanceof HostError) return error.text;
  if (error instanceof UserError) return error.message;
  throw error;
}

/** MTU of a bridge without other ports than its own, in bytes. */
const defaultMtu = 1500;

/** What the datapath is to know of a port. */
function portOptions({ options, otherConfig }: WantedInterface): ReadonlyMap<string, string> {
  return new Map([...options, ...otherConfig]);
}

/** True for devices that a bridge makes, as against those it finds. */
function isInternal(device: Device): boolean {
  return device.type === "internal" || device.type === "dummy-internal";
}

/**
 * The switches of this process and the devices plugged into them, changed step by step by `apply`. A step that fails leaves its
 * reason on the interface; the others go on.
 */
export class Bridges {
  readonly #switches: Switches;
  readonly #log: BridgeLog;
  readonly #deviceLog: BridgeLog;
  readonly #events: BridgeEvents;
  readonly #bridges = new Map<string, MutableBridge>();

  constructor(
    switches: Switches,
    logs: { readonly log: BridgeLog; readonly deviceLog: BridgeLog },
    events: BridgeEvents,
  ) {
    this.#switches = switches;
    this.#log = logs.log;
    this.#deviceLog = logs.deviceLog;
    this.#events = events;
  }

  /** What was last applied, for `plan`. */
  running(): Running {
    const running = new Map<string, ReturnType<Running["get"]> & object>();
    for (const [name, bridge] of this.#bridges) {
      const { ports: _ports, uuid: _uuid, controllerRows: _rows, ...settings } = bridge.wanted;
      const interfaces = new Map(
        [...bridge.interfaces].map(([n, i]) => [
          n,
          { wanted: i.wanted, failed: i.port === undefined, ofport: i.port?.ofport },
        ]),
      );
      const ports = new Map<string, PortSettings>([...bridge.ports].map(([n, p]) => [n, p.settings]));
      running.set(name, { settings, interfaces, ports });
    }
    return running;
  }

  bridges(): ReadonlyMap<string, LiveBridge> {
    return this.#bridges;
  }

  /** Forgets interfaces that failed, so that the next plan tries them again. */
  forgetFailures(): void {
    for (const bridge of this.#bridges.values()) {
      for (const [name, iface] of bridge.interfaces) if (!iface.port) bridge.interfaces.delete(name);
    }
  }

  /**
   * Carries out the changes in order, takes over the rows of `wanted` to which they lead, then gives every bridge its address and datapath
   * id, and its devices what follows from the others.
   */
  apply(changes: readonly Change[], wanted: readonly WantedBridge[]): void {
    for (const change of changes) this.#step(change);
    this.#adopt(wanted);
    for (const bridge of this.#bridges.values()) {
      this.#settleMtus(bridge);
      this.#settleAddress(bridge);
      this.#settleMacs(bridge);
      this.#settleControllers(bridge);
    }
  }

  #settleControllers(bridge: MutableBridge): void {
    const { connections } = bridge.wanted;
    if (equalSettings(connections, bridge.connections)) return;
    bridge.connections = connections;
    bridge.switch.setControllers(connections);
  }

  /** Takes the row identities of the latest rows, which may differ where a row was replaced by an equal one. */
  #adopt(bridges: readonly WantedBridge[]): void {
    for (const wanted of bridges) {
      const bridge = this.#bridges.get(wanted.name);
      if (!bridge) continue;
      bridge.wanted = wanted;
      for (const iface of wanted.ports.flatMap((p) => p.interfaces)) {
        const live = bridge.interfaces.get(iface.name);
        if (live) bridge.interfaces.set(iface.name, { ...live, wanted: iface });
      }
    }
  }

  close(): void {
    for (const name of [...this.#bridges.keys()]) this.#removeBridge(name);
  }

  #step(change: Change): void {
    switch (change.kind) {
      case "add-bridge":
        this.#addBridge(change.bridge);
        return;
      case "remove-bridge":
        this.#removeBridge(change.bridge);
        return;
      case "configure-bridge": {
        const bridge = this.#bridges.get(change.bridge.name);
        if (bridge) bridge.wanted = change.bridge;
        return;
      }
      case "remove-port": {
        const bridge = this.#bridges.get(change.bridge);
        bridge?.switch.configureBundle(change.port, undefined);
        bridge?.ports.delete(change.port);
        return;
      }
      case "remove-interface":
        this.#removeInterface(change.bridge, change.name);
        return;
      case "add-interface":
        this.#addInterface(change.bridge, change.wanted);
        return;
      case "configure-interface":
        this.#configureInterface(change.bridge, change.wanted, change.running);
        return;
      case "configure-port": {
        const bridge = this.#bridges.get(change.bridge);
        if (!bridge) return;
        this.#configureBundle(bridge, change.port);
        bridge.ports.set(change.port.settings.name, change.port);
        return;
      }
    }
  }

  /** A port has those of its members that are there. */
  #configureBundle(bridge: MutableBridge, { settings }: WantedPort): void {
    const members = settings.members.filter((m) => bridge.interfaces.get(m)?.port);
    bridge.switch.configureBundle(settings.name, members.length > 0 ? { ...settings, members } : undefined);
  }

  #addBridge(wanted: WantedBridge): void {
    const address = wanted.hwaddr ?? defaultBridgeAddress(wanted.uuid);
    const settings = { ...wanted.settings, datapathId: wanted.datapathId ?? datapathIdOf(address) };
    try {
      const made = this.#switches.add(settings);
      this.#bridges.set(wanted.name, {
        wanted,
        switch: made,
        interfaces: new Map(),
        ports: new Map(),
        settings,
        address,
        announcedId: undefined,
        connections: undefined,
        smallestMtu: defaultMtu,
      });
    } catch (error) {
      this.#log.err(`failed to create bridge ${wanted.name}: ${reason(error)}`);
    }
  }

  #removeBridge(name: string): void {
    const bridge = this.#bridges.get(name);
    if (!bridge) return;
    for (const port of bridge.ports.keys()) bridge.switch.configureBundle(port, undefined);
    for (const iface of [...bridge.interfaces.keys()]) this.#removeInterface(name, iface);
    this.#switches.remove(name);
    this.#bridges.delete(name);
  }

  /** `mayReturn`: its number is kept for it. */
  #removeInterface(bridgeName: string, name: string, mayReturn = false): void {
    const bridge = this.#bridges.get(bridgeName);
    const iface = bridge?.interfaces.get(name);
    if (!bridge || !iface) return;
    if (iface.port) {
      bridge.switch.removePort(name, mayReturn);
      this.#log.info(`bridge ${bridgeName}: deleted interface ${name} on port ${iface.port.ofport}`);
    }
    iface.device?.close();
    bridge.interfaces.delete(name);
  }

  #addInterface(bridgeName: string, wanted: WantedInterface): void {
    const bridge = this.#bridges.get(bridgeName);
    if (!bridge) return;
    bridge.interfaces.set(wanted.name, this.#open(bridge, wanted));
  }

  #open(bridge: MutableBridge, wanted: WantedInterface): LiveInterface {
    const failed = (error: string): LiveInterface => ({ wanted, device: undefined, port: undefined, error });
    const deviceClass = this.#switches.deviceClass(bridge.settings.datapathType, wanted.type);
    const cannotOpen = `could not open network device ${wanted.name}`;
    if (!deviceClass) {
      const text = `${cannotOpen} (Address family not supported by protocol)`;
      this.#log.warn(text);
      return failed(text);
    }
    let device: Device;
    try {
      device = deviceClass.open(wanted.name, wanted.options);
    } catch (error) {
      const why = reason(error);
      // A complaint about the row itself stands alone, in the row only; a refusal by the system is told as one.
      if (!(error instanceof HostError)) return failed(why);
      const text = `${cannotOpen} (${why})`;
      this.#log.warn(text);
      return failed(text);
    }
    try {
      this.#setMtu(device, wanted.mtuRequest);
      const port = bridge.switch.addPort(device, wanted.ofportRequest ?? wanted.previousOfport);
      bridge.switch.setPortOptions(wanted.name, portOptions(wanted));
      this.#log.info(`bridge ${bridge.wanted.name}: added interface ${wanted.name} on port ${port.ofport}`);
      device.onChange(() => {
        this.#settleMtus(bridge);
        this.#events.statusChanged();
      });
      device.onGone(() => this.#gone(bridge, wanted.name, device));
      return { wanted, device, port, error: undefined };
    } catch (error) {
      device.close();
      const why = reason(error);
      const text = error instanceof HostError ? `could not add network device ${wanted.name} to ofproto (${why})` : why;
      this.#log.warn(text);
      return failed(text);
    }
  }

  #setMtu(device: Device, mtu: number | undefined): void {
    if (mtu === undefined || mtu === device.info().mtu) return;
    this.#try(`failed to set MTU for network device ${device.name}`, () => device.setMtu(mtu));
  }

  #setMac(device: Device, mac: Uint8Array): void {
    if (formatMac(mac) === formatMac(device.info().mac)) return;
    this.#try(`interface ${device.name}: setting MAC failed`, () => device.setMac(mac));
  }

  /** What a device refuses is logged; it stays as it is. */
  #try(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#deviceLog.warn(`${what}: ${reason(error)}`);
    }
  }

  /** Interface:mac, which is for internal ports only; the port of a fake bridge has its bridge's default address. */
  #settleMacs(bridge: MutableBridge): void {
    for (const { wanted, device } of bridge.interfaces.values()) {
      const mac = wanted.mac ?? (wanted.isFakeBridge ? defaultBridgeAddress(bridge.wanted.uuid) : undefined);
      if (!mac || !device || !isInternal(device)) continue;
      if (wanted.isLocal) {
        const why = "ignoring mac in Interface record (use Bridge record to set local port's mac)";
        this.#log.err(`interface ${wanted.name}: ${why}`);
      } else if ((mac[0] ?? 0) & 1) {
        this.#log.err(`interface ${wanted.name}: cannot set MAC to multicast address`);
      } else this.#setMac(device, mac);
    }
  }

  #configureInterface(bridgeName: string, wanted: WantedInterface, running: WantedInterface): void {
    const bridge = this.#bridges.get(bridgeName);
    const live = bridge?.interfaces.get(wanted.name);
    if (!bridge || !live?.device) return;
    const device = live.device;
    if (!equalSettings(wanted.options, running.options)) {
      if (device.mustReopen?.(wanted.options)) {
        const previousOfport = live.port?.ofport;
        this.#removeInterface(bridgeName, wanted.name, true);
        bridge.interfaces.set(wanted.name, { ...this.#open(bridge, { ...wanted, previousOfport }), wanted });
        for (const port of bridge.ports.values())
          if (port.settings.members.includes(wanted.name)) this.#configureBundle(bridge, port);
        return;
      }
      try {
        device.setOptions(wanted.options);
      } catch (e) {
        // What cannot be as it is wanted is no port at all.
        this.#removeInterface(bridgeName, wanted.name);
        bridge.interfaces.set(wanted.name, { wanted, device: undefined, port: undefined, error: reason(e) });
        return;
      }
    }
    bridge.switch.setPortOptions(wanted.name, portOptions(wanted));
    const released = running.mtuRequest !== undefined && wanted.mtuRequest === undefined && isInternal(device);
    this.#setMtu(device, released ? bridge.smallestMtu : wanted.mtuRequest);
    bridge.interfaces.set(wanted.name, { ...live, wanted });
  }

  #gone(bridge: MutableBridge, name: string, device: Device): void {
    const live = bridge.interfaces.get(name);
    if (live?.device !== device) return;
    this.#removeInterface(bridge.wanted.name, name, true);
    this.#events.deviceGone();
  }

  /** An internal port without a request follows the smallest MTU of the bridge's other ports. */
  #settleMtus(bridge: MutableBridge): void {
    const devices = [...bridge.interfaces.values()].filter((i) => i.device);
    const others = devices.filter((i) =>
      isInternal(i.device!) ? i.wanted.mtuRequest !== undefined : i.device!.type !== "patch",
    );
    const smallest = others.length === 0 ? defaultMtu : Math.min(...others.map((i) => i.device!.info().mtu));
    const before = bridge.smallestMtu;
    bridge.smallestMtu = smallest;
    for (const { device, wanted } of devices.filter((i) => isInternal(i.device!))) {
      // A port that has come with a smaller one keeps it.
      if (wanted.mtuRequest === undefined && (smallest !== before || device!.info().mtu > smallest)) {
        this.#setMtu(device!, smallest);
      }
    }
  }

  #settleAddress(bridge: MutableBridge): void {
    const wanted = bridge.wanted;
    const fault = wanted.hwaddr && addressFault(wanted.hwaddr);
    if (fault !== undefined) this.#log.err(`bridge ${wanted.name}: ${fault}`);
    const candidates: AddressCandidate[] = wanted.ports.flatMap((port) => {
      if (port.mac) return [{ mac: port.mac }];
      const first = port.interfaces
        .filter((i) => !i.isLocal)
        .map((i) => i.name)
        .sort()[0];
      const device = first === undefined ? undefined : bridge.interfaces.get(first)?.device;
      return device ? [{ mac: device.info().mac }] : [];
    });
    bridge.address = chooseBridgeAddress(wanted.hwaddr, candidates, defaultBridgeAddress(wanted.uuid));
    const local = bridge.interfaces.get(wanted.name)?.device;
    if (local) this.#setMac(local, bridge.address);
    const settings = { ...wanted.settings, datapathId: wanted.datapathId ?? datapathIdOf(bridge.address) };
    if (!equalSettings(settings, bridge.settings)) bridge.switch.configure(settings);
    bridge.settings = settings;
    bridge.switch.setMac(bridge.address);
    if (bridge.announcedId !== settings.datapathId) {
      bridge.announcedId = settings.datapathId;
      this.#log.info(`bridge ${wanted.name}: using datapath ID ${formatDatapathId(settings.datapathId)}`);
    }
  }
}
