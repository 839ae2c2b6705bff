import { strftime } from "#util/strftime.js";
import type { MessageLevel } from "./logger.js";
import { syslogSeverity } from "./syslog-facility.js";

/** One message with all that a pattern may show of it. */
export interface LogRecord {
  readonly level: MessageLevel;
  readonly module: string;
  readonly message: string;
  /** Serial number in this run, from 1. */
  readonly serial: number;
  /** Milliseconds since the Unix epoch. */
  readonly wall: number;
}

/** What a pattern may show of the program. */
export interface LogOrigin {
  readonly program: string;
  readonly pid: number;
  readonly hostname: string;
  /** Name of the process or thread: empty for the main one, else such as `monitor`. */
  readonly subprogram: string;
  /** Wall time of the start. */
  readonly started: number;
  /** RFC 5424 facility number. */
  readonly facility: number;
}

const defaultTime = "%Y-%m-%d %H:%M:%S.###";

function conversion(c: string, time: string | undefined, record: LogRecord, origin: LogOrigin): string {
  switch (c) {
    case "A":
      return origin.program;
    case "B":
      return String(origin.facility * 8 + syslogSeverity[record.level]);
    case "c":
      return record.module;
    case "d":
      return strftime(time ?? defaultTime, record.wall, false);
    case "D":
      return strftime(time ?? defaultTime, record.wall, true);
    case "E":
      return origin.hostname;
    case "m":
      return record.message;
    case "n":
      return "\n";
    case "N":
      return String(record.serial);
    case "p":
      return record.level.toUpperCase();
    case "P":
      return String(origin.pid);
    case "r":
      return String(Math.floor(record.wall - origin.started));
    case "t":
      return origin.subprogram === "" ? "main" : origin.subprogram;
    case "T":
      return origin.subprogram === "" ? "" : `(${origin.subprogram})`;
    default:
      return c;
  }
}

/**
 * Formats a message by a pattern of ovs-appctl(8) "vlog/set PATTERN": `%`, then `-` for left justification, `0` for padding with
 * zeros, a width, and the conversion. An unknown conversion stands for its own letter.
 */
export function formatRecord(pattern: string, record: LogRecord, origin: LogOrigin): string {
  return pattern.replace(
    /%(-?)(0?)(\d*)(?:([dD])\{([^}]*)\}|([\s\S])|$)/g,
    (_all, left: string, zero: string, width: string, timeLetter?: string, time?: string, letter?: string) => {
      const text = conversion(timeLetter ?? letter ?? "", time, record, origin);
      const size = Math.min(Number(width), 1000);
      const fill = zero === "" ? " " : "0";
      return left === "" ? text.padStart(size, fill) : text.padEnd(size, fill);
    },
  );
}
