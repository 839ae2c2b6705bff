import type { Listener, Stream } from "#host/streams.js";
import { resolveStreamName } from "#runtime/dirs.js";
import { endText } from "#runtime/jsonrpc.js";
import { JsonRpcSession, logComplaints, ovsdbPort } from "#runtime/jsonrpc-session.js";
import type { Cancel } from "#util/clock.js";
import { ClientSession } from "./client-session.js";
import { probeIntervalOf, type Remote, type RemoteContext, type RemoteSettings, type RemoteStatus } from "./remote.js";

/** Milliseconds between attempts to listen, at first and at most. */
const firstRetry = 1000;
const longestRetry = 8000;

interface Connection {
  readonly stream: Stream;
  readonly rpc: JsonRpcSession;
  readonly session: ClientSession;
}

/** A connection method that clients connect to: `ptcp:`, `pssl:`, `punix:`. */
export class PassiveRemote implements Remote {
  readonly started: Promise<void>;
  settings: RemoteSettings;
  readonly #target: string;
  readonly #context: RemoteContext;
  readonly #connections = new Set<Connection>();
  #listener: Listener | undefined;
  #retry: Cancel | undefined;
  #retryDelay = firstRetry;
  #port: number | undefined;
  #attempt = 0;
  #closed = false;

  constructor(target: string, settings: RemoteSettings, context: RemoteContext) {
    this.settings = settings;
    this.#target = target;
    this.#context = context;
    this.started = this.#listen();
  }

  adjust(settings: RemoteSettings): void {
    const before = this.settings;
    this.settings = settings;
    if (settings.probeInterval === before.probeInterval) return;
    for (const { rpc } of this.#connections) rpc.setProbeInterval(probeIntervalOf(this.#target, settings));
  }

  status(): RemoteStatus {
    const count = this.#connections.size;
    const port = this.#listener?.port;
    return {
      isConnected: count > 0,
      status: {
        ...(port === undefined ? {} : { bound_port: String(port) }),
        ...(count > 1 ? { n_connections: String(count) } : {}),
        // Upstream has these for listeners too, always so.
        sec_since_connect: "0",
        sec_since_disconnect: "0",
      },
    };
  }

  sessionCount(): number {
    return this.#connections.size;
  }

  eachSession(visit: (session: ClientSession) => void): void {
    for (const { session } of [...this.#connections]) visit(session);
  }

  reconnect(reason: string): void {
    for (const connection of [...this.#connections]) this.#disconnect(connection, reason);
  }

  /** Listens anew with the present keys and certificates; who is connected stays so. */
  renewTls(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.#retry?.cancel();
    void this.#listen();
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#listener?.close();
    for (const connection of [...this.#connections]) this.#drop(connection);
  }

  async #listen(): Promise<void> {
    const { host, log, runDirectory } = this.#context;
    const tls = this.#context.tls();
    const attempt = ++this.#attempt;
    try {
      const target = resolveStreamName(this.#withPort(), runDirectory);
      const listener = await host.streams.listen(target, (stream) => this.#accept(stream), {
        defaultPort: ovsdbPort,
        ...(tls ? { tls } : {}),
      });
      if (this.#closed || attempt !== this.#attempt) {
        listener.close();
        return;
      }
      this.#listener = listener;
      this.#port = listener.port;
      this.#retryDelay = firstRetry;
      const address = this.#target.slice(this.#target.indexOf(":") + 1);
      if (listener.port !== undefined) log.module("socket_util").info(`${address}: listening on port ${listener.port}`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (this.#closed || attempt !== this.#attempt) return;
      // Said once; the silent attempts after it go on until one succeeds.
      if (this.#retryDelay === firstRetry) {
        logComplaints(log, error);
        log.module("ovsdb_jsonrpc_server").err(`${this.#target}: listen failed: ${endText(error)}`);
      }
      this.#retry = host.clock.after(this.#retryDelay, () => void this.#listen());
      this.#retryDelay = Math.min(longestRetry, this.#retryDelay * 2);
    }
  }

  /** What to listen on: where the kernel was to choose the port, the one it chose at first. */
  #withPort(): string {
    const port = this.#port;
    return port === undefined ? this.#target : this.#target.replace(/^(p(?:tcp|ssl):)0?(?=:|$)/, `$1${port}`);
  }

  #accept(stream: Stream): void {
    if (this.#closed) {
      stream.destroy();
      return;
    }
    const { host, log, server } = this.#context;
    const serverLog = log.module("ovsdb_jsonrpc_server");
    let connection: Connection;
    const rpc = JsonRpcSession.accepted(
      host,
      log,
      stream,
      {
        onDisconnected: () => this.#drop(connection),
        onRequest: (method, params, id) => connection.session.request(method, params, id),
        onNotification: (method, params) => connection.session.notification(method, params),
        onStrayAnswer: () => {
          serverLog.warn(`${stream.name}: received unexpected reply message`);
          this.#drop(connection);
        },
      },
      { probeInterval: probeIntervalOf(this.#target, this.settings) },
    );
    const link = {
      name: stream.name,
      send: rpc.send.bind(rpc),
      sendEncoded: rpc.sendEncoded.bind(rpc),
      backlog: () => rpc.backlog(),
      disconnect: (reason: string) => this.#disconnect(connection, reason),
    };
    const { readOnly, role } = this.settings;
    const rights = { readOnly, role, clientId: stream.peerCommonName };
    connection = { stream, rpc, session: new ClientSession(server, link, rights) };
    this.#connections.add(connection);
  }

  #disconnect(connection: Connection, reason: string): void {
    if (!this.#connections.has(connection)) return;
    this.#context.log.module("ovsdb_jsonrpc_server").info(`${connection.session.name}: disconnecting (${reason})`);
    // What a client far behind has not taken is dropped with it, for it may never take it.
    if (connection.rpc.backlog() > this.#context.server.backlogLimit) connection.stream.destroy();
    this.#drop(connection);
  }

  #drop(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    connection.session.close();
    connection.rpc.close();
  }
}
