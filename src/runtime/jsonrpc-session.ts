import type { Host } from "#host/host.js";
import { isPassiveName } from "#host/stream-name.js";
import type { ConnectOptions, Listener, Stream } from "#host/streams.js";
import { StreamError } from "#host/streams.js";
import { Reconnect, type ReconnectSettings, type ReconnectStats } from "#protocols/reconnect.js";
import type { Cancel } from "#util/clock.js";
import type { Json } from "#util/json.js";
import { ConnectionEnded, endText, JsonRpc, type JsonRpcHandlers } from "./jsonrpc.js";
import type { JsonRpcMessage } from "./jsonrpc-message.js";
import type { Log, Logger } from "./logger.js";

/** The default port of OVSDB (IANA). */
export const ovsdbPort = 6640;

export interface SessionHandlers extends Omit<JsonRpcHandlers, "onClose" | "onActivity"> {
  /** A connection stands: anything a new peer needs to be told is sent now. Not called for `accepted`. */
  onConnected?(name: string): void;
  /** It is over; the session tries again by itself, unless `isAlive` says otherwise. */
  onDisconnected?(error: Error | undefined): void;
}

export interface SessionSettings extends ReconnectSettings {
  readonly connect?: ConnectOptions;
}

/** Lines that upstream logs on the way to a failed connection. */
export function logComplaints(log: Log, error: unknown): void {
  if (!(error instanceof StreamError)) return;
  for (const { module, level, message } of error.complaints) log.module(module).log(level, message);
}

/**
 * A JSON-RPC connection that is kept up: to one of several remotes, tried in turn, or one that a peer opened. It backs off,
 * probes a silent peer and reconnects as `Reconnect` says.
 */
export class JsonRpcSession {
  readonly #host: Host;
  readonly #log: Log;
  readonly #rpcLog: Logger;
  readonly #settings: SessionSettings;
  readonly #handlers: SessionHandlers;
  readonly #fsm: Reconnect;
  #remotes: readonly string[];
  #nextRemote = 0;
  #rpc: JsonRpc | undefined;
  #listener: Listener | undefined;
  #timer: Cancel | undefined;
  /** Counts attempts, so that one that was given up is not taken for the present one when it settles. */
  #attempt = 0;
  #lastError: Error | undefined;
  #closed = false;
  /** The present peer is being left because it will not do. */
  #unfit = false;

  private constructor(
    host: Host,
    log: Log,
    remotes: readonly string[],
    settings: SessionSettings,
    handlers: SessionHandlers,
  ) {
    this.#host = host;
    this.#log = log;
    this.#rpcLog = log.module("jsonrpc");
    this.#settings = settings;
    this.#handlers = handlers;
    this.#remotes = remotes;
    const reconnectLog = log.module("reconnect");
    this.#fsm = new Reconnect(host.clock.now(), settings, (level, message) => reconnectLog.log(level, message));
  }

  /** A session that connects to one of the remotes, active or passive. With several, a failure goes on to the next at once. */
  static open(
    host: Host,
    log: Log,
    remotes: readonly string[],
    handlers: SessionHandlers,
    settings: SessionSettings = {},
  ): JsonRpcSession {
    const session = new JsonRpcSession(host, log, remotes, settings, handlers);
    session.#fsm.name = remotes[0] ?? "void";
    session.#fsm.setPassive(isPassiveName(session.#fsm.name), host.clock.now());
    session.#fsm.enable(host.clock.now());
    session.#schedule();
    return session;
  }

  /** A session over a stream that a listener accepted; it ends with that stream. */
  static accepted(
    host: Host,
    log: Log,
    stream: Stream,
    handlers: SessionHandlers,
    settings: SessionSettings = {},
  ): JsonRpcSession {
    const quiet = { ...settings, quiet: true, maxTries: 0 };
    const session = new JsonRpcSession(host, log, [], quiet, handlers);
    session.#fsm.name = stream.name;
    session.#adopt(stream);
    return session;
  }

  /** The remote or peer as it is called in logs. */
  get name(): string {
    return this.#rpc?.name ?? this.#fsm.name;
  }

  get isConnected(): boolean {
    return this.#rpc !== undefined && this.#fsm.isConnected;
  }

  /** False once it is closed or has used up its tries: it will never be connected again. */
  get isAlive(): boolean {
    return !this.#closed && this.#fsm.isAlive;
  }

  /** Why the last connection ended or attempt failed. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  get stats(): ReconnectStats {
    return this.#fsm.stats();
  }

  /** The present connection's stream, for its addresses and peer's name. */
  get stream(): Stream | undefined {
    return this.#rpc?.stream;
  }

  /** Bytes that wait to be taken by the kernel. */
  backlog(): number {
    return this.#rpc?.backlog() ?? 0;
  }

  /** Sends a request over the present connection; rejects with `ConnectionEnded` where there is none. */
  request(method: string, params: readonly Json[]): Promise<Json> {
    return this.#rpc ? this.#rpc.request(method, params) : Promise.reject(new ConnectionEnded(this.#lastError));
  }

  /** Sends a message, dropped where there is no connection. */
  send(message: JsonRpcMessage): void {
    this.#rpc?.send(message);
  }

  /** As `JsonRpc.sendEncoded`. */
  sendEncoded(bytes: Uint8Array): void {
    this.#rpc?.sendEncoded(bytes);
  }

  setProbeInterval(milliseconds: number): void {
    this.#fsm.setProbeInterval(milliseconds);
    this.#schedule();
  }

