import type { ErrorName } from "./errors/error-row.js";
import { OfpError } from "./ofp-error.js";

/** Reserved OpenFlow port numbers, in their 16-bit form (OpenFlow 1.0; 1.1 and later put 0xffff before them on the wire). */
export const OFPP = {
  /** Ports a switch may number are 1 … max - 1. */
  max: 0xff00,
  unset: 0xfff7,
  inPort: 0xfff8,
  table: 0xfff9,
  normal: 0xfffa,
  flood: 0xfffb,
  all: 0xfffc,
  controller: 0xfffd,
  local: 0xfffe,
  none: 0xffff,
} as const;

const names: ReadonlyMap<number, string> = new Map([
  [OFPP.unset, "UNSET"],
  [OFPP.inPort, "IN_PORT"],
  [OFPP.table, "TABLE"],
  [OFPP.normal, "NORMAL"],
  [OFPP.flood, "FLOOD"],
  [OFPP.all, "ALL"],
  [OFPP.controller, "CONTROLLER"],
  [OFPP.local, "LOCAL"],
  [OFPP.none, "ANY"],
]);

/** Names of ports and tables that a switch told: what `--names` shows and texts may use. */
export interface PortNames {
  /** The name of this port; its number is shown where this gives none. */
  readonly portName?: ((port: number) => string | undefined) | undefined;
  /** The port of this name. */
  readonly portNumber?: ((name: string) => number | undefined) | undefined;
  /** What to show for a table, in quotes where it needs them; its number is shown where this gives none. */
  readonly tableName?: (table: number) => string | undefined;
  /** The table of this name, quotes and all. */
  readonly tableNumber?: (name: string) => number | undefined;
  /** Takes complaints about what is read, for the log: upstream's module, and words. */
  readonly warn?: (module: string, text: string) => void;
}

/** The name of a reserved port, another's own name where it is known, its number otherwise. */
export function formatOfport(port: number, { portName }: PortNames = {}): string {
  return names.get(port) ?? portName?.(port) ?? String(port);
}

const numbers: ReadonlyMap<string, number> = new Map([...names].map(([port, name]) => [name, port]));

/**
 * The port of a text: a number up to 65535, or the 32-bit form of a reserved one, a reserved name in any case, a name. Undefined where it is
 * none of these.
 */
export function parseOfport(text: string, { portNumber, warn }: PortNames = {}): number | undefined {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    if (value <= 0xffff) {
      if (value >= OFPP.max && warn !== undefined) warnOfReserved(value, warn);
      return value;
    }
    const port = value > 0xffffffff ? undefined : portFrom32(value);
    if (port === undefined) {
      warn?.("ofp_port", `port ${text} is outside the supported range 0 through ffff or 0xffffff00 through 0xffffffff`);
    }
    return port;
  }
  const upper = text.toUpperCase();
  return numbers.get(upper) ?? (upper === "NONE" ? OFPP.none : portNumber?.(text));
}

/** Numbers of reserved ports are better said by name, since they have other numbers since OpenFlow 1.1. */
function warnOfReserved(port: number, warn: (module: string, text: string) => void): void {
  const name = names.get(port);
  const told =
    name === undefined
      ? `port ${port} is a reserved OF1.0 port number that will be translated to ${portTo32(port)} when talking to an OF1.1 or later controller`
      : `referring to port ${name} as ${port} is deprecated for compatibility with OpenFlow 1.1 and later`;
  warn("ofp_port", told);
}

/** A port's number since OpenFlow 1.1: reserved ports have 0xffff before them. */
export function portTo32(port: number): number {
  return port < OFPP.max ? port : 0xffff0000 + port;
}

/** The 16-bit form of an OpenFlow 1.1 number; undefined where it has none. */
export function portFrom32(port: number): number | undefined {
  if (port < OFPP.max) return port;
  return port >= 0xffff0000 + OFPP.max ? port - 0xffff0000 : undefined;
}

/** As `portFrom32`; throws `OfpError` with this error where the number has no 16-bit form, of which the log is told. */
export function demandPort32(port: number, error: ErrorName): number {
  const short = portFrom32(port);
  if (short !== undefined) return short;
  const range = "0 through 65279 or 0xffffff00 through 0xffffffff";
  throw new OfpError(error).complain("ofp_port", `port ${port} is outside the supported range ${range}`);
}
