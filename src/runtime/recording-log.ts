import type { Log, Logger, MessageLevel } from "./logger.js";

/** A log that keeps its lines as `module|LEVEL|message`, for tests. Nothing is limited. */
export interface RecordingLog extends Log {
  readonly lines: string[];
}

/** Records messages up to `level` dbg unless told otherwise. */
export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  return { lines, module: (name) => recorder(name, lines) };
}

function recorder(module: string, lines: string[]): Logger {
  const log = (level: MessageLevel, message: string): void => {
    lines.push(`${module}|${level.toUpperCase()}|${message}`);
  };
  const logger: Logger = {
    module,
    isEnabled: () => true,
    log,
    emer: (message) => log("emer", message),
    err: (message) => log("err", message),
    warn: (message) => log("warn", message),
    info: (message) => log("info", message),
    dbg: (message) => log("dbg", message),
    limited: () => logger,
  };
  return logger;
}
