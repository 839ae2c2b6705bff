import type { PhyPort } from "#openflow/messages/port/phy-port.js";
import { showRawText } from "#openflow/messages/raw-text.js";
import { OFPP, type PortNames, parseOfport } from "#openflow/port-number.js";
import { shownName } from "#openflow/shown-name.js";
import { OF10, OF13 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import type { OfctlContext } from "./ofctl-command.js";
import { Switch } from "./switch.js";

/** The ports that a switch tells of, over a connection of its own as upstream has it. */
export async function fetchPorts(name: string, context: OfctlContext): Promise<readonly PhyPort[]> {
  const on = await Switch.open(name, context);
  try {
    return await portsOf(on);
  } finally {
    on.close();
  }
}

/** The ports of a switch, by features reply or port descriptions. Throws `UserError` where it tells of none. */
async function portsOf(on: Switch): Promise<readonly PhyPort[]> {
  if (on.version < OF13) {
    const { body } = on.decode(await on.request({ kind: "features_request" }));
    if (body.kind !== "features_reply") throw new UserError(`${on.name}: received bad features reply`);
    // With many ports an OpenFlow 1.0 switch leaves them out, and tells of them if it is asked.
    if (on.version > OF10 || body.ports !== undefined) return body.ports ?? [];
  }
  const ports: PhyPort[] = [];
  for await (const part of on.replies({ kind: "port_desc_request", port: OFPP.none })) {
    const { body } = on.decode(part);
    if (body.kind === "port_desc_reply") ports.push(...body.ports);
  }
  return ports;
}

/** The number of a port that a word names. Only a name that is no number is asked of the switch, and none with `--no-names`. Throws `UserError`. */
export async function portNumberOf(name: string, word: string, context: OfctlContext): Promise<number> {
  const number = parseOfport(word);
  if (number !== undefined) return number;
  if (/^\d+$/.test(word)) {
    const range = "outside the supported range 0 through ffff or 0xffffff00 through 0xffffffff";
    // Upstream reads it twice, as a number and as a port's.
    for (let i = 0; i < 2; i++) context.log.module("ofp_port").warn(`port ${word} is ${range}`);
  }
  const ports = context.settings.names === false ? [] : await fetchPorts(name, context);
  const found = ports.find((port) => showRawText(port.name) === word);
  if (found === undefined) throw new UserError(`${name}: unknown port \`${word}'`);
  return found.number;
}

/** The port that a word names, by number or name, with its address and all. Throws `UserError`. */
export async function portCalled(name: string, word: string, context: OfctlContext): Promise<PhyPort> {
  const number = /^\d+$/.test(word) ? Number(word) : undefined;
  const found = (await fetchPorts(name, context)).find(
    (port) => port.number === number || showRawText(port.name) === word,
  );
  if (found === undefined) throw new UserError(`${name}: couldn't find port \`${word}'`);
  return found;
}

/** Names of ports both ways. A name that two ports have stands for neither. */
export function portNames(ports: readonly PhyPort[]): Required<Pick<PortNames, "portName" | "portNumber">> {
  const byName = new Map<string, number | undefined>();
  const named = ports.map(({ name, number }) => ({ name: showRawText(name), number }));
  for (const { name, number } of named) byName.set(name, byName.has(name) ? undefined : number);
  const byNumber = new Map<number, string>();
  for (const { name, number } of named) if (byName.get(name) === number) byNumber.set(number, shownName(name));
  return { portName: (port) => byNumber.get(port), portNumber: (name) => byName.get(name) };
}

/** Whether what is printed shows names instead of numbers: as asked, else where a person reads it. */
export function showsNames({ io, settings }: OfctlContext): boolean {
  return settings.names ?? io.stdoutIsTerminal;
}

/** The names of ports to print with; none where numbers are to be shown. */
export async function namesToShow(name: string, context: OfctlContext): Promise<PortNames> {
  return showsNames(context) ? portNames(await fetchPorts(name, context)) : {};
}
