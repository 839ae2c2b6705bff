import { bridgeScenarios } from "./bridges.js";
import { commandLineScenarios } from "./command-line.js";
import { databaseScenarios } from "./database.js";
import { mixedScenarios } from "./mixed.js";
import type { Scenario } from "./scenario.js";
import { tableScenarios } from "./tables.js";

/** Every scenario, in the order in which they are recorded. */
export const scenarios: readonly Scenario[] = [
  ...commandLineScenarios,
  ...bridgeScenarios,
  ...databaseScenarios,
  ...tableScenarios,
  ...mixedScenarios,
];
