import type { ClientCommand } from "./client-command.js";
import { convertCommands } from "./convert.js";
import { dump } from "./dump.js";
import { lockCommands } from "./lock.js";
import { monitorCommands } from "./monitor.js";
import { schemaCommands } from "./schema-commands.js";
import { transactCommands } from "./transact.js";
import { wait } from "./wait.js";

/** `backup` and `restore` work on database files, the code for which is loaded when they are called. */
const fileCommands: readonly ClientCommand[] = [
  {
    name: "backup",
    usage: "[server] [database] > snapshot",
    minArgs: 0,
    maxArgs: 0,
    on: "database",
    run: async (context) => (await import("./backup.js")).backup(context),
  },
  {
    name: "restore",
    usage: "[server] [database] < snapshot",
    minArgs: 0,
    maxArgs: 0,
    on: "database",
    run: async (context) => (await import("./restore.js")).restore(context),
  },
];

const help: ClientCommand = {
  name: "help",
  usage: "",
  minArgs: 0,
  maxArgs: Number.POSITIVE_INFINITY,
  on: "nothing",
  run: async ({ io }) => io.stdout((await import("./help.js")).helpText(io)),
};

/** Every command of `ovsdb-client`. */
export const clientCommands: readonly ClientCommand[] = [
  ...schemaCommands,
  ...transactCommands,
  ...monitorCommands,
  ...convertCommands,
  wait,
  dump,
  ...fileCommands,
  ...lockCommands,
  help,
];
