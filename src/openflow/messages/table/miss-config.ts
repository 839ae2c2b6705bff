import type { MessageDecodeContext } from "../message.js";
import type { MissConfig } from "./features-model.js";

const missConfigs: readonly MissConfig[] = ["controller", "continue", "drop"];

/** What OpenFlow 1.1 and 1.2 say of packets that nothing matches. */
export function missOfConfig(config: number, warn: MessageDecodeContext["warn"]): MissConfig {
  const miss = missConfigs[config & 3];
  if (miss === undefined) warn("ofp_table", `bad table miss config ${config | 0}`);
  return miss ?? "controller";
}

/** The number of what `missOfConfig` reads. The default has one that upstream sends and does not take. */
export const configOfMiss = (miss: MissConfig): number => (miss === "default" ? 3 : missConfigs.indexOf(miss));
