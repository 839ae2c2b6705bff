import type { Host } from "#host/host.js";
import { UserError } from "#util/errors.js";
import { directories } from "./dirs.js";
import { ToldError } from "./end-reason.js";
import type { OptionRow, ParsedOption } from "./options.js";
import { Vlog } from "./vlog.js";
import { vlogModules } from "./vlog-modules.js";

/** The logging options that every program has. */
export const vlogOptionRows: readonly OptionRow[] = [
  { name: "verbose", short: "v", argument: "optional" },
  { name: "log-file", argument: "optional" },
  { name: "syslog-method", argument: "required" },
  { name: "syslog-target", argument: "required" },
];

/** A tool's log: as a daemon's, but the console shows warnings and worse only. */
export function createToolLog(program: string, host: Host): Vlog {
  const vlog = new Vlog(host, { program, modules: vlogModules });
  vlog.setLevel(undefined, "console", "warn");
  return vlog;
}

/**
 * Applies one of the logging options, in its place among others; false where it is none. Throws `UserError`, or `ToldError` where a log
 * file that was named cannot be opened; without the default one a program goes on.
 */
export function applyVlogOption(vlog: Vlog, option: ParsedOption): boolean {
  switch (option.name) {
    case "verbose":
      try {
        vlog.set(option.value ?? "");
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw new UserError(`processing "${option.value ?? ""}": ${error.message}`);
      }
      return true;
    case "log-file":
      if (vlog.openFile(option.value ?? vlog.defaultFile) !== undefined && option.value !== undefined) {
        throw new ToldError(`${option.value} cannot be opened`);
      }
      return true;
    case "syslog-method":
      vlog.setSyslogMethod(option.value ?? "");
      return true;
    case "syslog-target":
      vlog.setSyslogTarget(option.value ?? "");
      return true;
    default:
      return false;
  }
}

/** The part of a help text that tells of them, as upstream prints it; it begins with an empty line. */
export function vlogUsage(program: string, host: Host): string {
  return `
Logging options:
  -vSPEC, --verbose=SPEC   set logging levels
  -v, --verbose            set maximum verbosity level
  --log-file[=FILE]        enable logging to specified FILE
                           (default: ${directories(host.process).log}/${program}.log)
  --syslog-method=(libc|unix:file|udp:ip:port)
                           specify how to send messages to syslog daemon
  --syslog-target=HOST:PORT  also send syslog msgs to HOST:PORT via UDP
`;
}
