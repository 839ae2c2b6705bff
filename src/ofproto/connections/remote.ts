import type { Stream } from "#host/streams.js";
import { PacketInReason } from "#openflow/actions/controller.js";
import type { VersionBitmap } from "#openflow/hello.js";
import type { PacketIn } from "#openflow/messages/packet/packet-in.js";
import { portOfMatch } from "#openflow/messages/packet/packet-in.js";
import {
  OpenFlowSession,
  type OpenFlowSessionHandlers,
  type OpenFlowSessionSettings,
} from "#runtime/openflow-session.js";
import type { Bridge } from "../bridge.js";
import { Admission } from "./admission.js";
import type { Role } from "./connection.js";
import { ControllerConnection } from "./controller-connection.js";
import type { Outside } from "./outside.js";
import { PacketInScheduler, type PacketInStats } from "./packet-in-scheduler.js";
import type { ControllerSettings, ControllerStatus } from "./settings.js";

/** What of a controller's settings says how to speak to a peer of its. */
export type RemoteSettings = Omit<ControllerSettings, "target" | "isInBand">;

/** What is told about a remote. */
export interface RemoteEvents {
  connected(): void;
  disconnected(): void;
  /** A message came, and was seen to. */
  received(): void;
  /** Every message, received or sent. */
  traffic(message: Uint8Array, remote: Remote): void;
}

const roleNames: Readonly<Record<Role, ControllerStatus["role"]>> = {
  equal: "other",
  primary: "master",
  secondary: "slave",
};

/** Packets that no flow matched, and those that an action sent: each kind has a limit of its own. */
interface Schedulers {
  readonly miss: PacketInScheduler;
  readonly action: PacketInScheduler;
}

/**
 * A peer of a bridge: a controller that is connected to again and again, or one that came by a listener. Each connection with it begins with a
 * state of its own.
 */
export class Remote {
  readonly session: OpenFlowSession;
  connection: ControllerConnection | undefined;
  readonly #outside: Outside;
  readonly #admission: Admission;
  #settings: RemoteSettings;
  #schedulers: Schedulers | undefined;

  /** `peer` is a target to connect to, or one that has come. */
  constructor(
    bridge: Bridge,
    outside: Outside,
    peer: string | Stream,
    settings: RemoteSettings,
    versions: VersionBitmap,
    events: RemoteEvents,
  ) {
    const { host, log } = outside;
    const { clock } = host;
    this.#outside = outside;
    this.#settings = settings;
    this.#admission = new Admission(clock.now());
    const handlers: OpenFlowSessionHandlers = {
      onConnected: (version) => {
        const start = { isPrimary: this.isPrimary, asyncMessages: this.#settings.asyncMessages, clock, log };
        this.connection = new ControllerConnection(bridge, this.session, version, start);
        this.#admission.connected(clock.now());
        this.#limitPackets();
        events.connected();
      },
      onActivity: () => this.#admission.heard(clock.now()),
      onMessage: (message) => {
        this.connection?.receive(message);
        this.#admission.received(clock.now(), message);
        events.received();
      },
      onDisconnected: () => {
        this.#ended();
        events.disconnected();
      },
      onTraffic: (message) => events.traffic(message, this),
    };
    const { maxBackoff, probeInterval } = settings;
    const how: OpenFlowSessionSettings = {
      versions,
      maxBackoff,
      probeInterval,
      name: `${bridge.name}<->${typeof peer === "string" ? peer : peer.name}`,
      connect: outside.connect,
      xids: outside.xids,
    };
    this.session =
      typeof peer === "string"
        ? OpenFlowSession.open(host, log, peer, handlers, how)
        : OpenFlowSession.accepted(host, log, peer, handlers, how);
  }

  /** True of those that are in charge of the switch, as against helpers. */
  get isPrimary(): boolean {
    return this.#settings.type === "primary";
  }

  /** Seconds since it was in charge; 0 while it is. */
  get silentFor(): number {
    return this.#admission.silentFor(this.#outside.host.clock.now());
  }

  configure(settings: RemoteSettings): void {
    const { maxBackoff, probeInterval } = this.#settings;
    this.#settings = settings;
    if (settings.maxBackoff !== maxBackoff) this.session.setMaxBackoff(settings.maxBackoff);
    if (settings.probeInterval !== probeInterval) this.session.setProbeInterval(settings.probeInterval);
    const { rateLimit, burstLimit } = settings;
    if (this.connection) this.connection.isPrimary = this.isPrimary;
    if (rateLimit === 0 || !this.#schedulers) this.#limitPackets();
    else for (const scheduler of Object.values(this.#schedulers)) scheduler.setLimits(rateLimit, burstLimit);
  }

  /** Sends a packet, now or when the rate limit lets it; false where it was dropped at once. */
  packetIn(body: PacketIn): boolean {
    const { connection } = this;
    if (!connection) return false;
    const send = (): boolean => connection.sendPacket(body, this.#settings.queueSize);
    if (!this.#schedulers) return send();
    const kind = body.reason === PacketInReason.noMatch ? "miss" : "action";
    this.#schedulers[kind].submit(portOfMatch(body.match), send);
    return true;
  }

  status(): ControllerStatus {
    const { session, connection } = this;
    return {
      isConnected: session.isConnected,
      role: connection && roleNames[connection.role],
      status: {
        ...session.status(),
        ...(this.#schedulers && figures("miss", this.#schedulers.miss.stats)),
        ...(this.#schedulers && figures("action", this.#schedulers.action.stats)),
      },
    };
  }

  reconnect(): void {
    this.session.reconnect();
  }

  close(): void {
    this.session.close();
    this.#ended();
  }

  /** Begins to hold packets to the rate there is now, with nothing waiting. */
  #limitPackets(): void {
    this.#schedulers?.miss.close();
    this.#schedulers?.action.close();
    const { rateLimit, burstLimit } = this.#settings;
    const make = (): PacketInScheduler => new PacketInScheduler(this.#outside.host.clock, rateLimit, burstLimit);
    this.#schedulers = rateLimit === 0 ? undefined : { miss: make(), action: make() };
  }

  #ended(): void {
    const { connection } = this;
    this.connection = undefined;
    this.#admission.disconnected();
    this.#schedulers?.miss.close();
    this.#schedulers?.action.close();
    connection?.ended();
  }
}

function figures(
  kind: "miss" | "action",
  { bypassed, queued, dropped, backlog }: PacketInStats,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ bypassed, queued, dropped, backlog }).map(([name, n]) => [`packet-in-${kind}-${name}`, String(n)]),
  );
}
