import { OvsdbError } from "#ovsdb/error.js";

/** How a connection to another server is to be kept; what is not said is as it is by default. */
export interface SourceOptions {
  /** Milliseconds of silence before the server is probed; 0 for none. */
  readonly probeInterval?: number | undefined;
  /** Milliseconds at most between attempts to connect. */
  readonly maxBackoff?: number | undefined;
}

/** A database as the command line or `ovsdb-server/add-db` names it. */
export type DatabaseSpec =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "relay"; readonly name: string; readonly remotes: string };

/** Reads a file's name, or `relay:NAME:REMOTE[,REMOTE]…` (ovsdb(7) "Relay Service Model"). Throws `OvsdbError`. */
export function parseDatabaseSpec(text: string): DatabaseSpec {
  if (!text.startsWith("relay:")) return { kind: "file", path: text };
  const rest = text.slice("relay:".length);
  const colon = rest.indexOf(":");
  if (colon < 1) throw new OvsdbError("ovsdb error", `${text}: invalid syntax`);
  return { kind: "relay", name: rest.slice(0, colon), remotes: rest.slice(colon + 1) };
}
