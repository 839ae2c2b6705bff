import type { Device, DeviceClass } from "#datapath/device.js";
import type { LinkStats } from "#host/net.js";
import type { ConnectionsSettings, ControllerStatus } from "./connections/settings.js";
import type { ConntrackSettings } from "./conntrack-settings.js";
import type { FlowLimits } from "./limits.js";
import type { BridgeSettings, PortSettings } from "./settings.js";

/** An OpenFlow port of a bridge, once added. */
export interface SwitchPort {
  /** OpenFlow port number: 1–65279, or 65534 for the bridge's own. */
  readonly ofport: number;
  readonly name: string;
  readonly device: Device;
}

/**
 * One bridge, as `vswitchd` drives it. Made by `Switches.add`; all calls are synchronous and idempotent, so that a plan
 * can be applied twice.
 */
export interface Switch {
  readonly name: string;
  configure(settings: BridgeSettings): void;
  /**
   * Adds an opened device as an OpenFlow port. `requested` is Interface:ofport_request. A port that was removed
   * with `mayReturn` gets the number it had. Throws `UserError` or `HostError`, whose message becomes Interface:error.
   */
  addPort(device: Device, requested: number | undefined): SwitchPort;
  /** `mayReturn` is true where a device has vanished, as against one that is not wanted any more. */
  removePort(name: string, mayReturn?: boolean): void;
  /** Says what Interface:options and Interface:other_config ask of the datapath, in one map. */
  setPortOptions(name: string, options: ReadonlyMap<string, string>): void;
  port(name: string): SwitchPort | undefined;
  ports(): Iterable<SwitchPort>;
  portStats(name: string): LinkStats;
  /** Why a port that exists does not work (a patch port without its peer), for Interface:error. */
  portProblem(name: string): string | undefined;
  /** Sets, replaces or removes (undefined) the logical port whose members were added with `addPort`. */
  configureBundle(name: string, settings: PortSettings | undefined): void;
  /** Ethernet address of the bridge's local port, decided by vswitchd. */
  setMac(mac: Uint8Array): void;
  /** Who controls it, and how they are spoken to. */
  setControllers(settings: ConnectionsSettings): void;
  /** How its controllers are, by their targets. */
  controllerStatus(): ReadonlyMap<string, ControllerStatus>;
}

/** All bridges and the datapaths under them, one per type in use. */
export interface Switches {
  add(settings: BridgeSettings): Switch;
  remove(name: string): void;
  get(name: string): Switch | undefined;
  /** Types a bridge may have, for Open_vSwitch:datapath_types. */
  readonly datapathTypes: readonly string[];
  interfaceTypes(datapathType: string): readonly string[];
  deviceClass(datapathType: string, interfaceType: string): DeviceClass | undefined;
  /** Datapath:capabilities of the datapath of a type; empty where no bridge uses one. */
  capabilities(datapathType: string): ReadonlyMap<string, string>;
  /** Open_vSwitch:other_config flow-limit, max-idle, max-revalidator. */
  setFlowLimits(limits: FlowLimits): void;
  /** Open_vSwitch:other_config, for the datapaths: `Datapath.setOptions`. */
  setDatapathOptions(options: ReadonlyMap<string, string>): void;
  /**
   * `flow-restore-wait` at start: until `flowsRestored`, datapaths keep the flows that they have and hand nothing up, no flow of a bridge
   * times out, and controllers are not spoken to; so that tools can put flows back. Without effect once there are bridges.
   */
  awaitFlows(): void;
  /** Takes over what another process has left in datapaths: to be asked when a configuration is in force, for it is looked at by that. */
  adopt(): void;
  flowsRestored(): void;
  /** Sets what datapaths do about connections, by type of datapath. */
  setConntrack(settings: ReadonlyMap<string, ConntrackSettings>): void;
  /** Waits until every flow made under older settings has been re-translated. */
  settle(): Promise<void>;
  /** `cleanup` removes kernel state that otherwise would survive. */
  close(cleanup: boolean): void;
}
