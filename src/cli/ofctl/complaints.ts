import type { OfctlContext } from "./ofctl-command.js";

/** What upstream only mentions: that a flow is not in normal form. */
const isMention = (module: string, text: string): boolean =>
  module === "ofp_match" && /^(normalization | pre: |post: )/.test(text);

/** Takes what reading messages and flows complains of to the log, by the module that upstream has for it. */
export function complaints({ log }: Pick<OfctlContext, "log">): (module: string, text: string) => void {
  return (module, text) => {
    const logger = log.module(module);
    if (isMention(module, text)) logger.info(text);
    else logger.warn(text);
  };
}
