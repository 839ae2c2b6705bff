import { StreamError } from "./streams.js";

/** A connection method of ovsdb(7), taken apart. */
export type StreamName =
  | { readonly kind: "unix" | "punix"; readonly path: string }
  | { readonly kind: "tcp" | "ssl"; readonly host: string; readonly port: number }
  | { readonly kind: "ptcp" | "pssl"; readonly host: string | undefined; readonly port: number };

export interface StreamNameOptions {
  /** The port where the name has none; without it, a name without a port is refused. */
  readonly defaultPort?: number | undefined;
}

const kinds = ["unix", "punix", "tcp", "ssl", "ptcp", "pssl"] as const;

/** True for `punix:`, `ptcp:` and `pssl:` names. */
export function isPassiveName(name: string): boolean {
  return /^p(unix|tcp|ssl):/.test(name);
}

/** True for `ssl:` and `pssl:` names. */
export function isTlsName(name: string): boolean {
  return /^p?ssl:/.test(name);
}

/** Splits at colons outside of brackets; the brackets stay. */
function splitHostPort(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "[") depth++;
    else if (c === "]") depth--;
    else if (c === ":" && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

const bare = (host: string): string => (host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host);

function malformed(name: string, complaint?: string): StreamError {
  return new StreamError(
    name,
    "EAFNOSUPPORT",
    complaint === undefined ? [] : [{ module: "socket_util", level: "err", message: complaint }],
  );
}

/**
 * Reads a connection method: `unix:FILE`, `tcp:HOST[:PORT]`, `ssl:…`, `punix:FILE`, `ptcp:[PORT][:HOST]`, `pssl:…`; an IPv6
 * host stands in brackets. What is malformed throws `StreamError` `EAFNOSUPPORT`, as upstream fails, with the line that
 * upstream logs among its complaints.
 */
export function parseStreamName(name: string, options: StreamNameOptions = {}): StreamName {
  const colon = name.indexOf(":");
  const kind = kinds.find((k) => k === name.slice(0, colon));
  if (colon < 0 || kind === undefined) throw malformed(name);
  const rest = name.slice(colon + 1);
  if (kind === "unix" || kind === "punix") return { kind, path: rest };
  const parts = splitHostPort(rest);
  if (parts.length > 2 || rest.split("[").length !== rest.split("]").length) {
    throw malformed(name, `${rest}: port must be specified`);
  }
  const passive = kind === "ptcp" || kind === "pssl";
  const hostText = (passive ? parts[1] : parts[0]) ?? "";
  const portText = (passive ? parts[0] : parts[1]) ?? "";
  const port = portText === "" ? options.defaultPort : parsePort(portText);
  if (port === undefined) {
    throw malformed(
      name,
      portText === "" ? `${rest}: port must be specified` : `${rest}: bad port number "${portText}"`,
    );
  }
  if (passive) return { kind, host: hostText === "" ? undefined : bare(hostText), port };
  if (hostText === "") throw malformed(name, `${rest}: host must be specified`);
  return { kind, host: bare(hostText), port };
}

/** `HOST:PORT` as Open vSwitch prints it, IPv6 in brackets; an IPv4 address mapped into IPv6 is printed as IPv4. */
export function formatHostPort(host: string, port: number): string {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host;
  return plain.includes(":") ? `[${plain}]:${port}` : `${plain}:${port}`;
}
