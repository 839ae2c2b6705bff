import type { AppctlCommand } from "#runtime/command.js";
import type { Clock } from "#util/clock.js";
import type { Datapaths } from "../datapaths.js";
import { pmdImplementationCommands } from "./pmd-implementations.js";
import { pmdPerfLogCommand } from "./pmd-perf-log.js";
import { pmdQueueCommands } from "./pmd-queues.js";
import { pmdSleepCommand } from "./pmd-sleep.js";
import { pmdStatsCommands } from "./pmd-stats.js";

/** Commands on userspace datapaths; `[dp]` is a name without type. */
export function dpifNetdevCommands(datapaths: Datapaths, clock: Clock): AppctlCommand[] {
  return [
    ...pmdStatsCommands(datapaths, clock),
    ...pmdQueueCommands(datapaths),
    pmdPerfLogCommand(datapaths),
    pmdSleepCommand(datapaths),
    ...pmdImplementationCommands(datapaths),
  ];
}
