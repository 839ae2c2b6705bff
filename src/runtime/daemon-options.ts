import type { Host } from "#host/host.js";
import { directories } from "./dirs.js";
import type { OptionRow, ParsedOption } from "./options.js";

/** The options that every daemon has, those of logging aside. */
export const daemonOptionRows: readonly OptionRow[] = [
  { name: "detach", argument: "none" },
  { name: "no-self-confinement", argument: "none", support: "accepted" },
  { name: "no-chdir", argument: "none" },
  { name: "pidfile", argument: "optional" },
  { name: "overwrite-pidfile", argument: "none" },
  { name: "monitor", argument: "none" },
  { name: "user", argument: "required" },
];

/** How a daemon shall live. */
export interface DaemonSettings {
  readonly detach: boolean;
  readonly monitor: boolean;
  readonly chdir: boolean;
  /** Undefined without a pidfile, empty for one of the default name. */
  readonly pidfile: string | undefined;
  readonly overwritePidfile: boolean;
  /** `USER[:GROUP]`. */
  readonly user: string | undefined;
}

/** Picks the daemon options out of a parsed command line. */
export function daemonSettings(options: readonly ParsedOption[]): DaemonSettings {
  const has = (name: string): boolean => options.some((o) => o.name === name);
  const last = (name: string): ParsedOption | undefined => options.findLast((o) => o.name === name);
  const pidfile = last("pidfile");
  return {
    detach: has("detach"),
    monitor: has("monitor"),
    chdir: !has("no-chdir"),
    pidfile: pidfile && (pidfile.value ?? ""),
    overwritePidfile: has("overwrite-pidfile"),
    user: last("user")?.value,
  };
}

/** True for an option that `daemonSettings` has dealt with. */
export function isDaemonOption(option: ParsedOption): boolean {
  return daemonOptionRows.some((row) => row.name === option.name);
}

/** The part of a help text that tells of them, as upstream prints it; it begins with an empty line. */
export function daemonUsage(program: string, host: Host): string {
  return `
Daemon options:
  --detach                run in background as daemon
  --monitor               creates a process to monitor this daemon
  --user=username[:group] changes the effective daemon user:group
  --no-chdir              do not chdir to '/'
  --pidfile[=FILE]        create pidfile (default: ${directories(host.process).run}/${program}.pid)
  --overwrite-pidfile     with --pidfile, start even if already running
`;
}
