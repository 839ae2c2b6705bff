import type { AppctlCommand } from "#runtime/command.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { Datapath, DatapathPort } from "../datapath.js";
import type { Device } from "../device.js";
import { tunnelDevices } from "../devices/tunnel-device.js";
import { type DpctlHost, dpctlError, errorText, takeOptions } from "./dpctl-arguments.js";

interface InterfaceArgument {
  readonly name: string;
  readonly type: string | undefined;
  readonly portNumber: number | undefined;
  readonly options: ReadonlyMap<string, string>;
}

/** `NAME[,type=TYPE][,port_no=N][,OPTION=VALUE]…` */
function parseInterface(text: string): InterfaceArgument {
  const [name, ...settings] = text.split(",");
  let type: string | undefined;
  let portNumber: number | undefined;
  const options = new Map<string, string>();
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const key = at < 0 ? setting : setting.slice(0, at);
    const value = at < 0 ? "" : setting.slice(at + 1);
    if (key === "type") type = value;
    else if (key === "port_no") portNumber = Number.parseInt(value, 10) || 0;
    else options.set(key, value);
  }
  return { name: name ?? "", type, portNumber, options };
}

/** Devices these commands opened, which they must close. */
const opened = new WeakSet<Device>();

function open(host: DpctlHost, name: string): Datapath {
  try {
    return host.datapaths.byName(name);
  } catch (error) {
    throw dpctlError("opening datapath", error);
  }
}

function addInterface(host: DpctlHost, dp: Datapath, text: string): void {
  const { name, type, portNumber, options } = parseInterface(text);
  const full = `${dp.type}@${dp.name}`;
  const known = dp.portByName(name);
  if (known !== undefined) throw dpctlError(`adding ${name} to ${full} failed (${errnoText("EEXIST")})`);
  let device: Device;
  try {
    const deviceClass = host.datapaths.class(dp.type)?.deviceClass(type ?? "system") ?? tunnelDevices.get(type ?? "");
    const code = type === undefined ? "ENODEV" : "EAFNOSUPPORT";
    if (deviceClass === undefined) throw new HostError(name, code, errnoNumber(code), errnoText(code));
    device = deviceClass.open(name, options);
  } catch (error) {
    throw dpctlError(`${name}: failed to open network device (${errorText(error)})`);
  }
  try {
    dp.addPort(device, portNumber);
    opened.add(device);
  } catch (error) {
    device.close();
    throw dpctlError(`adding ${name} to ${full} failed (${errorText(error)})`);
  }
}

function findPort(dp: Datapath, text: string): DatapathPort {
  const port = /^\d+$/.test(text) ? dp.port(Number(text)) : dp.portByName(text);
  if (port === undefined) throw dpctlError(`no port named ${text}`);
  return port;
}

function removeInterface(dp: Datapath, text: string): void {
  const port = findPort(dp, text);
  if (port.number === 0) {
    throw dpctlError(`deleting port ${text} from ${dp.type}@${dp.name} failed (${errnoText("EINVAL")})`);
  }
  dp.removePort(port.number);
  if (opened.delete(port.device)) port.device.close();
}

function setInterface(dp: Datapath, text: string): void {
  const { name, type, portNumber, options } = parseInterface(text);
  const port = dp.portByName(name);
  if (port === undefined) {
    throw dpctlError(`${name}: failed to query port in ${dp.type}@${dp.name} (${errnoText("ENODEV")})`);
  }
  if (type !== undefined && type !== port.type) {
    throw dpctlError(`${name}: can't change type from ${port.type} to ${type}`);
  }
  if (portNumber !== undefined && portNumber !== port.number) {
    throw dpctlError(`${name}: can't change port number from ${port.number} to ${portNumber}`);
  }
  if (options.size > 0) port.device.setOptions(new Map([...port.device.options(), ...options]));
}

/** Does all of them; those that fail are told together. */
function forEach(texts: readonly string[], act: (text: string) => void): string {
  const errors: string[] = [];
  for (const text of texts) {
    try {
      act(text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(error.message);
    }
  }
  if (errors.length > 0) throw new UserError(errors.join("\n"));
  return "";
}

/** Commands that make and unmake datapaths and their ports. */
export function dpctlPortCommands(host: DpctlHost): AppctlCommand[] {
  const many = (verb: string, act: (dp: Datapath, text: string) => void): AppctlCommand => ({
    name: `dpctl/${verb}-if`,
    usage: "dp iface...",
    minArgs: 2,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (args) => {
      const [name, ...texts] = takeOptions(args).rest;
      const dp = open(host, name ?? "");
      return forEach(texts, (text) => act(dp, text));
    },
  });
  return [
    {
      name: "dpctl/add-dp",
      usage: "dp [iface...]",
      minArgs: 1,
      maxArgs: Number.POSITIVE_INFINITY,
      run: (args) => {
        const [name, ...texts] = takeOptions(args).rest;
        let dp: Datapath;
        try {
          dp = host.datapaths.add(name ?? "");
          // No bridge tells it settings: it is as they are by default.
          dp.setOptions(new Map());
        } catch (error) {
          throw dpctlError("add_dp", error);
        }
        return forEach(texts, (text) => addInterface(host, dp, text));
      },
    },
    {
      name: "dpctl/del-dp",
      usage: "dp",
      minArgs: 1,
      maxArgs: 1,
      run: (args) => {
        const dp = open(host, takeOptions(args).rest[0] ?? "");
        // As upstream, one that bridges are on stays, without a word.
        if ([...dp.ports()].some((p) => p.number !== 0 && !opened.has(p.device))) return "";
        for (const port of [...dp.ports()]) if (port.number !== 0) removeInterface(dp, port.name);
        dp.close();
        return "";
      },
    },
    many("add", (dp, text) => addInterface(host, dp, text)),
    many("del", removeInterface),
    many("set", setInterface),
  ];
}
