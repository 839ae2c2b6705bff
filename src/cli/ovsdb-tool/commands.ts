import { clusterCommands } from "./cluster-commands.js";
import { compareVersions } from "./compare-versions.js";
import { create } from "./create.js";
import { dataCommands } from "./data-commands.js";
import { describeCommands } from "./describe-commands.js";
import { showLog } from "./show-log.js";
import type { ToolCommand } from "./tool-command.js";

/** Every command of `ovsdb-tool`. */
export const toolCommands: readonly ToolCommand[] = [
  create,
  ...dataCommands,
  ...describeCommands,
  compareVersions,
  showLog,
  ...clusterCommands,
];
