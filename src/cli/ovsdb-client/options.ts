import { type DaemonSettings, daemonSettings } from "#runtime/daemon-options.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { tlsOptionRows } from "#runtime/stream-options.js";
import type { Vlog } from "#runtime/vlog.js";
import { applyVlogOption, vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import type { TableStyle } from "#util/text-table.js";
import { tableActions, tableOptionRows, type WritableTableStyle } from "../table-options.js";
import { type TlsOptions, tlsActions } from "../tls-options.js";

/** The options of `ovsdb-client`, in upstream's order, which shows where an abbreviation is ambiguous. */
export const clientOptionRows: readonly OptionRow[] = [
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  { name: "timestamp", argument: "none" },
  { name: "force", argument: "none" },
  { name: "timeout", short: "t", argument: "required" },
  { name: "db-change-aware", argument: "none" },
  { name: "no-db-change-aware", argument: "none" },
  { name: "leader-only", argument: "none" },
  { name: "no-leader-only", argument: "none" },
  ...vlogOptionRows,
  { name: "detach", argument: "none" },
  { name: "no-self-confinement", argument: "none", support: "accepted" },
  { name: "no-chdir", argument: "none" },
  { name: "pidfile", argument: "optional" },
  { name: "overwrite-pidfile", argument: "none" },
  { name: "monitor", argument: "none" },
  { name: "user", argument: "required" },
  { name: "bootstrap-ca-cert", argument: "required" },
  ...tlsOptionRows,
  ...tableOptionRows,
  { name: "record", argument: "optional" },
  { name: "replay", argument: "optional" },
  { name: "unixctl", short: "u", argument: "required" },
];

/** What the options ask for. */
export interface ClientSettings {
  /** `--help` or `--version`: printed, and that is all. */
  readonly print: "help" | "version" | undefined;
  readonly table: TableStyle;
  /** A time stamp with every table that `monitor` prints. */
  readonly timestamp: boolean;
  /** `restore` in spite of a different schema. */
  readonly force: boolean;
  /** Seconds, or `undefined` for any time. */
  readonly timeout: number | undefined;
  /** Whether the server is told that we know databases to come and go; `undefined` where only `monitor` is to tell. */
  readonly changeAware: boolean | undefined;
  readonly leaderOnly: boolean;
  readonly tls: TlsOptions;
  readonly daemon: DaemonSettings;
  /** Where a detached client listens for `ovs-appctl`; `undefined` for the usual place. */
  readonly unixctl: string | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the options in their order, of which the first `--help` or `--version` ends the reading. Throws `UserError`. */
export function readClientOptions(options: readonly ParsedOption[], vlog: Vlog): ClientSettings {
  const table: WritableTableStyle = {
    format: "table",
    cells: "string",
    headings: true,
    pretty: false,
    maxColumnWidth: 0,
  };
  const tls: Writable<TlsOptions> = {};
  const settings: Writable<ClientSettings> = {
    print: undefined,
    table,
    timestamp: false,
    force: false,
    timeout: undefined,
    changeAware: undefined,
    leaderOnly: true,
    tls,
    daemon: daemonSettings(options),
    unixctl: undefined,
  };
  const actions: Readonly<Record<string, (value: string) => void>> = {
    help: () => void (settings.print = "help"),
    version: () => void (settings.print = "version"),
    timestamp: () => void (settings.timestamp = true),
    force: () => void (settings.force = true),
    timeout: (value) => void (settings.timeout = parseTimeout(value)),
    "db-change-aware": () => void (settings.changeAware = true),
    "no-db-change-aware": () => void (settings.changeAware = false),
    "leader-only": () => void (settings.leaderOnly = true),
    "no-leader-only": () => void (settings.leaderOnly = false),
    ...tlsActions(tls),
    ...tableActions(table),
    unixctl: (value) => void (settings.unixctl = value),
  };
  for (const option of options) {
    if (!applyVlogOption(vlog, option)) actions[option.name]?.(option.value ?? "");
    if (settings.print !== undefined) break;
  }
  return settings;
}

function parseTimeout(value: string): number {
  const seconds = /^\d+$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 0xffff_ffff) throw new UserError(`value ${value} on -t or --timeout is invalid`);
  return seconds;
}
