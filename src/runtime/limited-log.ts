import type { Log, Logger } from "./logger.js";

const limited = new WeakMap<Log, Map<string, Logger>>();

/**
 * A module's logger for complaints about peers, behind a limit that all users of a log share: a peer that comes back again and again cannot
 * flood it.
 */
export function limitedLog(log: Log, module: string): Logger {
  let loggers = limited.get(log);
  if (!loggers) {
    loggers = new Map();
    limited.set(log, loggers);
  }
  let logger = loggers.get(module);
  if (!logger) {
    logger = log.module(module).limited(60, 60);
    loggers.set(module, logger);
  }
  return logger;
}
