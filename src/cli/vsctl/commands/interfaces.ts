import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import { modelOf, noteNewInterfaces } from "../model.js";
import { bridgeCommand } from "../needs.js";
import { printNames } from "./bridges.js";
import { checkInterface } from "./ports.js";

const addBondIface = bridgeCommand({
  name: "add-bond-iface",
  changes: true,
  arguments: "!BOND !IFACE",
  options: ["may-exist"],
  run(context) {
    const model = modelOf(context);
    const [bond = "", name = ""] = context.args;
    const port = model.port(bond);
    const existing = context.has("may-exist") ? model.interfaces.get(name) : undefined;
    if (existing !== undefined) {
      if (existing.port === port) return;
      throw new UserError(
        `"--may-exist add-bond-iface ${bond} ${name}" but ${name} is actually attached to port ${existing.port.name}`,
      );
    }
    checkInterface(model, name);
    model.addInterface(port, name);
    noteNewInterfaces(context.txn, [name]);
  },
});

const delBondIface = bridgeCommand({
  name: "del-bond-iface",
  changes: true,
  arguments: "?BOND !IFACE",
  options: ["if-exists"],
  run(context) {
    const model = modelOf(context);
    const name = context.args.at(-1) ?? "";
    const found = context.has("if-exists") ? model.interfaces.get(name) : model.interface(name);
    if (found === undefined) return;
    if (context.args.length === 2 && model.port(context.arg(0)) !== found.port) {
      throw new UserError(`port ${context.arg(0)} does not have an interface ${name}`);
    }
    if (found.port.interfaces.size === 1) {
      throw new UserError(`cannot delete last interface from port ${found.port.name}`);
    }
    model.deleteInterface(found);
  },
});

const listIfaces = bridgeCommand({
  name: "list-ifaces",
  arguments: "!BRIDGE",
  run(context) {
    const { ports } = modelOf(context).bridge(context.arg(0));
    printNames(
      context,
      [...ports.values()].flatMap((port) => [...port.interfaces.keys()]),
    );
  },
});

const ifaceToBr = bridgeCommand({
  name: "iface-to-br",
  arguments: "!IFACE",
  run(context) {
    const { name } = modelOf(context).interface(context.arg(0)).port.bridge;
    context.print(name);
    context.output.setData(name);
  },
});

export const interfaceCommands: readonly CtlCommand[] = [addBondIface, delBondIface, listIfaces, ifaceToBr];
