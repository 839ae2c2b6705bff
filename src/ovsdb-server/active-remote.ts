import { isTlsName } from "#host/stream-name.js";
import { resolveStreamName } from "#runtime/dirs.js";
import { endText } from "#runtime/jsonrpc.js";
import { JsonRpcSession } from "#runtime/jsonrpc-session.js";
import { ClientSession } from "./client-session.js";
import { probeIntervalOf, type Remote, type RemoteContext, type RemoteSettings, type RemoteStatus } from "./remote.js";

const defaultMaxBackoff = 8000;

/** A connection method that we connect to, again and again: `tcp:`, `ssl:`, `unix:`. */
export class ActiveRemote implements Remote {
  readonly started: Promise<void> = Promise.resolve();
  settings: RemoteSettings;
  readonly #target: string;
  readonly #context: RemoteContext;
  readonly #rpc: JsonRpcSession;
  /** The peer cannot be verified yet: the connection serves to learn its CA only. */
  readonly #learning: boolean;
  #session: ClientSession | undefined;

  constructor(target: string, settings: RemoteSettings, context: RemoteContext) {
    this.settings = settings;
    this.#target = target;
    this.#context = context;
    const tls = context.tls();
    this.#learning = isTlsName(target) && tls?.bootstrapCa !== undefined;
    this.#rpc = JsonRpcSession.open(
      context.host,
      context.log,
      [resolveStreamName(target, context.runDirectory)],
      {
        onConnected: () => this.#connected(),
        onDisconnected: () => this.#disconnected(),
        onRequest: (method, params, id) => this.#session?.request(method, params, id),
        onNotification: (method, params) => this.#session?.notification(method, params),
        onStrayAnswer: () => this.#stray(),
      },
      {
        maxBackoff: settings.maxBackoff ?? defaultMaxBackoff,
        probeInterval: probeIntervalOf(target, settings),
        ...(tls ? { connect: { tls } } : {}),
      },
    );
  }

  adjust(settings: RemoteSettings): void {
    const before = this.settings;
    this.settings = settings;
    if (settings.maxBackoff !== before.maxBackoff) this.#rpc.setMaxBackoff(settings.maxBackoff ?? defaultMaxBackoff);
    if (settings.probeInterval !== before.probeInterval) {
      this.#rpc.setProbeInterval(probeIntervalOf(this.#target, settings));
    }
  }

  status(): RemoteStatus {
    const { state, isConnected, lastConnected, lastDisconnected } = this.#rpc.stats;
    const now = this.#context.host.clock.now();
    const seconds = (since: number): string => String(Math.floor((now - since) / 1000));
    const status: Record<string, string> = { state };
    const error = this.#rpc.lastError;
    if (!isConnected && error && this.#rpc.stats.successes > 0) status["last_error"] = endText(error);
    if (lastConnected !== undefined) status["sec_since_connect"] = seconds(lastConnected);
    if (lastDisconnected !== undefined) status["sec_since_disconnect"] = seconds(lastDisconnected);
    for (const kind of ["held", "waiting", "lost"] as const) {
      const names = this.#session?.locksIn(kind) ?? [];
      if (names.length > 0) status[`locks_${kind}`] = names.join(" ");
    }
    return { isConnected, status };
  }

  sessionCount(): number {
    return 1;
  }

  eachSession(visit: (session: ClientSession) => void): void {
    if (this.#session) visit(this.#session);
  }

  reconnect(_reason: string): void {
    this.#rpc.forceReconnect();
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#rpc.close();
  }

  #connected(): void {
    const rpc = this.#rpc;
    if (this.#learning) {
      rpc.forceReconnect();
      return;
    }
    const log = this.#context.log.module("ovsdb_jsonrpc_server");
    this.#session = new ClientSession(
      this.#context.server,
      {
        name: this.#target,
        send: (message) => rpc.send(message),
        sendEncoded: (message) => rpc.sendEncoded(message),
        backlog: () => rpc.backlog(),
        disconnect: (reason) => {
          log.info(`${this.#target}: disconnecting (${reason})`);
          rpc.forceReconnect();
        },
      },
      { readOnly: this.settings.readOnly, role: this.settings.role, clientId: rpc.stream?.peerCommonName },
    );
  }

  #disconnected(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #stray(): void {
    this.#context.log.module("ovsdb_jsonrpc_server").warn(`${this.#target}: received unexpected reply message`);
    this.#rpc.forceReconnect();
  }
}
