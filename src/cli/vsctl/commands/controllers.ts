import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { Needs } from "../../db-ctl/needs.js";
import { modelOf, text } from "../model.js";
import { bridgeCommand } from "../needs.js";
import { deleteTargets, printTargets, replaceTargets } from "../targets.js";

function needControllers(_call: unknown, needs: Needs): void {
  needs.add("Bridge", "controller", "fail_mode");
  needs.add("Controller", "target", "inactivity_probe");
}

const getController = bridgeCommand({
  name: "get-controller",
  arguments: "!BRIDGE",
  needs: needControllers,
  run(context) {
    printTargets(context, modelOf(context).bridge(context.arg(0)).row, "controller", "Controller");
  },
});

const delController = bridgeCommand({
  name: "del-controller",
  changes: true,
  arguments: "!BRIDGE",
  needs: needControllers,
  run(context) {
    deleteTargets(context, modelOf(context).realBridge(context.arg(0)).row, "controller", "Controller");
  },
});

const setController = bridgeCommand({
  name: "set-controller",
  changes: true,
  arguments: "!BRIDGE +TARGET",
  options: ["inactivity-probe="],
  minArgs: 1,
  needs: needControllers,
  run(context) {
    const { row } = modelOf(context).realBridge(context.arg(0));
    replaceTargets(context, row, "controller", "Controller", context.args.slice(1));
  },
});

const getFailMode = bridgeCommand({
  name: "get-fail-mode",
  arguments: "!BRIDGE",
  needs: needControllers,
  run(context) {
    const mode = modelOf(context).bridge(context.arg(0)).row.one("fail_mode");
    if (mode !== undefined) context.print(String(mode));
    context.output.setData(mode ?? null);
  },
});

const delFailMode = bridgeCommand({
  name: "del-fail-mode",
  changes: true,
  arguments: "!BRIDGE",
  needs: needControllers,
  run(context) {
    modelOf(context).realBridge(context.arg(0)).row.set("fail_mode", { keys: [], values: undefined });
  },
});

const setFailMode = bridgeCommand({
  name: "set-fail-mode",
  changes: true,
  arguments: "!BRIDGE !MODE",
  needs: needControllers,
  run(context) {
    const { row } = modelOf(context).realBridge(context.arg(0));
    const mode = context.arg(1);
    if (mode !== "standalone" && mode !== "secure") {
      throw new UserError('fail-mode must be "standalone" or "secure"');
    }
    row.set("fail_mode", text(mode));
  },
});

export const controllerCommands: readonly CtlCommand[] = [
  getController,
  delController,
  setController,
  getFailMode,
  delFailMode,
  setFailMode,
];
