import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "../atom.js";
import { OvsdbError, syntaxError } from "../error.js";
import { isJsonObject } from "../json-members.js";

/** The servers of a cluster and where each of them listens for the others: `<servers>` of ovsdb(5). */
export type ServerList = ReadonlyMap<Uuid, string>;

/** Refuses what is no address of a server of a cluster. Throws `OvsdbError` in upstream's words. */
export function checkServerAddress(address: string): void {
  const colon = address.indexOf(":");
  const protocol = address.slice(0, colon);
  // Test suites put clusters on unix sockets, which upstream takes without saying so.
  if (protocol === "unix") return;
  if (protocol !== "tcp" && protocol !== "ssl") {
    throw new OvsdbError("ovsdb error", `${address}: expected "tcp" or "ssl" address`);
  }
  const [, port] = /^(?:\[[0-9a-fA-F:.%\w]*\]|[^:[\]]*):(\d+)$/.exec(address.slice(colon + 1)) ?? [];
  if (port === undefined || Number(port) > 65535) {
    throw new OvsdbError("ovsdb error", `${address}: syntax error in address`);
  }
}

/** Reads an address. Throws `OvsdbError`. */
export function serverAddressFromJson(json: Json): string {
  if (typeof json !== "string") throw syntaxError("server address is not string", json);
  checkServerAddress(json);
  return json;
}

/** Reads `<servers>`. Throws `OvsdbError`. */
export function serverListFromJson(json: Json): ServerList {
  if (!isJsonObject(json) || Object.keys(json).length === 0) throw syntaxError("must have at least one server", json);
  const servers = new Map<Uuid, string>();
  for (const [text, address] of Object.entries(json)) {
    const id = parseUuid(text);
    if (id === undefined) throw syntaxError(`${text} is not a UUID`, json);
    servers.set(id, serverAddressFromJson(address));
  }
  return servers;
}

/** As `show-log` has it, in the order of the ids: `9b44("tcp:10.0.0.1:6643"), …`. */
export function formatServerList(servers: ServerList): string {
  const sorted = [...servers].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([id, address]) => `${shortId(id)}("${address}")`).join(", ");
}

/** The four digits by which logs name servers, clusters and entries. */
export function shortId(id: string): string {
  return id.slice(0, 4);
}
