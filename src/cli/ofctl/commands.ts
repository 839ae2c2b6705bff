import { extensionCommands } from "./extension-commands.js";
import { flowCommands } from "./flow-commands.js";
import { flowSourceCommands } from "./flow-source-commands.js";
import { groupCommands } from "./group-commands.js";
import { listCommands } from "./list-commands.js";
import { meterCommands } from "./meter-commands.js";
import { monitorCommands } from "./monitor-commands.js";
import type { OfctlCommand } from "./ofctl-command.js";
import { packetCommands } from "./packet-commands.js";
import { parseCommands } from "./parse-commands.js";
import { portCommands } from "./port-commands.js";
import { printCommands } from "./print-commands.js";
import { switchCommands } from "./switch-commands.js";
import { tableCommands } from "./table-commands.js";

/** Every command of `ovs-ofctl`. */
export const ofctlCommands: readonly OfctlCommand[] = [
  ...switchCommands,
  ...monitorCommands,
  ...tableCommands,
  ...flowCommands,
  ...flowSourceCommands,
  ...groupCommands,
  ...meterCommands,
  ...portCommands,
  ...packetCommands,
  ...extensionCommands,
  ...printCommands,
  ...parseCommands,
  ...listCommands(() => ofctlCommands),
];
