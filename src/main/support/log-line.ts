import { LevelLogger, type Log, type Logger, type MessageLevel, silentLog } from "#runtime/logger.js";

/** Takes a line for the log: its module, its level (`emer err warn info dbg`) and the text. */
export type LogLine = (module: string, level: MessageLevel, message: string) => void;

class LineLogger extends LevelLogger {
  readonly module: string;
  readonly #line: LogLine;

  constructor(module: string, line: LogLine) {
    super();
    this.module = module;
    this.#line = line;
  }

  isEnabled(level: MessageLevel): boolean {
    return level !== "dbg";
  }

  log(level: MessageLevel, message: string): void {
    if (this.isEnabled(level)) this.#line(this.module, level, message);
  }

  limited(): Logger {
    return this;
  }
}

/** A log that is a function; nowhere without one. */
export function logTo(line: LogLine | undefined): Log {
  return line ? { module: (name) => new LineLogger(name, line) } : silentLog;
}
