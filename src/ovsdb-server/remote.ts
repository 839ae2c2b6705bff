import type { Host } from "#host/host.js";
import type { TlsSettings } from "#host/streams.js";
import type { Log } from "#runtime/logger.js";
import type { ClientSession, SessionServer } from "./client-session.js";

/** How one connection method is to be used; a row of a table such as Manager gives it, or the defaults. */
export interface RemoteSettings {
  /** Milliseconds at most between attempts; undefined for 8000. */
  readonly maxBackoff: number | undefined;
  /** Milliseconds of silence before a probe, 0 for none; undefined for 5000 on TCP and TLS, none on unix sockets. */
  readonly probeInterval: number | undefined;
  readonly readOnly: boolean;
  /** The role that clients have, by the database's own tables of roles; absent or empty for none. */
  readonly role?: string;
}

export const defaultRemote: RemoteSettings = { maxBackoff: undefined, probeInterval: undefined, readOnly: false };

/** What a row of remotes says, and for what it does not say, what the reference to its column was given. */
export function withDefaults(row: RemoteSettings, base: RemoteSettings): RemoteSettings {
  const role = row.role ?? base.role;
  return {
    maxBackoff: row.maxBackoff ?? base.maxBackoff,
    probeInterval: row.probeInterval ?? base.probeInterval,
    readOnly: row.readOnly || base.readOnly,
    ...(role === undefined ? {} : { role }),
  };
}

/** What the columns `is_connected` and `status` say of a remote. */
export interface RemoteStatus {
  readonly isConnected: boolean;
  readonly status: Readonly<Record<string, string>>;
}

/** One connection method, listened on or connected to. */
export interface Remote {
  readonly settings: RemoteSettings;
  /** Resolves when the first attempt to listen has been made; at once for active methods. */
  readonly started: Promise<void>;
  /** Takes other settings, except those that need the remote made anew. */
  adjust(settings: RemoteSettings): void;
  status(): RemoteStatus;
  /** How many clients are connected. */
  sessionCount(): number;
  /** Calls back every session. */
  eachSession(visit: (session: ClientSession) => void): void;
  /** Drops the connections; active ones are made again. */
  reconnect(reason: string): void;
  close(): void;
}

/** What remotes share. */
export interface RemoteContext {
  readonly host: Host;
  readonly log: Log;
  readonly server: SessionServer;
  /** Below which relative socket names lie. */
  readonly runDirectory: string;
  tls(): TlsSettings | undefined;
}

/** The probe interval where none is configured: a unix socket's peer cannot vanish unnoticed. */
export function probeIntervalOf(target: string, settings: RemoteSettings): number {
  return settings.probeInterval ?? (/^p?(tcp|ssl):/.test(target) ? 5000 : 0);
}
