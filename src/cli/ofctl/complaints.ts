import type { OfctlContext } from "./ofctl-command.js";

/** What upstream only mentions. */
const mentioned: ReadonlySet<string> = new Set(["ofp_match"]);

/** Takes what reading messages and flows complains of to the log, by the module that upstream has for it. */
export function complaints({ log }: Pick<OfctlContext, "log">): (module: string, text: string) => void {
  return (module, text) => {
    const logger = log.module(module);
    if (mentioned.has(module)) logger.info(text);
    else logger.warn(text);
  };
}
