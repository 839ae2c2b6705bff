import { isPassiveName, isTlsName } from "#host/stream-name.js";
import { ActiveRemote } from "./active-remote.js";
import type { ClientSession } from "./client-session.js";
import { PassiveRemote } from "./passive-remote.js";
import type { Remote, RemoteContext, RemoteSettings, RemoteStatus } from "./remote.js";

/** All connection methods in use, by name. */
export class Remotes {
  readonly #context: RemoteContext;
  readonly #remotes = new Map<string, Remote>();

  constructor(context: RemoteContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#remotes.size;
  }

  /** Opens what is wanted and new, adjusts what is known, closes the rest. Resolves when all new ones have tried to listen. */
  async configure(wanted: ReadonlyMap<string, RemoteSettings>): Promise<void> {
    for (const [target, remote] of this.#remotes) {
      const settings = wanted.get(target);
      if (settings && sameRights(settings, remote.settings)) {
        remote.adjust(settings);
        continue;
      }
      if (!settings) this.#context.log.module("ovsdb_jsonrpc_server").info(`${target}: remote deconfigured`);
      remote.close();
      this.#remotes.delete(target);
    }
    const started: Promise<void>[] = [];
    for (const [target, settings] of wanted) {
      if (this.#remotes.has(target)) continue;
      const remote = openRemote(target, settings, this.#context);
      this.#remotes.set(target, remote);
      started.push(remote.started);
    }
    await Promise.all(started);
  }

  status(target: string): RemoteStatus | undefined {
    return this.#remotes.get(target)?.status();
  }

  sessionCount(): number {
    let count = 0;
    for (const remote of this.#remotes.values()) count += remote.sessionCount();
    return count;
  }

  eachSession(visit: (session: ClientSession) => void): void {
    for (const remote of [...this.#remotes.values()]) remote.eachSession(visit);
  }

  /** Drops every connection, so that clients look anew. */
  reconnect(reason: string): void {
    for (const remote of [...this.#remotes.values()]) remote.reconnect(reason);
  }

  /** Keys or certificates have changed: clients that connect from now on get the new ones, and we connect anew with them. */
  renewTls(): void {
    for (const [target, remote] of [...this.#remotes]) {
      if (!isTlsName(target)) continue;
      if (remote instanceof PassiveRemote) remote.renewTls();
      else {
        remote.close();
        this.#remotes.set(target, openRemote(target, remote.settings, this.#context));
      }
    }
  }

  close(): void {
    for (const remote of this.#remotes.values()) remote.close();
    this.#remotes.clear();
  }
}

/** Whether clients that are connected may do the same as before. */
function sameRights(a: RemoteSettings, b: RemoteSettings): boolean {
  return a.readOnly === b.readOnly && (a.role ?? "") === (b.role ?? "");
}

function openRemote(target: string, settings: RemoteSettings, context: RemoteContext): Remote {
  return isPassiveName(target)
    ? new PassiveRemote(target, settings, context)
    : new ActiveRemote(target, settings, context);
}
