import type { Stream } from "#host/streams.js";
import type { VersionBitmap } from "#openflow/hello.js";
import {
  OpenFlowSession,
  type OpenFlowSessionHandlers,
  type OpenFlowSessionSettings,
} from "#runtime/openflow-session.js";
import type { Bridge } from "../bridge.js";
import { ControllerConnection } from "./controller-connection.js";
import type { Outside } from "./outside.js";

/** How a bridge is connected with one peer. Times in milliseconds. */
export interface RemoteSettings {
  readonly versions: VersionBitmap;
  readonly maxBackoff: number;
  readonly probeInterval: number;
}

/** What is told about a remote. */
export interface RemoteEvents {
  connected(connection: ControllerConnection): void;
  disconnected(): void;
  /** Every message of a primary controller. */
  traffic(message: Uint8Array, remote: Remote): void;
}

/**
 * A peer of a bridge: a controller that is connected to again and again, or one that came by a listener. Each connection with it begins with a
 * state of its own.
 */
export class Remote {
  /** The controller's target; undefined for one that came by itself. */
  readonly target: string | undefined;
  readonly session: OpenFlowSession;
  connection: ControllerConnection | undefined;

  constructor(
    bridge: Bridge,
    outside: Outside,
    peer: string | Stream,
    isPrimary: boolean,
    settings: RemoteSettings,
    events: RemoteEvents,
  ) {
    const { host, log } = outside;
    this.target = typeof peer === "string" ? peer : undefined;
    const handlers: OpenFlowSessionHandlers = {
      onConnected: (version) => {
        this.connection = new ControllerConnection(bridge, this.session, version, isPrimary, log);
        events.connected(this.connection);
      },
      onMessage: (message) => this.connection?.receive(message),
      onDisconnected: () => {
        this.#ended();
        events.disconnected();
      },
      ...(isPrimary && { onTraffic: (message) => events.traffic(message, this) }),
    };
    const called = `${bridge.name}<->${typeof peer === "string" ? peer : peer.name}`;
    const how: OpenFlowSessionSettings = { ...settings, name: called, connect: outside.connect, xids: outside.xids };
    this.session =
      typeof peer === "string"
        ? OpenFlowSession.open(host, log, peer, handlers, how)
        : OpenFlowSession.accepted(host, log, peer, handlers, how);
  }

  reconnect(): void {
    this.session.reconnect();
  }

  close(): void {
    this.session.close();
    this.#ended();
  }

  #ended(): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.ended();
  }
}
