import { flowMods } from "./flow-mods.js";
import { tables } from "./tables.js";
import { timeouts } from "./timeouts.js";
import type { PipelineScenarios } from "./scenarios.js";

/** Every family of scenarios by its name. */
export const families: Readonly<Record<string, PipelineScenarios>> = {
  "flow mods": flowMods,
  timeouts,
  tables,
};
