import { LevelLogger, type Log, type Logger, type MessageLevel, severity } from "./logger.js";

/** A log that keeps its lines as `module|LEVEL|message`, for tests. Nothing is limited. */
export interface RecordingLog extends Log {
  readonly lines: string[];
}

/** Records messages of every level, or of `least` and above. */
export function recordingLog(least: MessageLevel = "dbg"): RecordingLog {
  const lines: string[] = [];
  return { lines, module: (name) => new Recorder(name, lines, least) };
}

class Recorder extends LevelLogger {
  readonly module: string;
  readonly #lines: string[];
  readonly #least: MessageLevel;

  constructor(module: string, lines: string[], least: MessageLevel) {
    super();
    this.module = module;
    this.#lines = lines;
    this.#least = least;
  }

  isEnabled(level: MessageLevel): boolean {
    return severity[level] <= severity[this.#least];
  }

  log(level: MessageLevel, message: string): void {
    if (this.isEnabled(level)) this.#lines.push(`${this.module}|${level.toUpperCase()}|${message}`);
  }

  limited(): Logger {
    return this;
  }
}
