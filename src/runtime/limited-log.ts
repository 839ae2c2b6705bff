import type { Log, Logger } from "./logger.js";

const limited = new WeakMap<Log, Map<string, Logger>>();

/**
 * A module's logger for complaints about peers, behind a limit that all users of a log share: a peer that comes back again and again cannot
 * flood it. `rate` is that of upstream's place for such complaints, in lines a minute and at once.
 */
export function limitedLog(log: Log, module: string, rate = 60): Logger {
  let loggers = limited.get(log);
  if (!loggers) {
    loggers = new Map();
    limited.set(log, loggers);
  }
  const key = `${module} ${rate}`;
  let logger = loggers.get(key);
  if (!logger) {
    logger = log.module(module).limited(rate, rate);
    loggers.set(key, logger);
  }
  return logger;
}
