import type { CtlCommand } from "../db-ctl/command.js";
import { type ShowTable, showCommand } from "../db-ctl/commands/show.js";

const tables: readonly ShowTable[] = [
  { table: "Open_vSwitch", columns: ["manager_options", "bridges", "ovs_version"] },
  { table: "Bridge", name: "name", columns: ["controller", "fail_mode", "datapath_type", "ports"] },
  { table: "Port", name: "name", columns: ["tag", "trunks", "interfaces"] },
  { table: "Interface", name: "name", columns: ["type", "options", "error"] },
  { table: "Controller", name: "target", columns: ["is_connected"] },
  { table: "Manager", name: "target", columns: ["is_connected"] },
];

/** `show`: an overview of bridges, ports and interfaces. */
export const show: CtlCommand = showCommand(tables);
