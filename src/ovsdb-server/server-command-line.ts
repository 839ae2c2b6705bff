import { daemonOptionRows } from "#runtime/daemon-options.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { tlsOptionRows } from "#runtime/stream-options.js";
import { vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import type { SyncOptions } from "./active-backup.js";
import { parseExcludedTables } from "./excluded-tables.js";
import type { TlsOptions } from "./tls-files.js";

/** The options of `ovsdb-server` that are its own; the daemon's and the logging options are not among them. */
export const serverOwnOptionRows: readonly OptionRow[] = [
  { name: "remote", argument: "required" },
  { name: "unixctl", argument: "required" },
  { name: "run", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  { name: "bootstrap-ca-cert", argument: "required" },
  { name: "peer-ca-cert", argument: "required" },
  ...tlsOptionRows,
  { name: "sync-from", argument: "required" },
  { name: "sync-exclude-tables", argument: "required" },
  { name: "active", argument: "none" },
  { name: "no-dbs", argument: "none" },
  { name: "config-file", argument: "required" },
  { name: "disable-file-column-diff", argument: "none" },
  { name: "record", argument: "optional" },
  { name: "replay", argument: "optional" },
];

/** All options in upstream's order, which shows where an abbreviation is ambiguous. */
export const serverOptionRows: readonly OptionRow[] = [
  ...serverOwnOptionRows.slice(0, 5),
  ...daemonOptionRows,
  ...vlogOptionRows,
  ...serverOwnOptionRows.slice(5),
];

/** What the command line wants of the server. */
export interface ServerCommandLine {
  readonly remotes: readonly string[];
  readonly unixctl: string | undefined;
  readonly run: string | undefined;
  readonly tls: TlsOptions;
  readonly columnDiffs: boolean;
  readonly noDatabases: boolean;
  /** The file that says which remotes and databases there are, in the place of options and operands. */
  readonly configFile: string | undefined;
  readonly sync: SyncOptions;
}

/** Reads the server's own options. Throws `UserError` where they exclude each other. */
export function readServerOptions(options: readonly ParsedOption[], operands: readonly string[]): ServerCommandLine {
  const last = (name: string): string | undefined => options.findLast((option) => option.name === name)?.value;
  const named: [keyof TlsOptions, string][] = [
    ["privateKey", "private-key"],
    ["certificate", "certificate"],
    ["peerCaCertificate", "peer-ca-cert"],
    ["protocols", "ssl-protocols"],
    ["ciphers", "ssl-ciphers"],
    ["cipherSuites", "ssl-ciphersuites"],
  ];
  const ca = options.findLast(({ name }) => name === "ca-cert" || name === "bootstrap-ca-cert");
  const tls = Object.fromEntries(named.flatMap(([key, name]) => (last(name) === undefined ? [] : [[key, last(name)]])));
  checkConfigFile(options, operands);
  return {
    remotes: options.filter(({ name }) => name === "remote").map(({ value }) => value ?? ""),
    unixctl: last("unixctl"),
    run: last("run"),
    tls: {
      ...(tls as TlsOptions),
      ...(ca?.value === undefined ? {} : { caCertificate: ca.value, bootstrap: ca.name === "bootstrap-ca-cert" }),
    },
    columnDiffs: !options.some(({ name }) => name === "disable-file-column-diff"),
    configFile: last("config-file"),
    noDatabases: options.some(({ name }) => name === "no-dbs"),
    sync: {
      from: last("sync-from"),
      excluded: parseExcludedTables(last("sync-exclude-tables") ?? ""),
      active: options.some(({ name }) => name === "active"),
    },
  };
}

/** What a configuration file says instead. */
const configured: ReadonlySet<string> = new Set(["remote", "sync-from", "sync-exclude-tables", "active", "no-dbs"]);

function checkConfigFile(options: readonly ParsedOption[], operands: readonly string[]): void {
  if (!options.some(({ name }) => name === "config-file")) return;
  const other = options.find(({ name }) => configured.has(name));
  if (other) throw new UserError(`--config-file and --${other.name} are mutually exclusive`);
  if (operands.length > 0)
    throw new UserError("--config-file and databases on the command line are mutually exclusive");
}
