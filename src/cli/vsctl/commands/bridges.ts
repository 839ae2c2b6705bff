import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { CtlContext } from "../../db-ctl/context.js";
import { ExitNow } from "../../db-ctl/control.js";
import { type Bridge, type Model, modelOf, noteNewInterfaces } from "../model.js";
import { bridgeCommand } from "../needs.js";

const init = bridgeCommand({ name: "init", changes: true, run() {} });

const addBr = bridgeCommand({
  name: "add-br",
  changes: true,
  arguments: "!NEW-BRIDGE ?PARENT ?NEW-VLAN",
  options: ["may-exist"],
  run(context) {
    const [name = "", parentName, vlanText] = context.args;
    if (context.args.length === 2) throw new UserError("'add-br' command takes exactly 1 or 3 arguments");
    const vlan = vlanText === undefined ? 0 : Number.parseInt(vlanText, 10) || 0;
    if (vlan < 0 || vlan > 4095) throw new UserError("add-br: vlan must be between 0 and 4095");
    if (name === "") throw new UserError("bridge name must not be empty string");
    const model = modelOf(context);
    if (context.has("may-exist") && existsAsWanted(model, name, parentName, vlan)) return;
    model.checkFree(name, `cannot create a bridge named ${name}`);
    if (parentName === undefined) model.addBridge(name);
    else model.addFakeBridge(name, freeParent(model, parentName, vlan), vlan);
    noteNewInterfaces(context.txn, [name]);
  },
});

/** For `--may-exist`. Throws where a bridge of that name is of another kind. */
function existsAsWanted(model: Model, name: string, parent: string | undefined, vlan: number): boolean {
  const bridge = model.bridges.get(name);
  if (bridge === undefined) return false;
  const words = parent === undefined ? name : `${name} ${parent} ${vlan}`;
  const but = (text: string): UserError => new UserError(`"--may-exist add-br ${words}" but ${name} ${text}`);
  if (parent === undefined) {
    if (bridge.parent !== undefined) throw but(`is a VLAN bridge for VLAN ${bridge.vlan}`);
    return true;
  }
  if (bridge.parent === undefined) throw but("is not a VLAN bridge");
  if (bridge.parent.name !== parent) throw but(`has the wrong parent ${bridge.parent.name}`);
  if (bridge.vlan !== vlan) throw but(`is a VLAN bridge for the wrong VLAN ${bridge.vlan}`);
  return true;
}

function freeParent(model: Model, name: string, vlan: number): Bridge {
  const parent = model.bridges.get(name);
  if (parent?.parent !== undefined) throw new UserError("cannot create bridge with fake bridge as parent");
  if (parent === undefined) throw new UserError(`parent bridge ${name} does not exist`);
  const child = parent.children.get(vlan);
  if (child !== undefined) {
    throw new UserError(`bridge ${name} already has a child VLAN bridge ${child.name} on VLAN ${vlan}`);
  }
  return parent;
}

const delBr = bridgeCommand({
  name: "del-br",
  changes: true,
  arguments: "!BRIDGE",
  options: ["if-exists"],
  run(context) {
    const model = modelOf(context);
    const name = context.arg(0);
    const bridge = context.has("if-exists") ? model.bridges.get(name) : model.bridge(name);
    if (bridge !== undefined) model.deleteBridge(bridge);
  },
});

const listBr = bridgeCommand({
  name: "list-br",
  options: ["real", "fake"],
  run(context) {
    const real = context.has("real");
    const fake = context.has("fake");
    const wanted = (bridge: Bridge): boolean => real === fake || (bridge.parent === undefined) === real;
    printNames(
      context,
      [...modelOf(context).bridges.values()].filter(wanted).map((bridge) => bridge.name),
    );
  },
});

/** Prints names a line each, in byte order. */
export function printNames(context: CtlContext, names: readonly string[]): void {
  const sorted = [...names].sort();
  for (const name of sorted) context.print(name);
  context.output.setData(sorted);
}

const brExists = bridgeCommand({
  name: "br-exists",
  arguments: "!BRIDGE",
  run(context) {
    if (!modelOf(context).bridges.has(context.arg(0))) throw new ExitNow(2);
  },
});

const brToVlan = bridgeCommand({
  name: "br-to-vlan",
  arguments: "!BRIDGE",
  run(context) {
    const { vlan } = modelOf(context).bridge(context.arg(0));
    context.print(String(vlan));
    context.output.setData(vlan);
  },
});

const brToParent = bridgeCommand({
  name: "br-to-parent",
  arguments: "!BRIDGE",
  run(context) {
    const bridge = modelOf(context).bridge(context.arg(0));
    const { name } = bridge.parent ?? bridge;
    context.print(name);
    context.output.setData(name);
  },
});

export const bridgeCommands: readonly CtlCommand[] = [init, addBr, delBr, listBr, brExists, brToVlan, brToParent];
