import type { Host } from "#host/host.js";
import type { ConnectOptions, Stream } from "#host/streams.js";
import { MessageType, readHeader } from "#openflow/header.js";
import type { Version } from "#openflow/version.js";
import { Rconn, type RconnSettings, type RconnStats } from "#protocols/rconn.js";
import type { Cancel } from "#util/clock.js";
import { endText } from "./jsonrpc.js";
import type { Log } from "./logger.js";
import { connectOpenFlow } from "./openflow-connect.js";
import { OpenFlowConnection, type OpenFlowSettings } from "./openflow-connection.js";

/** What happens in a session. */
export interface OpenFlowSessionHandlers {
  /** A connection stands and its version is agreed on: what a new peer needs to be told is sent now. */
  onConnected?(version: Version): void;
  /** A message came; echo requests and what answers our probes do not. */
  onMessage?(message: Uint8Array): void;
  /** Any message came, those among them that `onMessage` is not told of: a sign of life. */
  onActivity?(): void;
  /** Every message, received or sent, for those who look on. */
  onTraffic?(message: Uint8Array): void;
  /** It is over; the session tries again by itself, unless `isAlive` says otherwise. `reason` in strerror's words, `End of file`. */
  onDisconnected?(reason: string): void;
}

export interface OpenFlowSessionSettings extends RconnSettings, OpenFlowSettings {
  /** What the log calls the session; the target or the peer by default. ovs-vswitchd writes `br0<->tcp:127.0.0.1:6653`. */
  readonly name?: string;
  readonly connect?: ConnectOptions;
}

/** The `status` column of a Controller, as ovs-vswitchd writes it. */
function controllerStatus(stats: RconnStats, now: number): Record<string, string> {
  const since = (then: number): string => String(Math.floor((now - then) / 1000));
  return {
    ...(stats.lastError === undefined ? {} : { last_error: stats.lastError }),
    ...(stats.lastConnected === undefined ? {} : { sec_since_connect: since(stats.lastConnected) }),
    ...(stats.lastDisconnected === undefined ? {} : { sec_since_disconnect: since(stats.lastDisconnected) }),
    state: stats.state,
  };
}

/**
 * An OpenFlow connection that is kept up, to a target that we connect to again and again, or one that a peer opened. It backs off, probes a
 * silent peer by echo and reconnects as `Rconn` says, and logs in its words as module `rconn`.
 */
export class OpenFlowSession {
  readonly #host: Host;
  readonly #log: Log;
  readonly #settings: OpenFlowSessionSettings;
  readonly #handlers: OpenFlowSessionHandlers;
  readonly #fsm: Rconn;
  readonly #target: string | undefined;
  #versions: OpenFlowSettings["versions"];
  #connection: OpenFlowConnection | undefined;
  #probes = new Set<number>();
  #timer: Cancel | undefined;
  /** Counts attempts, so that one that was given up is not taken for the present one when it settles. */
  #attempt = 0;
  #closed = false;

  private constructor(
    host: Host,
    log: Log,
    target: string | undefined,
    handlers: OpenFlowSessionHandlers,
    settings: OpenFlowSessionSettings,
  ) {
    this.#host = host;
    this.#log = log;
    this.#settings = settings;
    this.#versions = settings.versions;
    this.#handlers = handlers;
    this.#target = target;
    const rconnLog = log.module("rconn");
    this.#fsm = new Rconn(host.clock.now(), settings, (level, message) => rconnLog.log(level, message));
  }

  /** A session that connects to `target`: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` or `unix:FILE`. */
  static open(
    host: Host,
    log: Log,
    target: string,
    handlers: OpenFlowSessionHandlers,
    settings: OpenFlowSessionSettings = {},
  ): OpenFlowSession {
    const session = new OpenFlowSession(host, log, target, handlers, settings);
    session.#fsm.name = settings.name ?? target;
    session.#fsm.enable(host.clock.now());
    session.#run();
    return session;
  }

  /** A session over a stream that a listener accepted; it ends with that stream. */
  static accepted(
    host: Host,
    log: Log,
    stream: Stream,
    handlers: OpenFlowSessionHandlers,
    settings: OpenFlowSessionSettings = {},
  ): OpenFlowSession {
    const session = new OpenFlowSession(host, log, undefined, handlers, settings);
    session.#fsm.name = settings.name ?? stream.name;
    session.#fsm.accept(host.clock.now());
    session.#adopt(stream);
    return session;
  }

  /** As logs call it. */
  get name(): string {
    return this.#fsm.name;
  }

  get isConnected(): boolean {
    return this.#fsm.isConnected;
  }

  /** False once it is closed, or where it will not be connected again. */
  get isAlive(): boolean {
    return !this.#closed && this.#fsm.isAlive;
  }

  /** The version agreed on with the present peer. */
  get version(): Version | undefined {
    return this.#fsm.isConnected ? this.#connection?.version : undefined;
  }

  get stats(): RconnStats {
    return this.#fsm.stats();
  }

