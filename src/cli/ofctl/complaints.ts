import type { Vlog } from "#runtime/vlog.js";
import type { OfctlContext } from "./ofctl-command.js";

/** What upstream only mentions: that a flow is not in normal form, three lines each. */
const isMention = (module: string, text: string): boolean =>
  module === "ofp_match" && /^(normalization | pre: |post: )/.test(text);

/** So many complaints of a module come at once; then one a second. */
const BURST = 5;
const RATE = 60;

type Logger = ReturnType<ReturnType<Vlog["module"]>["limited"]>;

/** Of each log, the modules' loggers. */
const limited = new WeakMap<Vlog, Map<string, Logger>>();

function loggerOf(log: Vlog, module: string, lines: number): Logger {
  const loggers = limited.get(log) ?? new Map<string, Logger>();
  limited.set(log, loggers);
  const key = `${module} ${lines}`;
  const logger = loggers.get(key) ?? log.module(module).limited(RATE * lines, BURST * lines);
  loggers.set(key, logger);
  return logger;
}

/** Takes what reading messages and flows complains of to the log, by the module that upstream has for it, and no more often than upstream. */
export function complaints({ log }: Pick<OfctlContext, "log">): (module: string, text: string, level?: "info") => void {
  return (module, text, level) => {
    if (text.startsWith("ct action doesn't")) log.module(module).warn(text);
    else if (isMention(module, text)) loggerOf(log, module, 3).info(text);
    else loggerOf(log, module, 1)[level ?? "warn"](text);
  };
}
