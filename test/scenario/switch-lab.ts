import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import type { DummyDevice } from "#datapath/dummy/dummy-device.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import type { Packet } from "#datapath/packet.js";
import type { FakeClock } from "#host/fake/clock.js";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import type { BridgeState } from "#ofproto/bridge-state.js";
import type { BridgeSettings, PortSettings } from "#ofproto/settings.js";
import type { Switch } from "#ofproto/switch.js";
import { OfprotoSwitches } from "#ofproto/switches.js";
import { type Log, silentLog } from "#runtime/logger.js";
import { Xids } from "#runtime/openflow-xids.js";

/** A frame that left the switch. */
export interface Sent {
  readonly port: string;
  readonly frame: string;
}

export const bridgeDefaults: Omit<BridgeSettings, "name"> = {
  datapathType: "dummy",
  datapathId: 1n,
  failMode: "standalone",
  hasControllers: false,
  macAgingTime: 300,
  macTableSize: 8192,
  forwardBpdu: false,
  floodVlans: [],
  mcastSnooping: false,
  stp: false,
  rstp: false,
  description: undefined,
  serialNumber: undefined,
  vlanLimit: 1,
};

export const portDefaults: Omit<PortSettings, "name" | "members"> = {
  vlanMode: "trunk",
  tag: -1,
  trunks: [],
  cvlans: [],
  qinqEthertype: 0x88a8,
  priorityTags: "no",
  protected: false,
  bondMode: "active-backup",
};

/** Bridges on a dummy datapath under a clock that the test moves; frames go in by name and come out in a list. */
export class SwitchLab {
  readonly host: FakeHost;
  readonly clock: FakeClock;
  readonly switches: OfprotoSwitches;
  readonly sent: Sent[] = [];
  readonly #devices: DummyDevices;

  /** `log`: for bridges that speak to controllers, through the fake host's streams. */
  constructor(log?: Log) {
    const host = createFakeHost();
    this.host = host;
    this.clock = host.clock;
    this.#devices = new DummyDevices(host);
    let seed = 1;
    const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
    const engine = dummyDatapathClass("dummy", this.#devices, { clock: this.clock, random });
    const outside = log && { host, log, runDirectory: "/var/run/openvswitch", connect: {}, xids: new Xids() };
    this.switches = new OfprotoSwitches({
      clock: this.clock,
      log: log ?? silentLog,
      datapathClasses: [engine],
      ...(outside && { outside }),
    });
  }

  addBridge(name: string, settings: Partial<BridgeSettings> = {}): Switch {
    const made = this.switches.add({ ...bridgeDefaults, ...settings, name });
    this.addPort(name, name, {}, "internal");
    return made;
  }

  /** Adds a port of one interface. */
  addPort(bridge: string, name: string, settings: Partial<PortSettings> = {}, type = "dummy", ofport?: number): void {
    const device = this.switches.deviceClass("dummy", type)!.open(name, new Map());
    const dummy = this.#devices.get(name)!;
    const transmit = dummy.transmit.bind(dummy);
    dummy.transmit = (packet: Packet) => {
      this.sent.push({ port: name, frame: Buffer.from(packet.data).toString("hex") });
      transmit(packet);
    };
    this.bridge(bridge).addPort(device, ofport);
    this.configurePort(bridge, name, settings);
  }

  addPatch(bridge: string, name: string, peer: string, settings: Partial<PortSettings> = {}): void {
    const device = this.switches.deviceClass("dummy", "patch")!.open(name, new Map([["peer", peer]]));
    this.bridge(bridge).addPort(device, undefined);
    this.configurePort(bridge, name, settings);
  }

  configurePort(bridge: string, name: string, settings: Partial<PortSettings>): void {
    this.bridge(bridge).configureBundle(name, { ...portDefaults, ...settings, name, members: [name] });
  }

  removePort(bridge: string, name: string): void {
    this.bridge(bridge).configureBundle(name, undefined);
    this.bridge(bridge).removePort(name);
    this.#devices.get(name)?.close();
  }

  bridge(name: string): Switch {
    const found = this.switches.get(name);
    if (!found) throw new Error(`no bridge ${name}`);
    return found;
  }

  state(name: string): BridgeState {
    return this.switches.bridges.get(name)!.state;
  }

  device(name: string): DummyDevice {
    return this.#devices.get(name)!;
  }

  /** Puts a frame (hexadecimal) into a port and returns what left the switch for it, by port name. */
  receive(port: string, frame: string): Sent[] {
    this.sent.length = 0;
    this.device(port).receive(Uint8Array.from(Buffer.from(frame, "hex")));
    return this.sent.slice().sort((a, b) => (a.port < b.port ? -1 : 1));
  }

  /** Names of the ports a frame left by. */
  reach(port: string, frame: string): string[] {
    return this.receive(port, frame).map((s) => s.port);
  }

  settle(): void {
    void this.switches.settle();
  }
}