  /** The present connection's stream, for its addresses and the peer's name. */
  get stream(): Stream | undefined {
    return this.#connection?.stream;
  }

  /** The `status` column of the session's Controller row. */
  status(): Record<string, string> {
    return controllerStatus(this.#fsm.stats(), this.#host.clock.now());
  }

  /** Sends a whole message of the agreed version; false, and dropped, where there is no connection. */
  send(message: Uint8Array): boolean {
    if (!this.#fsm.isConnected || this.#connection === undefined) return false;
    this.#connection.send(message);
    return true;
  }

  /** Bytes that wait to be taken by the kernel. */
  backlog(): number {
    return this.#connection?.backlog() ?? 0;
  }

  /** Resolves when no more than `limit` bytes wait, or the connection is over. */
  drained(limit?: number): Promise<void> {
    return this.#connection?.drained(limit) ?? Promise.resolve();
  }

  /** Stops to receive and goes on, so that a slow consumer pushes back. Does not outlast the connection. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  setMaxBackoff(milliseconds: number): void {
    this.#fsm.setMaxBackoff(milliseconds);
    this.#schedule();
  }

  setProbeInterval(milliseconds: number): void {
    this.#fsm.setProbeInterval(milliseconds);
    this.#schedule();
  }

  /** The versions that later connections may have. */
  setVersions(versions: OpenFlowSettings["versions"]): void {
    this.#versions = versions;
  }

  /** Drops the connection; another is made after a second, or none where the peer had opened it. */
  reconnect(): void {
    if (!this.#fsm.isConnected) return;
    if (this.#target === undefined) {
      this.close();
    } else {
      this.#abandon();
      this.#fsm.reconnect(this.#host.clock.now());
      this.#schedule();
    }
    this.#handlers.onDisconnected?.("End of file");
  }

  /** Flushes and ends the session. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#attempt++;
    this.#timer?.cancel();
    this.#connection?.close();
    this.#connection = undefined;
    this.#fsm.disable(this.#host.clock.now());
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const deadline = this.#fsm.deadline();
    if (this.#closed || deadline === undefined) return;
    this.#timer = this.#host.clock.after(Math.max(0, deadline - this.#host.clock.now()), () => this.#run());
  }

  #run(): void {
    switch (this.#fsm.run(this.#host.clock.now())) {
      case "connect":
        this.#connect();
        break;
      case "probe":
        this.#probe();
        break;
      case "disconnect":
        this.#abandon();
        this.#lost("Connection timed out");
        return;
      case undefined:
    }
    this.#schedule();
  }

  #probe(): void {
    const xid = this.#connection?.probe();
    if (xid !== undefined) this.#probes.add(xid);
  }

  #connect(): void {
    const attempt = ++this.#attempt;
    const { clock } = this.#host;
    this.#fsm.connecting(clock.now());
    connectOpenFlow(this.#host, this.#log, this.#target!, this.#settings.connect).then(
      (stream) => {
        if (attempt !== this.#attempt) stream.destroy();
        else {
          this.#fsm.reached();
          this.#adopt(stream);
        }
      },
      (error: Error) => {
        if (attempt !== this.#attempt) return;
        this.#fsm.connectFailed(clock.now(), endText(error));
        this.#schedule();
      },
    );
  }

  #adopt(stream: Stream): void {
    const { xids, plainEcho } = this.#settings;
    const connection = new OpenFlowConnection(stream, this.#log, {
      ...(xids && { xids }),
      ...(plainEcho && { plainEcho }),
      ...(this.#versions !== undefined && { versions: this.#versions }),
    });
    this.#connection = connection;
    this.#probes.clear();
    connection.start({
      onNegotiated: (version) => {
        this.#fsm.negotiated(this.#host.clock.now());
        this.#schedule();
        this.#handlers.onConnected?.(version);
      },
      onActivity: () => {
        this.#active();
        this.#handlers.onActivity?.();
      },
      onMessage: (message) => this.#received(message),
      ...(this.#handlers.onTraffic && { onTraffic: this.#handlers.onTraffic.bind(this.#handlers) }),
      onClose: (error) => {
        this.#connection = undefined;
        this.#lost(endText(error));
      },
    });
    this.#schedule();
  }

  #active(): void {
    const idle = this.#fsm.state === "IDLE";
    this.#fsm.activity(this.#host.clock.now());
    // The probe's timer is left to fire and finds that it came too early; only a probed peer's is urgent.
    if (idle) this.#schedule();
  }

  /** What answers our own probes is nobody else's business. */
  #received(message: Uint8Array): void {
    if (this.#probes.size > 0 && message[1] === MessageType.echoReply && this.#probes.delete(readHeader(message).xid)) {
      return;
    }
    this.#handlers.onMessage?.(message);
  }

  /** We end the connection or the attempt. */
  #abandon(): void {
    this.#attempt++;
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #lost(reason: string): void {
    const was = this.#fsm.isConnected;
    this.#fsm.disconnected(this.#host.clock.now(), reason);
    this.#schedule();
    if (was || this.#target === undefined) this.#handlers.onDisconnected?.(reason);
  }
}
