import type { MessageLevel } from "./logger.js";

/** Facilities of RFC 5424 table 1 by the names that `FACILITY:` takes; the place is the number. */
const facilities: readonly string[] = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "clock",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "clock2",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
];

/** The number of a facility; `local0` is 16, since RFC 5424 gives 9 and 15 to two clock daemons. */
export function facilityNumber(name: string): number | undefined {
  const at = facilities.indexOf(name.toLowerCase());
  if (at < 0) return undefined;
  return at >= facilities.indexOf("clock2") ? at + 1 : at;
}

/** Severities of RFC 5424 table 2; upstream sends what it calls info as a notice. */
export const syslogSeverity: Readonly<Record<MessageLevel, number>> = { emer: 1, err: 3, warn: 4, info: 5, dbg: 7 };
