import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { parseMatch } from "#openflow/match-parse.js";
import { OFPP } from "#openflow/port-number.js";
import { UserError } from "#util/errors.js";
import { portOrAbsent } from "../absent-port.js";
import type { Backer } from "../backer.js";
import type { OfprotoSwitches } from "../switches.js";
import type { TraceQuestion } from "../traces/trace-packet.js";
import type { TraceArguments } from "./trace-arguments.js";

/** Finds out what is asked. Throws `UserError` in upstream's words. */
export function readTraceQuestion(switches: OfprotoSwitches, args: TraceArguments): TraceQuestion {
  const { place, flow } = args;
  if (place === undefined) return odpQuestion(onlyBacker(switches), readAlone(switches, flow), args);
  const key = mayBeOdp(flow) ? tryOdp(switches, flow) : undefined;
  if (key !== undefined) return odpQuestion(findBacker(switches, place), key, args);
  return bridgeQuestion(switches, place, args);
}

const mayBeOdp = (flow: string): boolean => /^\s*([a-z_0-9]+\(|$)/.test(flow);

/** A datapath's flow; undefined where it is none. */
function tryOdp(switches: OfprotoSwitches, flow: string): FlowKey | undefined {
  try {
    return readOdp(switches, flow);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** A flow before which nothing stands: a bridge may have been forgotten. */
function readAlone(switches: OfprotoSwitches, flow: string): FlowKey {
  try {
    return readOdp(switches, flow);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${error.message} (or the bridge name was omitted)`) : error;
  }
}

/** No port of a datapath. */
const NO_PORT = 0xffffffff;

function readOdp(switches: OfprotoSwitches, flow: string): FlowKey {
  const { key, mask } = parseOdpKey(flow, { portNumber: (name) => portNumber(switches, name) });
  if (mask[W.inPort] === 0) key[W.inPort] = NO_PORT;
  return key;
}

function portNumber(switches: OfprotoSwitches, name: string): number | undefined {
  for (const { datapath } of switches.backers.values()) {
    const port = datapath.portByName(name);
    if (port !== undefined) return port.number;
  }
  return undefined;
}

function onlyBacker(switches: OfprotoSwitches): Backer {
  const [backer, ...others] = switches.backers.values();
  if (backer === undefined || others.length > 0) throw new UserError("Cannot find the datapath");
  return backer;
}

function findBacker(switches: OfprotoSwitches, name: string): Backer {
  const isNamed = ({ datapath }: Backer): boolean =>
    [datapath.name, `${datapath.type}@${datapath.name}`].includes(name);
  const backer = [...switches.backers.values()].find(isNamed);
  if (backer === undefined) throw new UserError("Cannot find the datapath");
  return backer;
}

function odpQuestion(backer: Backer, key: FlowKey, args: TraceArguments): TraceQuestion {
  const id = key[W.recircId]!;
  if (id !== 0 && backer.frozen.get(id) === undefined) {
    throw new UserError(`no recirculation data for recirc_id 0x${id.toString(16)}`);
  }
  const port = backer.origin(key);
  if (!port) throw new UserError(`no OpenFlow port for datapath port ${key[W.inPort]}`);
  key[W.inPort] = port.ofport;
  return { backer, port, ...packetOf(key, args) };
}

function bridgeQuestion(switches: OfprotoSwitches, name: string, args: TraceArguments): TraceQuestion {
  const bridge = switches.bridges.get(name);
  if (!bridge) throw new UserError(`${name}: unknown bridge`);
  const { state, backer } = bridge;
  const { flow } = args;
  let key: FlowKey;
  try {
    const { key: read, mask } = parseMatch(flow, { portNumber: (n) => state.portsByName.get(n)?.ofport });
    key = read;
    if (mask[W.inPort] === 0) key[W.inPort] = OFPP.none;
    key[W.conjId] = 0;
    // Without a protocol there is no connection's first packet.
    if (key[W.ctZone]! >>> 16 === 0) key.fill(0, W.ctNwSrc, W.ctIpv6Dst + 4);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`Bad openflow flow syntax: ${flow}: ${error.message}`);
    throw error;
  }
  return { backer, port: portOrAbsent(state, key[W.inPort]!), ...packetOf(key, args) };
}

function packetOf(key: FlowKey, { packet, generate, payload }: TraceArguments): Pick<TraceQuestion, "key" | "frame"> {
  if (packet !== undefined) return { key: extracted(packet, key), frame: packet };
  if (!generate) return { key, frame: undefined };
  return { key, frame: composeFrame(key, payload === undefined ? {} : { payload }) };
}

/** The packet's own headers, with the metadata of a flow. */
function extracted(frame: Uint8Array, flow: FlowKey): FlowKey {
  const key = newKey();
  for (const w of [W.inPort, W.recircId, W.dpHash, W.skbPriority, W.pktMark]) key[w] = flow[w]!;
  if (flow[W.ctState] !== 0) key.set(flow.subarray(W.ctState, W.ctLabel + 4), W.ctState);
  extractKey(frame, 0, frame.length, key, key, newLayers());
  return key;
}