  setMaxBackoff(milliseconds: number): void {
    this.#fsm.setBackoff(1000, milliseconds);
    this.#schedule();
  }

  /** Changes where to connect to; a connection to a remote no longer listed is dropped. */
  setRemotes(remotes: readonly string[]): void {
    this.#remotes = remotes;
    this.#nextRemote = 0;
    if (!remotes.includes(this.#fsm.name)) this.forceReconnect();
  }

  /** Drops the connection and connects again, to the next remote. */
  forceReconnect(): void {
    this.#fsm.forceReconnect(this.#host.clock.now());
    this.#schedule();
  }

  /** Drops the connection because its peer will not do. Where other remotes have not been tried in this round, they need not wait. */
  tryAnotherRemote(): void {
    this.#unfit = true;
    this.forceReconnect();
  }

  /** Ends the session for good; what was sent is flushed. */
  close(): void {
    this.#closed = true;
    this.#attempt++;
    this.#timer?.cancel();
    this.#listener?.close();
    this.#rpc?.close();
    this.#rpc = undefined;
  }

  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#closed) return;
    const deadline = this.#fsm.deadline();
    if (deadline === undefined) return;
    const delay = Math.max(0, deadline - this.#host.clock.now());
    this.#timer = this.#host.clock.after(delay, () => this.#due());
  }

  /** The loop may have been busy for long: what arrived meanwhile is looked at first. */
  #due(): void {
    if (this.#fsm.state !== "IDLE") this.#run();
    else this.#timer = this.#host.clock.after(0, () => this.#run());
  }

  #run(): void {
    switch (this.#fsm.run(this.#host.clock.now())) {
      case "connect":
        this.#connect();
        break;
      case "disconnect":
        this.#drop(undefined);
        break;
      case "probe":
        this.#rpc?.probe();
        break;
    }
    this.#schedule();
  }

  #connect(): void {
    const name = this.#remotes[this.#nextRemote % Math.max(1, this.#remotes.length)] ?? "";
    this.#nextRemote++;
    this.#fsm.name = name;
    this.#fsm.setPassive(isPassiveName(name), this.#host.clock.now());
    const attempt = ++this.#attempt;
    const options = { defaultPort: ovsdbPort, ...this.#settings.connect };
    if (isPassiveName(name)) {
      this.#host.streams
        .listen(name, (stream) => this.#taken(stream, attempt), options)
        .then((listener) => this.#listening(listener, attempt))
        .catch((error: Error) => this.#failed(error, attempt));
      return;
    }
    this.#fsm.connecting(this.#host.clock.now());
    this.#host.streams.connect(name, options).then(
      (stream) => {
        if (attempt === this.#attempt) this.#adopt(stream);
        else stream.destroy();
      },
      (error: Error) => this.#failed(error, attempt),
    );
  }

  #listening(listener: Listener, attempt: number): void {
    if (attempt !== this.#attempt) {
      listener.close();
      return;
    }
    this.#listener = listener;
    this.#fsm.listening(this.#host.clock.now());
    this.#schedule();
  }

  /** A peer came to a passive remote: one is served at a time. */
  #taken(stream: Stream, attempt: number): void {
    if (attempt !== this.#attempt || this.#rpc) {
      stream.destroy();
      return;
    }
    this.#listener?.close();
    this.#listener = undefined;
    this.#adopt(stream);
  }

  #failed(error: Error, attempt: number): void {
    if (attempt !== this.#attempt) return;
    this.#lastError = error;
    logComplaints(this.#log, error);
    this.#fsm.connectFailed(this.#host.clock.now(), endText(error));
    this.#tryNextSoon();
    this.#schedule();
  }

  /** Where other remotes have not been tried in this round, the next one need not wait. */
  #tryNextSoon(): void {
    if (this.#remotes.length > 1 && this.#nextRemote % this.#remotes.length !== 0) this.#fsm.skipBackoff();
  }

  #adopt(stream: Stream): void {
    const rpc = new JsonRpc(stream, this.#rpcLog);
    this.#rpc = rpc;
    this.#fsm.connected(this.#host.clock.now());
    this.#schedule();
    rpc.start({
      ...this.#handlers,
      onActivity: () => {
        const idle = this.#fsm.state === "IDLE";
        this.#fsm.activity(this.#host.clock.now());
        // The probe's timer is left to fire and finds that it came too early; only a probed peer's is urgent.
        if (idle) this.#schedule();
      },
      onClose: (error) => this.#ended(error),
    });
    if (this.#remotes.length > 0) this.#handlers.onConnected?.(rpc.name);
  }

  /** We end the connection or the attempt. */
  #drop(reason: string | undefined): void {
    this.#attempt++;
    const rpc = this.#rpc;
    this.#rpc = undefined;
    rpc?.destroy();
    this.#listener?.close();
    this.#listener = undefined;
    this.#fsm.disconnected(this.#host.clock.now(), reason);
    if (!rpc || this.#unfit) this.#tryNextSoon();
    this.#unfit = false;
    if (rpc) this.#handlers.onDisconnected?.(undefined);
  }

  #ended(error: Error | undefined): void {
    // After an orderly end the peer may still read what is on its way.
    if (error) this.#rpc?.stream.destroy();
    else this.#rpc?.stream.close();
    this.#rpc = undefined;
    this.#lastError = error;
    this.#fsm.disconnected(this.#host.clock.now(), error ? endText(error) : "EOF");
    this.#schedule();
    this.#handlers.onDisconnected?.(error);
  }
}
