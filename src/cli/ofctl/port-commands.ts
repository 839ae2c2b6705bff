import { PortConfig } from "#openflow/messages/port/port-config.js";
import { OFPQ_ALL } from "#openflow/messages/port/queue-config.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF10, OF14 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import { printReplies } from "./print-replies.js";
import { withSwitch } from "./switch.js";
import { fetchPorts, namesToShow, portCalled, portNumberOf } from "./switch-ports.js";

const portOf = (name: string, word: string | undefined, context: OfctlContext): Promise<number> | number =>
  word === undefined ? OFPP.none : portNumberOf(name, word, context);

const queueOf = (word: string | undefined): number => (word === undefined ? OFPQ_ALL : Number.parseInt(word, 10) || 0);

/** A command that shows one port, or all. */
function portRequest(name: string, kind: "port_stats_request" | "port_desc_request"): OfctlCommand {
  return {
    name,
    usage: "switch [port]",
    minArgs: 1,
    maxArgs: 2,
    readOnly: true,
    run: async ([target = "", word], context) => {
      const port = await portOf(target, word, context);
      return withSwitch(target, context, (on) => printReplies(on, { kind, port }, context));
    },
  };
}

const queueStats: OfctlCommand = {
  name: "queue-stats",
  usage: "switch [port [queue]]",
  minArgs: 1,
  maxArgs: 3,
  readOnly: true,
  run: async ([name = "", portWord, queueWord], context) => {
    const port = await portOf(name, portWord, context);
    const body: Body = { kind: "queue_stats_request", port, queue: queueOf(queueWord) };
    return withSwitch(name, context, (on) => printReplies(on, body, context));
  },
};

const queueGetConfig: OfctlCommand = {
  name: "queue-get-config",
  usage: "switch [port [queue]]",
  minArgs: 1,
  maxArgs: 3,
  readOnly: true,
  run: async ([name = "", portWord, queueWord], context) => {
    const queue = queueOf(queueWord);
    const port = await portOf(name, portWord, context);
    return withSwitch(name, context, async (on) => {
      if (on.version >= OF14) {
        await printReplies(on, { kind: "queue_config_request", port, queue }, context);
        return;
      }
      // One port at a time is all that OpenFlow 1.0 can ask for.
      const all = port === OFPP.none && on.version === OF10 ? await fetchPorts(name, context) : [];
      const ports =
        port === OFPP.none && on.version === OF10 ? all.map((p) => p.number).filter((p) => p < OFPP.max) : [port];
      const names = await namesToShow(name, context);
      for (const one of ports) {
        const reply = await on.request({ kind: "queue_config_request", port: one, queue });
        printMessage(reply, context, context.settings.verbosity + 1, names);
      }
    });
  },
};

/** Words of `mod-port`: the bit, and whether the bare word sets it. */
const modWords: Readonly<Record<string, readonly [bit: number, sets: boolean]>> = {
  up: [PortConfig.portDown, false],
  down: [PortConfig.portDown, true],
  stp: [PortConfig.noStp, false],
  receive: [PortConfig.noReceive, false],
  "receive-stp": [PortConfig.noReceiveStp, false],
  flood: [PortConfig.noFlood, false],
  forward: [PortConfig.noForward, false],
  "packet-in": [PortConfig.noPacketIn, false],
};

/** Reads what a port shall do: one of the words, negated by `no` or `no-` before it. Throws `UserError`. */
function parsePortMod(word: string): { readonly config: number; readonly mask: number } {
  const [, negated, positive] = /^(no-?)?(.*)$/is.exec(word)!;
  const found = Object.hasOwn(modWords, positive!.toLowerCase()) ? modWords[positive!.toLowerCase()] : undefined;
  if (found === undefined) throw new UserError(`unknown mod-port command '${word}'`);
  const [bit, sets] = found;
  return { mask: bit, config: sets === (negated === undefined) ? bit : 0 };
}

const modPort: OfctlCommand = {
  name: "mod-port",
  usage: "switch iface act",
  minArgs: 3,
  maxArgs: 3,
  readOnly: false,
  run: async ([name = "", word = "", action = ""], context) => {
    const port = await portCalled(name, word, context);
    const { number, address } = port;
    const body: Body = { kind: "port_mod", port: number, address, ...parsePortMod(action), advertise: 0 };
    return withSwitch(name, context, (on) => on.tell(body));
  },
};

/** Commands about ports and queues. */
export const portCommands: readonly OfctlCommand[] = [
  queueStats,
  queueGetConfig,
  portRequest("dump-ports", "port_stats_request"),
  portRequest("dump-ports-desc", "port_desc_request"),
  modPort,
];
