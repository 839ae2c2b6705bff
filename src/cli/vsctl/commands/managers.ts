import type { CtlCommand } from "../../db-ctl/command.js";
import type { Needs } from "../../db-ctl/needs.js";
import { modelOf } from "../model.js";
import { bridgeCommand } from "../needs.js";
import { deleteTargets, printTargets, replaceTargets } from "../targets.js";

function needManagers(_call: unknown, needs: Needs): void {
  needs.add("Open_vSwitch", "manager_options");
  needs.add("Manager", "target", "inactivity_probe");
}

const getManager = bridgeCommand({
  name: "get-manager",
  needs: needManagers,
  run(context) {
    printTargets(context, modelOf(context).root, "manager_options", "Manager");
  },
});

const delManager = bridgeCommand({
  name: "del-manager",
  changes: true,
  needs: needManagers,
  run(context) {
    deleteTargets(context, modelOf(context).root, "manager_options", "Manager");
  },
});

const setManager = bridgeCommand({
  name: "set-manager",
  changes: true,
  arguments: "+TARGET",
  options: ["inactivity-probe="],
  needs: needManagers,
  run(context) {
    replaceTargets(context, modelOf(context).root, "manager_options", "Manager", context.args);
  },
});

export const managerCommands: readonly CtlCommand[] = [getManager, delManager, setManager];
