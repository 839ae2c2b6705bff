import { clusterCommands } from "./cluster-commands.js";
import { compareVersions } from "./compare-versions.js";
import { create } from "./create.js";
import { dataCommands } from "./data-commands.js";
import { describeCommands } from "./describe-commands.js";
import { showLog } from "./show-log.js";
import type { ToolCommand } from "./tool-command.js";

const help: ToolCommand = {
  name: "help",
  usage: "",
  minArgs: 0,
  maxArgs: Number.POSITIVE_INFINITY,
  run({ io, help: text }) {
    io.stdout(text());
    return 0;
  },
};

const listCommands: ToolCommand = {
  name: "list-commands",
  usage: "",
  minArgs: 0,
  maxArgs: Number.POSITIVE_INFINITY,
  run({ answer }) {
    const lines = toolCommands.map(({ name, usage }) => `  ${name.padEnd(23)} ${usage}\n`);
    answer(
      toolCommands.map(({ name, usage }) => ({ name, usage })),
      `The available commands are:\n${lines.join("")}`,
    );
    return 0;
  },
};

/** The order of upstream's list. */
const order: readonly string[] = (
  "create create-cluster join-cluster compact convert needs-conversion db-name db-version db-cksum db-cid db-sid " +
  "db-local-address db-is-clustered db-is-standalone schema-name schema-version schema-cksum query transact show-log " +
  "check-cluster compare-versions help list-commands cluster-to-standalone"
).split(" ");

/** Every command of `ovsdb-tool`. */
export const toolCommands: readonly ToolCommand[] = [
  create,
  ...dataCommands,
  ...describeCommands,
  compareVersions,
  showLog,
  ...clusterCommands,
  help,
  listCommands,
].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
