import type { Match } from "#flow/match.js";
import { normalizeMatch } from "#openflow/match/normalize.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import { type DropReason, dropReasons } from "../drop-reason.js";
import type { OfprotoSwitches } from "../switches.js";
import { type LivePacket, type LivePass, LiveTrace } from "../traces/live-trace.js";
import { formatTrace } from "../translate/trace.js";

type Answer = { readonly seconds: number; readonly packets: readonly LivePacket[] };

const DEFAULT_COUNT = 10;
const MOST = 1000;
const DEFAULT_SECONDS = 10;
const LONGEST = 3600;

/**
 * `ofproto/trace-live`: packets as they pass, those of flows that the datapath knows too. Answers when there are enough or the time is up. Ours; Open vSwitch
 * has no such command.
 */
export function ofprotoTraceLive(switches: OfprotoSwitches): AppctlCommand<Answer> {
  return {
    name: "ofproto/trace-live",
    usage: "[--timeout SECONDS] bridge filter [count]",
    minArgs: 2,
    maxArgs: 5,
    async run(args, client) {
      const { words, seconds } = sortArguments(args);
      const [name = "", filter = "", count = String(DEFAULT_COUNT)] = words;
      const bridge = switches.bridges.get(name);
      if (bridge === undefined) throw new UserError(`${name}: unknown bridge`);
      const trace = new LiveTrace(bridge.state, parseFilter(bridge, filter), number(count, "count", MOST));
      const gone = client?.gone ?? new AbortController().signal;
      const packets = await bridge.backer.traces.run(trace, { timeout: seconds * 1000, gone });
      return { seconds, packets };
    },
    text: ({ seconds, packets }) => {
      const shown = packets.map(formatPacket).join("\n");
      const n = packets.length;
      return `${shown}${n === 0 ? "" : "\n"}${n} ${n === 1 ? "packet" : "packets"}${n === 0 ? ` in ${seconds} s` : ""}\n`;
    },
  };
}

function sortArguments(args: readonly string[]): { readonly words: readonly string[]; readonly seconds: number } {
  const words: string[] = [];
  let seconds = DEFAULT_SECONDS;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("-")) words.push(arg);
    else if (arg === "--timeout") {
      const value = args[++i];
      if (value === undefined) throw new UserError("Missing argument for option --timeout");
      seconds = number(value, "timeout", LONGEST);
    } else throw new UserError(`${arg}: unknown option`);
  }
  if (words.length < 2) throw new UserError("a bridge and a filter are needed");
  if (words.length > 3) throw new UserError("too many arguments");
  return { words, seconds };
}

function number(text: string, what: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) throw new UserError(`${text}: ${what} is not 1 to ${most}`);
  return value;
}

function parseFilter({ state }: Bridge, text: string): Match {
  try {
    const match = parseFlowMatch(text, { portNumber: (n) => state.portsByName.get(n)?.ofport });
    const whole = normalizeMatch(match);
    if (whole !== match) throw new UserError(`without prerequisites it is "${formatMatch(whole)}"`);
    return whole;
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`bad filter ${text}: ${error.message}`);
    throw error;
  }
}

function formatPacket(packet: LivePacket): string {
  const { number: n, time, bridge, port, bytes, passes } = packet;
  const again = passes.map((pass) => `\n${pass.title}\n${formatPass(pass)}`);
  return [`#${n} ${time} ${bridge} ${port} ${bytes} bytes\n${formatPass(packet)}`, ...again].join("");
}

function formatPass(pass: LivePass): string {
  const changed = pass.finalFlow === null ? "" : `Final flow: ${pass.finalFlow}\n`;
  return `Flow: ${pass.flow}\n${formatTrace(pass.steps)}\n${changed}Datapath actions: ${pass.actions}\n${formatEnd(pass)}\n`;
}

function formatEnd({ outputs, dropped, error }: LivePass): string {
  if (dropped !== null) return `Dropped: ${dropped}, ${error ?? dropReasons[dropped as DropReason]}`;
  return outputs.length === 0 ? "Recirculated" : `Sent: ${outputs.join(", ")}`;
}
