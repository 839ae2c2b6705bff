import { packetMask } from "#flow/packet-mask.js";
import type { Action } from "#openflow/actions/action.js";
import { checkActions } from "#openflow/actions/check.js";
import { parseOnlyActions } from "#openflow/actions/parse.js";
import { resolveActions } from "#openflow/actions/resolve.js";
import { OfpError } from "#openflow/ofp-error.js";
import { ProtocolSets } from "#openflow/protocol.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { checkReferences } from "../packet-out.js";
import type { OfprotoSwitches } from "../switches.js";
import { resumed } from "../traces/trace-conntrack.js";
import { type TraceQuestion, tracePacket } from "../traces/trace-packet.js";
import { formatTraced, type Traced } from "../traces/trace-text.js";
import { readTraceArguments, type TraceArguments } from "./trace-arguments.js";
import { readTraceQuestion } from "./trace-question.js";

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
  const first = tracePacket(question, names, sent);
  const waiting = [...first.answer.recirculations];
  const named = [...first.answer.frozen];
  const recirculations: Resumption[] = [];
  for (let i = 0; i < Math.min(waiting.length, MAX_RECIRCULATIONS); i++) {
    const { title, key } = resumed(waiting[i]!, ctNext[i]);
    const { traced, answer } = tracePacket({ ...question, key }, names, []);
    recirculations.push({ title, ...traced });
    waiting.push(...answer.recirculations);
    named.push(...answer.frozen);
  }
  question.backer.frozen.release(named);
  return recirculations.length === 0 ? first.traced : { ...first.traced, recirculations };
}
