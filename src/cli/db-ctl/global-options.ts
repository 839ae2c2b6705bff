import { directories } from "#runtime/dirs.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import type { Vlog } from "#runtime/vlog.js";
import { applyVlogOption, vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { type CellFormat, cellFormats, type TableFormat, type TableStyle, tableFormats } from "#util/text-table.js";
import type { ToolIo } from "../io.js";

/** Options of `ovs-vsctl`, in the order of `--options`. */
export const globalOptionRows: readonly OptionRow[] = [
  { name: "db", argument: "required" },
  { name: "no-syslog", argument: "none" },
  { name: "no-wait", argument: "none" },
  { name: "dry-run", argument: "none" },
  { name: "oneline", argument: "none" },
  { name: "timeout", short: "t", argument: "required" },
  { name: "retry", argument: "none" },
  { name: "help", short: "h", argument: "none" },
  { name: "commands", argument: "none" },
  { name: "options", argument: "none" },
  { name: "leader-only", argument: "none", support: "accepted" },
  { name: "no-leader-only", argument: "none", support: "accepted" },
  { name: "shuffle-remotes", argument: "none" },
  { name: "no-shuffle-remotes", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  ...vlogOptionRows,
  { name: "format", short: "f", argument: "required" },
  { name: "data", short: "d", argument: "required" },
  { name: "no-headings", argument: "none" },
  { name: "pretty", argument: "none" },
  { name: "bare", argument: "none" },
  { name: "max-column-width", argument: "required" },
  { name: "private-key", short: "p", argument: "required" },
  { name: "certificate", short: "c", argument: "required" },
  { name: "ca-cert", short: "C", argument: "required" },
  { name: "ssl-protocols", argument: "required" },
  { name: "ssl-ciphers", argument: "required" },
  { name: "bootstrap-ca-cert", argument: "required" },
  { name: "peer-ca-cert", argument: "required" },
];

/** Files and settings for `ssl:` remotes, as given. */
export interface TlsOptions {
  readonly privateKey?: string;
  readonly certificate?: string;
  readonly caCertificate?: string;
  readonly bootstrapCaCertificate?: string;
  readonly peerCaCertificate?: string;
  readonly protocols?: string;
  readonly ciphers?: string;
}

/** What the global options ask for. */
export interface GlobalSettings {
  readonly remote: string;
  readonly wait: boolean;
  readonly dryRun: boolean;
  readonly oneline: boolean;
  /** Seconds, or `undefined` for any time. */
  readonly timeout: number | undefined;
  readonly retry: boolean;
  readonly shuffleRemotes: boolean;
  /** Options that print something and end the program. */
  readonly print: readonly ("help" | "version" | "commands" | "options")[];
  readonly table: TableStyle;
  /** `--format` was given, and is `json`. */
  readonly json: boolean;
  readonly tls: TlsOptions;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the global options in their order. Throws `UserError`. */
export function readGlobalOptions(
  program: { readonly logModule: string },
  options: readonly ParsedOption[],
  vlog: Vlog,
  io: ToolIo,
): GlobalSettings {
  const table: Writable<TableStyle> = {
    format: "list",
    cells: "string",
    headings: true,
    pretty: false,
    maxColumnWidth: 0,
  };
  const tls: Writable<TlsOptions> = {};
  const print: ("help" | "version" | "commands" | "options")[] = [];
  const settings: Writable<GlobalSettings> = {
    remote: `unix:${directories(io.host.process).run}/db.sock`,
    wait: true,
    dryRun: false,
    oneline: false,
    timeout: undefined,
    retry: false,
    shuffleRemotes: true,
    print,
    table,
    json: false,
    tls,
  };
  const actions: Readonly<Record<string, (value: string) => void>> = {
    db: (value) => void (settings.remote = value),
    "no-syslog": () => vlog.setLevel(program.logModule, "syslog", "warn"),
    "no-wait": () => void (settings.wait = false),
    "dry-run": () => void (settings.dryRun = true),
    oneline: () => void (settings.oneline = true),
    timeout: (value) => void (settings.timeout = parseTimeout(value)),
    retry: () => void (settings.retry = true),
    help: () => print.push("help"),
    commands: () => print.push("commands"),
    options: () => print.push("options"),
    version: () => print.push("version"),
    "shuffle-remotes": () => void (settings.shuffleRemotes = true),
    "no-shuffle-remotes": () => void (settings.shuffleRemotes = false),
    format(value) {
      table.format = oneOf(tableFormats, value, "output") as TableFormat;
      settings.json = value === "json";
    },
    data: (value) => void (table.cells = oneOf(cellFormats, value, "data") as CellFormat),
    "no-headings": () => void (table.headings = false),
    pretty: () => void (table.pretty = true),
    bare: () => void Object.assign(table, { format: "list", cells: "bare", headings: false }),
    "max-column-width": (value) => void (table.maxColumnWidth = Math.max(0, Number.parseInt(value, 10) || 0)),
    "private-key": (value) => void (tls.privateKey = value),
    certificate: (value) => void (tls.certificate = value),
    "ca-cert": (value) => void (tls.caCertificate = value),
    "ssl-protocols": (value) => void (tls.protocols = value),
    "ssl-ciphers": (value) => void (tls.ciphers = value),
    "bootstrap-ca-cert": (value) => void (tls.bootstrapCaCertificate = value),
    "peer-ca-cert": (value) => void (tls.peerCaCertificate = value),
  };
  for (const option of options) {
    if (!applyVlogOption(vlog, option)) actions[option.name]?.(option.value ?? "");
  }
  return settings;
}

function parseTimeout(value: string): number {
  const seconds = /^\d+$/.test(value) ? Number(value) : 0;
  if (seconds < 1) throw new UserError(`value ${value} on -t or --timeout is invalid`);
  return seconds;
}

function oneOf(known: readonly string[], value: string, what: string): string {
  if (!known.includes(value)) throw new UserError(`unknown ${what} format "${value}"`);
  return value;
}

/** The output of `--options`. */
export function listOptions(rows: readonly OptionRow[]): string {
  return rows
    .map((row) => {
      const value = row.argument === "none" ? "" : "ARG";
      const long = `--${row.name}${value === "" ? "" : `=${value}`}\n`;
      return row.short === undefined ? long : `${long}-${row.short}${value === "" ? "" : ` ${value}`}\n`;
    })
    .join("");
}
