import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { directories } from "#runtime/dirs.js";
import { versionText } from "#util/version.js";
import type { CtlCommand } from "../db-ctl/command.js";
import { databaseCommands } from "../db-ctl/commands/database-commands.js";
import { type CtlProgram, runCtl } from "../db-ctl/program.js";
import type { ToolIo } from "../io.js";
import { autoAttachCommands } from "./commands/auto-attach.js";
import { bridgeCommands } from "./commands/bridges.js";
import { controllerCommands } from "./commands/controllers.js";
import { emerReset } from "./commands/emer-reset.js";
import { externalIdCommands } from "./commands/external-ids.js";
import { interfaceCommands } from "./commands/interfaces.js";
import { managerCommands } from "./commands/managers.js";
import { portCommands } from "./commands/ports.js";
import { sslCommands } from "./commands/ssl.js";
import { zoneCommands } from "./commands/zones.js";
import { helpText } from "./help.js";
import { newInterfaces } from "./model.js";
import { recordNames } from "./record-names.js";
import { show } from "./show.js";

/** All commands of `ovs-vsctl`; their options are known to the parser in this order. */
export const vsctlCommands: readonly CtlCommand[] = [
  ...databaseCommands,
  ...bridgeCommands,
  ...externalIdCommands,
  ...portCommands,
  ...interfaceCommands,
  ...controllerCommands,
  ...managerCommands,
  ...sslCommands,
  ...autoAttachCommands,
  ...zoneCommands,
  emerReset,
  show,
];

const program: CtlProgram = {
  name: "ovs-vsctl",
  logModule: "vsctl",
  schema: openVSwitchDeclaration,
  commands: vsctlCommands,
  names: recordNames,
  help: helpText,
  version: () => versionText("ovs-vsctl", `DB Schema ${openVSwitchDeclaration.version}`),
  rootTable: "Open_vSwitch",
  counter: { table: "Open_vSwitch", next: "next_cfg", current: "cur_cfg" },
  needProblems(needs) {
    needs.add("Interface", "name", "ofport", "error");
  },
  problems(txn, now, io) {
    const rows = new Map(now.rows("Interface").map((row) => [row.text("name"), row]));
    const lines = newInterfaces(txn).flatMap((name) => {
      const row = rows.get(name);
      const ofport = row?.one("ofport");
      if (!row || (ofport !== undefined && ofport !== -1)) return [];
      const error = row.one("error");
      const why = error === undefined ? "" : `: ${error}`;
      return [`Error detected while setting up '${name}'${why}.  See ovs-vswitchd log for details.`];
    });
    if (lines.length === 0) return [];
    return [...lines, `The default log directory is "${directories(io.host.process).log}".`];
  },
};

/** `ovs-vsctl`: gives the exit status. */
export function main(argv: readonly string[], io: ToolIo): Promise<number> {
  return runCtl(program, argv, io);
}
