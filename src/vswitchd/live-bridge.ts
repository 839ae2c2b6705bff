import type { Device } from "#datapath/device.js";
import type { ConnectionsSettings } from "#ofproto/connections/settings.js";
import type { BridgeSettings } from "#ofproto/settings.js";
import type { Switch, SwitchPort } from "#ofproto/switch.js";
import type { WantedBridge, WantedInterface, WantedPort } from "./wanted.js";

/** An interface as it is: an open device that is a port, or the reason why it is not. */
export interface LiveInterface {
  readonly wanted: WantedInterface;
  readonly device: Device | undefined;
  readonly port: SwitchPort | undefined;
  /** What goes into Interface:error. */
  readonly error: string | undefined;
}

/** A bridge as it is. */
export interface LiveBridge {
  readonly wanted: WantedBridge;
  readonly interfaces: ReadonlyMap<string, LiveInterface>;
  readonly settings: BridgeSettings;
  readonly address: Uint8Array;
}

/** The same, with what its owner needs to change it. */
export interface MutableBridge {
  wanted: WantedBridge;
  switch: Switch;
  interfaces: Map<string, LiveInterface>;
  ports: Map<string, WantedPort>;
  settings: BridgeSettings;
  address: Uint8Array;
  announcedId: bigint | undefined;
  /** As they are in force. */
  connections: ConnectionsSettings | undefined;
  /** The MTU that internal ports have unless told otherwise. */
  smallestMtu: number;
}

/** Where the log lines of module `bridge` go. */
export interface BridgeLog {
  info(text: string): void;
  warn(text: string): void;
  err(text: string): void;
}

/** Called when something outside the database has changed. */
export interface BridgeEvents {
  /** A device's link state, address or counters changed: status columns are due. */
  statusChanged(): void;
  /** A device vanished: what is wanted must be looked at again. */
  deviceGone(): void;
}
