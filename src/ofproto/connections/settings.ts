import type { VersionBitmap } from "#openflow/hello.js";

/** One configured controller. Times in milliseconds. */
export interface ControllerSettings {
  /** A connection method, active or passive. */
  readonly target: string;
  /** Primary ones are in charge of the tables, service ones come for maintenance. */
  readonly type: "primary" | "service";
  /** Reached through the bridge itself, whose own rules keep the way open. */
  readonly isInBand: boolean;
  readonly maxBackoff: number;
  /** 0 for never. */
  readonly probeInterval: number;
  /** Whether messages that nobody asked for are sent from the start. */
  readonly asyncMessages: boolean;
  /** Packets a second of each kind; 0 for no limit. */
  readonly rateLimit: number;
  /** Packets that may be sent at once, and how many wait. */
  readonly burstLimit: number;
  /** Packets that may wait for the connection. */
  readonly queueSize: number;
}

/** Who a bridge speaks to, and how. */
export interface ConnectionsSettings {
  readonly controllers: readonly ControllerSettings[];
  readonly versions: VersionBitmap;
  /** Targets beside the controllers whose traffic must get through: managers of the database. */
  readonly inBandTargets: readonly string[];
  readonly disableInBand: boolean;
  /** The queue of in-band rules; undefined for the default one. */
  readonly inBandQueue: number | undefined;
  /** Packets that may wait for a connection that came by the bridge's own listener. */
  readonly queueSize: number;
}

/** How a controller is, for its row. */
export interface ControllerStatus {
  readonly isConnected: boolean;
  readonly role: "other" | "master" | "slave" | undefined;
  readonly status: Readonly<Record<string, string>>;
}

/** True where we connect, false where the peer does; undefined where the method is unknown. */
export function isActiveTarget(target: string): boolean | undefined {
  if (/^(tcp|ssl|unix):/.test(target)) return true;
  return /^(ptcp|pssl|punix):/.test(target) ? false : undefined;
}
