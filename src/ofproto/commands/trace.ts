import { formatDatapathActions } from "#datapath/action-text.js";
import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, keysEqual, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { type Match, makeMatch } from "#flow/match.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { parseMatch } from "#openflow/match-parse.js";
import { formatFlow, formatMatch } from "#openflow/match-text.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Backer } from "../backer.js";
import { applyEffects } from "../effect.js";
import { patchClass } from "../patch-device.js";
import { OfPort } from "../port.js";
import type { OfprotoSwitches } from "../switches.js";
import type { Translation } from "../translate/context.js";
import { formatTrace, Trace, type TraceNode } from "../translate/trace.js";
import { translate } from "../translate/translate.js";
import { narrowVlans } from "../vlan-limit.js";
import { parseCtStates, resumed } from "./trace-conntrack.js";

type Traced = {
  readonly flow: string;
  readonly steps: readonly TraceNode[];
  readonly finalFlow: string | null;
  readonly megaflow: string;
  readonly actions: string;
  /** Why packets of the flow cannot be left to the datapath, or go nowhere. */
  readonly remarks: readonly string[];
  /** How copies go on that went through connection tracking, in the order in which they come back. */
  readonly recirculations?: readonly (Traced & { readonly title: string })[];
};

/** What is to be traced: a key, where it came in, and the packet if there is one. */
interface Question {
  readonly backer: Backer;
  readonly port: OfPort;
  readonly key: FlowKey;
  readonly names: boolean;
  readonly frame: Uint8Array | undefined;
  /** States of connections, by `--ct-next`: of the first packet that comes back, of the second, …. */
  readonly ctNext: readonly number[];
}

/**
 * `ofproto/trace`: what becomes of a packet, step by step. Without a packet nothing is changed; with one, the switch learns from it as
 * from a real one.
 */
export function ofprotoTrace(switches: OfprotoSwitches): AppctlCommand<Traced> {
  return {
    name: "ofproto/trace",
    usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (args) => trace(readQuestion(switches, args)),
    text: formatTraced,
  };
}

function formatTraced(t: Traced): string {
  const parts = (t.recirculations ?? []).map((r) => `\n${RULE}\n${r.title}\n${RULE}\n\n${formatOne(r)}`);
  return [formatOne(t), ...parts].join("");
}

const RULE = "=".repeat(79);

function formatOne(t: Traced): string {
  const final = `Final flow: ${t.finalFlow ?? "unchanged"}\nMegaflow: ${t.megaflow}\nDatapath actions: ${t.actions}\n`;
  return `Flow: ${t.flow}\n${formatTrace(t.steps)}\n${final}${t.remarks.map((r) => `${r}\n`).join("")}`;
}

const generateOptions = ["-generate", "--generate"];

function readQuestion(switches: OfprotoSwitches, args: readonly string[]): Question {
  const { options, ctNext, words } = sortArguments(args);
  const [first, second, hex] = words;
  const names = options.includes("--names");
  const generate = options.some((o) => generateOptions.includes(o));
  const packet = (key: FlowKey): Uint8Array | undefined =>
    hex !== undefined ? parseHex(hex) : generate ? composeFrame(key) : undefined;
  if (second === undefined || second === "" || isOdp(second)) {
    return { ...odpQuestion(switches, first!, second, names, packet), ctNext };
  }
  return { ...bridgeQuestion(switches, first!, second, names, packet), ctNext };
}

interface Arguments {
  readonly options: readonly string[];
  readonly ctNext: readonly number[];
  readonly words: readonly string[];
}

function sortArguments(args: readonly string[]): Arguments {
  const [options, words]: [string[], string[]] = [[], []];
  const ctNext: number[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("-")) words.push(arg);
    else if (arg === "--ct-next") {
      const states = args[++i];
      if (states === undefined) throw new UserError("Missing argument for option --ct-next");
      ctNext.push(parseCtStates(states));
    } else if ([...generateOptions, "--names", "--no-names"].includes(arg)) options.push(arg);
    else throw new UserError(`${arg}: unknown option`);
  }
  return { options, ctNext, words };
}

const isOdp = (text: string): boolean => /^[a-z_]+\(/.test(text);

const noDevice = patchClass().open("unknown", new Map([["peer", ""]]));

type PacketOf = (key: FlowKey) => Uint8Array | undefined;

function bridgeQuestion(
  switches: OfprotoSwitches,
  name: string,
  flow: string,
  names: boolean,
  packet: PacketOf,
): Omit<Question, "ctNext"> {
  const bridge = switches.bridges.get(name);
  if (!bridge) throw new UserError(`${name}: unknown bridge`);
  const { state, backer } = bridge;
  let key: FlowKey;
  try {
    key = parseMatch(flow, { portNumber: (n) => state.portsByName.get(n)?.ofport }).key;
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`Bad openflow flow syntax: ${flow}: ${error.message}`);
    throw error;
  }
  const number = key[W.inPort]!;
  // A port that does not exist is one of no bundle.
  const port = state.ports.get(number) ?? new OfPort(state, number, noDevice, undefined);
  const frame = packet(key);
  if (frame) key = extracted(frame, number);
  return { backer, port, key, names, frame };
}

