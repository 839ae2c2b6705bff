import { formatDatapathActions } from "#datapath/action-text.js";
import { type FlowKey, keysEqual } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { type Match, makeMatch } from "#flow/match.js";
import { packetMask } from "#flow/packet-mask.js";
import type { Action } from "#openflow/actions/action.js";
import { checkActions } from "#openflow/actions/check.js";
import { parseOnlyActions } from "#openflow/actions/parse.js";
import { resolveActions } from "#openflow/actions/resolve.js";
import { formatFlow, formatMatch } from "#openflow/match-text.js";
import { OfpError } from "#openflow/ofp-error.js";
import { ProtocolSets } from "#openflow/protocol.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { applyEffects } from "../effect.js";
import { checkReferences } from "../packet-out.js";
import type { OfprotoSwitches } from "../switches.js";
import type { Translation } from "../translate/context.js";
import { Trace } from "../translate/trace.js";
import { translate, translateActions } from "../translate/translate.js";
import { narrowVlans } from "../vlan-limit.js";
import { readTraceArguments, type TraceArguments } from "./trace-arguments.js";
import { resumed } from "./trace-conntrack.js";
import { readTraceQuestion, type TraceQuestion } from "./trace-question.js";
import { formatTraced, type Traced } from "./trace-text.js";

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
    run: (words) => {
      const args = readTraceArguments(words, false);
      return trace(readTraceQuestion(switches, args), args, []);
    },
    text: formatTraced,
  };
}

/** `ofproto/trace-packet-out`: what becomes of a packet that a controller sends. */
export function ofprotoTracePacketOut(switches: OfprotoSwitches): AppctlCommand<Traced> {
  return {
    name: "ofproto/trace-packet-out",
    usage: "[-consistent] {[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet] actions",
    minArgs: 2,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (words) => {
      const actions = parseOnlyActions(words.at(-1)!);
      const args = readTraceArguments(words.slice(0, -1), true);
      const question = readTraceQuestion(switches, args);
      return trace(question, args, checked(question, actions, args.consistent));
    },
    text: formatTraced,
  };
}

/** Protocols that refuse actions on headers that the packet has not. */
const strict: number = ProtocolSets.any & ~(ProtocolSets.openflow10 | ProtocolSets.nxm);

/** Actions as the packet has them done. Throws `UserError` with the error that a packet-out would be answered with. */
function checked({ port, key }: TraceQuestion, actions: readonly Action[], consistent: boolean): readonly Action[] {
  const match = { key, mask: packetMask(key) };
  try {
    checkActions(actions, match, { ...(consistent ? { protocols: strict } : {}), tableId: 0 });
    checkReferences(port.bridge, actions);
  } catch (error) {
    throw error instanceof OfpError ? new UserError(`Bad actions: ${error.error}`) : error;
  }
  return resolveActions(actions, match);
}

/** The most packets that come back that are followed: some flows send packets round and round. */
const MAX_RECIRCULATIONS = 256;

type Resumption = Traced & { readonly title: string };

/** Traces a packet through the tables, or, where there are any, through a controller's actions; then its copies that come back. */
function trace(question: TraceQuestion, { names, ctNext }: TraceArguments, sent: readonly Action[]): Traced {
  const first = traceOne(question, names, sent);
  const waiting = [...first.answer.recirculations];
  const named = [...first.answer.frozen];
  const recirculations: Resumption[] = [];
  for (let i = 0; i < Math.min(waiting.length, MAX_RECIRCULATIONS); i++) {
    const { title, key } = resumed(waiting[i]!, ctNext[i]);
    const { traced, answer } = traceOne({ ...question, key }, names, []);
    recirculations.push({ title, ...traced });
    waiting.push(...answer.recirculations);
    named.push(...answer.frozen);
  }
  question.backer.frozen.release(named);
  return recirculations.length === 0 ? first.traced : { ...first.traced, recirculations };
}

function traceOne(
  { backer, port, key: whole, frame }: TraceQuestion,
  names: boolean,
  sent: readonly Action[],
): { traced: Traced; answer: Translation } {
  const { bridge } = port;
  const key = narrowVlans(whole, bridge.settings.vlanLimit);
  const portName = (n: number): string | undefined => (names ? bridge.ports.get(n)?.name : undefined);
  const datapathName = (n: number): string | undefined => (names ? backer.datapath.port(n)?.name : undefined);
  const steps = new Trace({ withoutEffects: frame === undefined, names });
  const answer = sent.length > 0 ? traceSent(steps) : translate(backer, port, key, steps);
  if (frame) {
    const used = backer.clock.now();
    applyEffects(answer.effects, { packets: 1, bytes: frame.length, used, tcpFlags: key[W.l4]! & 0xfff });
  }
  const { finalFlow, error } = answer;
  const traced: Traced = {
    flow: formatShown(key, portName),
    steps: steps.roots,
    finalFlow: finalFlow && !keysEqual(finalFlow, key) ? formatShown(finalFlow, portName) : null,
    megaflow: formatMegaflow(makeMatch(key, shownMask(key, answer)), portName),
    actions: formatDatapathActions(answer.actions, { portName: datapathName, key }),
    slow: slowReasons.filter((_, bit) => ((answer.slow >>> bit) & 1) !== 0),
    error: error ?? null,
    dropped: answer.dropped ?? null,
  };
  return { traced, answer };

  function traceSent(into: Trace): Translation {
    into.enter("bridge", bridge.name);
    return translateActions(backer, port, key, sent, into);
  }
}

/** The port of the action set has a field, which is not shown. */
function formatShown(key: FlowKey, portName: (n: number) => string | undefined): string {
  const shown = key.slice();
  shown[W.actsetOutput] = 0;
  return formatFlow(shown, { portName });
}

/** That a VLAN header is there, or is not, goes without saying. */
function shownMask(key: FlowKey, { mask }: Translation): FlowKey {
  const shown = mask.slice();
  for (const w of [W.vlan0, W.vlan1]) if (key[w] === 0 || (shown[w]! & 0xffff) === VLAN_PRESENT) shown[w] = 0;
  return shown;
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
