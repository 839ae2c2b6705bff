import { LevelLogger, type Log, type Logger, type MessageLevel } from "./logger.js";

/** A log that keeps its lines as `module|LEVEL|message`, for tests. Nothing is limited. */
export interface RecordingLog extends Log {
  readonly lines: string[];
}

/** Records messages of every level. */
export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  return { lines, module: (name) => new Recorder(name, lines) };
}

class Recorder extends LevelLogger {
  readonly module: string;
  readonly #lines: string[];

  constructor(module: string, lines: string[]) {
    super();
    this.module = module;
    this.#lines = lines;
  }

  isEnabled(): boolean {
    return true;
  }

  log(level: MessageLevel, message: string): void {
    this.#lines.push(`${this.module}|${level.toUpperCase()}|${message}`);
  }

  limited(): Logger {
    return this;
  }
}
