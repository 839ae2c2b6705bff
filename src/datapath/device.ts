import type { DirectWay, LinkModes, LinkStats } from "#host/net.js";

/** What a device looks like from above; the source of the Interface table's status columns. */
export interface DeviceInfo {
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly minMtu: number;
  readonly maxMtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  /** Increases with each change of carrier. */
  readonly carrierResets: number;
  /** 0 where the kernel knows no such device. */
  readonly ifindex: number;
  /** Bits per second. */
  readonly speed: number | undefined;
  readonly duplex: "full" | "half" | undefined;
  /** Where the kernel knows. */
  readonly modes?: LinkModes | undefined;
  /** Interface:status, e.g. `driver_name`. */
  readonly status: ReadonlyMap<string, string>;
}

/**
 * A network device that can be a port: of type `system`, `internal`, `tap`, `dummy`, `dummy-internal`, `patch`, a tunnel.
 * `ofproto` and `vswitchd` see this; how frames move is between the device and its engine (`datapath/userspace`).
 * Setters throw `HostError`, or `UserError` where the type does not support the setting.
 */
export interface Device {
  readonly name: string;
  readonly type: string;
  info(): DeviceInfo;
  /** Counters; a member is -1 where the device does not count such things. */
  stats(): LinkStats;
  setMac(mac: Uint8Array): void;
  setMtu(mtu: number): void;
  setUp(up: boolean): void;
  /** Applies Interface:options; throws `UserError` for a bad one. */
  setOptions(options: ReadonlyMap<string, string>): void;
  options(): ReadonlyMap<string, string>;
  /** True where other options take effect only when the device is closed and opened again. */
  mustReopen?(options: ReadonlyMap<string, string>): boolean;
  /** Counters of this type of device alone, for Interface:statistics. */
  ownStats?(): ReadonlyMap<string, number>;
  /** How frames may leave by it without being queued, where they may. */
  directWay?(): DirectWay | undefined;
  onChange(handler: () => void): void;
  /** Called once when the underlying device has vanished. */
  onGone(handler: () => void): void;
  close(): void;
}

/** One type of device, as a value in a list that the composition root makes. */
export interface DeviceClass {
  readonly type: string;
  /** True where frames of such a device pass through a datapath port (false for `patch`). */
  readonly hasDatapathPort: boolean;
  /** Opens (and for `internal`, `tap`, `dummy` makes) the device. Throws `HostError` (`ENODEV`, `EPERM`, …) or `UserError`. */
  open(name: string, options: ReadonlyMap<string, string>): Device;
}
