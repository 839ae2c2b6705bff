import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import { assign, needAssignments } from "../../db-ctl/commands/set.js";
import type { CtlContext } from "../../db-ctl/context.js";
import type { Needs } from "../../db-ctl/needs.js";
import { type Model, modelOf, noteNewInterfaces, type Port } from "../model.js";
import { bridgeCommand } from "../needs.js";
import { printNames } from "./bridges.js";

const listPorts = bridgeCommand({
  name: "list-ports",
  arguments: "!BRIDGE",
  run(context) {
    printNames(context, [...modelOf(context).bridge(context.arg(0)).ports.keys()]);
  },
});

/** What `add-port` and `add-bond` are asked for. */
interface NewPort {
  readonly bridge: string;
  readonly name: string;
  readonly interfaces: readonly string[];
  readonly settings: readonly string[];
  readonly fakeInterface: boolean;
  /** The command as messages quote it. */
  readonly words: string;
}

function addNewPort(context: CtlContext, wanted: NewPort): void {
  const model = modelOf(context);
  if (context.has("may-exist") && existsAsWanted(model, wanted)) return;
  const { name, interfaces } = wanted;
  if (name === "") throw new UserError("port name must not be empty string");
  model.checkFree(name, `cannot create a port named ${name}`);
  // A port's only interface may have the port's own name.
  for (const iface of interfaces) if (iface !== name) checkInterface(model, iface);
  const port = model.addPort(model.bridge(wanted.bridge), name, interfaces);
  if (wanted.fakeInterface) port.row.set("bond_fake_iface", { keys: [true], values: undefined });
  for (const setting of wanted.settings) assign(context, port.row, setting);
  if (movedElsewhere(port, name)) context.changed("Port");
  noteNewInterfaces(context.txn, interfaces);
}

/** Whether a port's settings have made it another, or another bridge's. */
function movedElsewhere(port: Port, name: string): boolean {
  const { row, bridge } = port;
  const tag = row.one("tag");
  const child = (bridge.parent ?? bridge).children.get(Number(tag ?? -1));
  const home = child ?? bridge.parent ?? bridge;
  return row.text("name") !== name || row.one("fake_bridge") === true || home !== bridge;
}

/** Throws where an interface of that name cannot be added. */
export function checkInterface(model: Model, name: string): void {
  model.checkFree(name, `cannot create an interface named ${name}`);
}

/** For `--may-exist`. Throws where a port of that name is on another bridge or has other interfaces. */
function existsAsWanted(model: Model, wanted: NewPort): boolean {
  const port = model.ports.get(wanted.name);
  if (port === undefined) return false;
  const but = (text: string): UserError =>
    new UserError(`"--may-exist ${wanted.words}" but ${wanted.name} actually ${text}`);
  if (port.bridge.name !== wanted.bridge) {
    throw new UserError(
      `"--may-exist ${wanted.words}" but ${wanted.name} is actually attached to bridge ${port.bridge.name}`,
    );
  }
  const actual = [...port.interfaces.keys()].sort();
  if (actual.join("\n") !== [...wanted.interfaces].sort().join("\n")) {
    throw but(`has interface(s) ${actual.join(", ")}`);
  }
  return true;
}

function needSettings(needs: Needs, settings: readonly string[]): void {
  needs.add("Port", "bond_fake_iface");
  needAssignments(needs, needs.schema.table("Port"), settings);
}

const addPort = bridgeCommand({
  name: "add-port",
  changes: true,
  arguments: "!BRIDGE !NEW-PORT *COLUMN?:KEY=VALUE",
  options: ["may-exist"],
  needs: (call, needs) => needSettings(needs, call.args.slice(2)),
  run(context) {
    const [bridge = "", name = "", ...settings] = context.args;
    const words = `add-port ${bridge} ${name}`;
    addNewPort(context, { bridge, name, interfaces: [name], settings, fakeInterface: false, words });
  },
});

/** The first argument of `add-bond` that is a setting. */
function settingsStart(args: readonly string[]): number {
  const at = args.findIndex((arg, i) => i >= 2 && arg.includes("="));
  return at < 0 ? args.length : at;
}

const addBond = bridgeCommand({
  name: "add-bond",
  changes: true,
  arguments: "!BRIDGE !BOND +IFACE *COLUMN?:KEY=VALUE",
  options: ["may-exist", "fake-iface"],
  minArgs: 4,
  needs(call, needs) {
    const start = settingsStart(call.args);
    if (start < 4) throw new UserError(`add-bond requires at least 2 interfaces, but only ${start - 2} were specified`);
    needSettings(needs, call.args.slice(start));
  },
  run(context) {
    const start = settingsStart(context.args);
    const [bridge = "", name = ""] = context.args;
    const interfaces = context.args.slice(2, start);
    addNewPort(context, {
      bridge,
      name,
      interfaces,
      settings: context.args.slice(start),
      fakeInterface: context.has("fake-iface"),
      words: `add-bond ${bridge} ${name} ${interfaces.join(" ")}`,
    });
  },
});

const delPort = bridgeCommand({
  name: "del-port",
  changes: true,
  arguments: "?BRIDGE !PORT|IFACE",
  options: ["if-exists", "with-iface"],
  run(context) {
    const model = modelOf(context);
    const port = findPort(context, model, context.args.at(-1) ?? "");
    if (port === undefined) return;
    if (context.args.length === 2) checkOnBridge(model, port, context.arg(0));
    model.deletePort(port);
  },
});

function findPort(context: CtlContext, model: Model, name: string): Port | undefined {
  const withInterface = context.has("with-iface");
  const port = model.ports.get(name) ?? (withInterface ? model.interfaces.get(name)?.port : undefined);
  if (port !== undefined || context.has("if-exists")) return port;
  if (model.bridges.has(name)) {
    throw new UserError(
      `cannot delete port ${name} because it is the local port for bridge ${name}` +
        " (deleting this port requires deleting the entire bridge)",
    );
  }
  throw new UserError(`no port${withInterface ? " or interface" : ""} named ${name}`);
}

function checkOnBridge(model: Model, port: Port, name: string): void {
  const bridge = model.bridge(name);
  if (port.bridge === bridge) return;
  const where = port.bridge;
  const hint = where.parent === bridge ? ` (although its child bridge ${where.name} does)` : "";
  throw new UserError(`bridge ${name} does not have a port ${port.name}${hint}`);
}

const portToBr = bridgeCommand({
  name: "port-to-br",
  arguments: "!PORT",
  run(context) {
    const { name } = modelOf(context).port(context.arg(0)).bridge;
    context.print(name);
    context.output.setData(name);
  },
});

export const portCommands: readonly CtlCommand[] = [listPorts, addPort, addBond, delPort, portToBr];