function odpQuestion(
  switches: OfprotoSwitches,
  first: string,
  second: string | undefined,
  names: boolean,
  packet: PacketOf,
): Omit<Question, "ctNext"> {
  const flow = second ?? first;
  if (second === undefined && !isOdp(flow)) {
    throw new UserError(`syntax error at ${flow} (or the bridge name was omitted)`);
  }
  const backers = [...switches.backers.values()];
  const named = (b: Backer): boolean => [b.datapath.name, `${b.datapath.type}@${b.datapath.name}`].includes(first);
  const backer = second === undefined ? (backers.length === 1 ? backers[0] : undefined) : backers.find(named);
  if (!backer) throw new UserError("Cannot find the datapath");
  let { key } = parseOdpKey(flow, { portNumber: (n) => backer.datapath.portByName(n)?.number });
  const id = key[W.recircId]!;
  if (id !== 0 && backer.frozen.get(id) === undefined) {
    throw new UserError(`no recirculation data for recirc_id 0x${id.toString(16)}`);
  }
  const port = backer.origin(key);
  if (!port) throw new UserError("Invalid datapath flow");
  const frame = packet(key);
  if (frame) key = extracted(frame, 0);
  key[W.inPort] = port.ofport;
  return { backer, port, key, names, frame };
}

function parseHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new UserError("Trailing garbage in packet data");
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

function extracted(frame: Uint8Array, inPort: number): FlowKey {
  const key = newKey();
  key[W.inPort] = inPort;
  extractKey(frame, 0, frame.length, key, key, newLayers());
  return key;
}

/** The most packets that come back that are followed: some flows send packets round and round. */
const MAX_RECIRCULATIONS = 256;

function trace(question: Question): Traced {
  const first = traceOne(question);
  const waiting = [...first.answer.recirculations];
  const named = [...first.answer.frozen];
  const recirculations: (Traced & { readonly title: string })[] = [];
  for (let i = 0; i < Math.min(waiting.length, MAX_RECIRCULATIONS); i++) {
    const { title, key } = resumed(waiting[i]!, question.ctNext[i]);
    const { traced, answer } = traceOne({ ...question, key });
    recirculations.push({ title, ...traced });
    waiting.push(...answer.recirculations);
    named.push(...answer.frozen);
  }
  question.backer.frozen.release(named);
  return recirculations.length === 0 ? first.traced : { ...first.traced, recirculations };
}

function traceOne({ backer, port, key: whole, names, frame }: Question): { traced: Traced; answer: Translation } {
  const { bridge } = port;
  const key = narrowVlans(whole, bridge.settings.vlanLimit);
  const portName = (n: number): string | undefined => (names ? bridge.ports.get(n)?.name : undefined);
  const datapathName = (n: number): string | undefined => (names ? backer.datapath.port(n)?.name : undefined);
  const formatKey = (k: FlowKey): string => formatFlow(k, { portName });
  // The port of the action set has a field, which is not shown.
  const formatShown = (k: FlowKey): string => {
    const shown = k.slice();
    shown[W.actsetOutput] = 0;
    return formatKey(shown);
  };
  const steps = new Trace({ withoutEffects: frame === undefined, names });
  const answer = translate(backer, port, key, steps);
  if (frame)
    applyEffects(answer.effects, {
      packets: 1,
      bytes: frame.length,
      used: backer.clock.now(),
      tcpFlags: key[W.l4]! & 0xfff,
    });
  // That a header is there, or is not, goes without saying.
  const mask = answer.mask.slice();
  for (const w of [W.vlan0, W.vlan1]) if (key[w] === 0 || (mask[w]! & 0xffff) === VLAN_PRESENT) mask[w] = 0;
  const traced = {
    flow: formatShown(key),
    steps: steps.roots,
    finalFlow: answer.finalFlow && !keysEqual(answer.finalFlow, key) ? formatShown(answer.finalFlow) : null,
    megaflow: formatMegaflow(makeMatch(key, mask), portName),
    actions: formatDatapathActions(answer.actions, { portName: datapathName, key }),
    remarks: remarksOn(answer),
  };
  return { traced, answer };
}

/** A megaflow's match. Fields of 8 bits in places of 16 are shown with their masks, as upstream's mask has no more bits. */
function formatMegaflow(match: Match, portName: (n: number) => string | undefined): string {
  return formatMatch(match, { portName }).replace(
    /\b(icmp_type|icmp_code|nd_options_type)=(\d+)(?![\d/x])/g,
    (_, name: string, value: string) => `${name}=0x${Number(value).toString(16)}/0xff`,
  );
}

/** Reasons for the slow path, in upstream's words, by bits of `slowPathReasons`. */
const slowReasons: readonly string[] = [
  "Consumes CFM packets.",
  "Consumes BFD packets.",
  "Consumes LACP packets.",
  "Consumes STP packets.",
  "Consumes LLDP packets.",
  "Uses action(s) not supported by datapath.",
  "Datapath can't match specifically enough.",
];

function remarksOn({ error, slow }: Translation): string[] {
  if (error !== undefined) return [`Translation failed (${error}), packet is dropped.`];
  if (slow === 0) return [];
  const reasons = slowReasons.filter((_, bit) => ((slow >>> bit) & 1) !== 0);
  return ["This flow is handled by the userspace slow path because it:", ...reasons.map((r) => `  - ${r}`)];
}
