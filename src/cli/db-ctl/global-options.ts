import { directories } from "#runtime/dirs.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { tlsOptionRows } from "#runtime/stream-options.js";
import type { Vlog } from "#runtime/vlog.js";
import { applyVlogOption, vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import type { TableStyle } from "#util/text-table.js";
import type { ToolIo } from "../io.js";
import { tableActions, tableOptionRows, type WritableTableStyle } from "../table-options.js";
import { type TlsOptions, tlsActions } from "../tls-options.js";

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
  ...tableOptionRows,
  ...tlsOptionRows,
  { name: "bootstrap-ca-cert", argument: "required" },
  { name: "peer-ca-cert", argument: "required" },
];

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
  const table: WritableTableStyle = {
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
  const tables = tableActions(table);
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
    ...tables,
    format(value) {
      tables["format"]?.(value);
      settings.json = value === "json";
    },
    ...tlsActions(tls),
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
