import { paintFlow } from "#openflow/flow-colors.js";
import { parseFlowMod, parseFlowSelection } from "#openflow/flow-text.js";
import { type ParsedFlowMods, parseFlowModFile } from "#openflow/flow-text-file.js";
import type { FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import { type FlowStats, formatFlowStats } from "#openflow/messages/flow/flow-stats.js";
import { valueToJson } from "#openflow/messages/json.js";
import { protocolsOfVersions } from "#openflow/protocol.js";
import { OF14, OF15 } from "#openflow/version.js";
import { ToldError } from "#runtime/end-reason.js";
import { bundleSettings, sendBundle } from "./bundle.js";
import { openForFlows, useDumpProtocol, versionsFor } from "./flow-protocol.js";
import { sortFlows } from "./flow-sort.js";
import { MessagePrinter } from "./message-printer.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { messageText, printMessage } from "./print-message.js";
import { Switch } from "./switch.js";
import { allNamesToShow, namesToAccept } from "./switch-names.js";
import { showsNames } from "./switch-ports.js";
import { readTextFile } from "./text-file.js";

/** Opens a switch for a question about flows. */
async function openForQuestion(
  name: string,
  text: string | undefined,
  context: OfctlContext,
): Promise<{ readonly on: Switch; readonly selection: ReturnType<typeof parseFlowSelection>["selection"] }> {
  const names = text === undefined ? {} : await namesToAccept(name, context);
  const { selection, usable } = parseFlowSelection(text ?? "", names);
  const on = await Switch.open(name, context, { versions: versionsFor(usable, context) });
  try {
    await useDumpProtocol(on, context, usable);
    return { on, selection };
  } catch (error) {
    on.close();
    throw error;
  }
}

const dumpFlows: OfctlCommand = {
  name: "dump-flows",
  usage: "switch",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: async ([name = "", text], context) => {
    const { settings, io } = context;
    const { on, selection } = await openForQuestion(name, text, context);
    try {
      const replies = on.replies({ kind: "flow_stats_request", ...selection });
      if (settings.sort.length === 0 && settings.stats && !showsNames(context)) {
        const printer = new MessagePrinter(context, settings.verbosity + 1);
        try {
          for await (const part of replies) printer.print(part);
        } finally {
          printer.flush();
        }
        return 0;
      }
      const flows: FlowStats[] = [];
      for await (const part of replies) {
        const { body } = on.decode(part);
        if (body.kind === "flow_stats_reply") flows.push(...body.flows);
        else {
          io.stderr(messageText(part, context, settings.verbosity + 1));
          throw new ToldError("the switch refused");
        }
      }
      sortFlows(flows, settings.sort);
      const names = await allNamesToShow(name, context);
      if (settings.json) {
        io.stdout(`${JSON.stringify(valueToJson({ kind: "flow_stats_reply", flows }))}\n`);
        return 0;
      }
      for (const flow of flows) {
        // Ages that Nicira's replies have are of no use here; OpenFlow 1.5 says them itself.
        const shown = on.version === OF15 ? flow : { ...flow, idleAge: undefined, hardAge: undefined };
        const line = formatFlowStats(shown, { ...names, stats: settings.stats });
        io.stdout(`${context.palette === undefined ? line : paintFlow(line, context.palette)}\n`);
      }
      return 0;
    } finally {
      on.close();
    }
  },
};

const dumpAggregate: OfctlCommand = {
  name: "dump-aggregate",
  usage: "switch",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: async ([name = "", text], context) => {
    const { on, selection } = await openForQuestion(name, text, context);
    try {
      for await (const part of on.replies({ kind: "aggregate_request", ...selection })) {
        printMessage(part, context, context.settings.verbosity + 1);
      }
      return 0;
    } finally {
      on.close();
    }
  },
};

/** Sends flow mods, one after the other or all at once as `--bundle` says. */
async function sendFlowMods(
  name: string,
  { flowMods, usable }: ParsedFlowMods,
  context: OfctlContext,
): Promise<number> {
  if (context.settings.bundle) {
    const bundles = protocolsOfVersions(OF14, OF15);
    const on = await openForFlows(name, bundleSettings(context), usable & bundles);
    try {
      await sendBundle(on, flowMods, context);
    } finally {
      on.close();
    }
    return 0;
  }
  const on = await openForFlows(name, context, usable);
  try {
    for (const flowMod of flowMods) await on.tell(flowMod);
  } finally {
    on.close();
  }
  return 0;
}

/** A command that sends flow mods: of the command line, or of a file. */
function flowModCommand(
  name: string,
  usage: string,
  args: readonly [min: number, max: number],
  command: (strict: boolean) => FlowModCommand,
): OfctlCommand {
  return {
    name,
    usage,
    minArgs: args[0],
    maxArgs: args[1],
    readOnly: false,
    run: async ([target = "", text = ""], context) => {
      const wanted = command(context.settings.strict);
      if (text === "-") return sendFile(target, text, wanted, context);
      const { flowMod, usable } = parseFlowMod(text, wanted, await namesToAccept(target, context));
      return sendFlowMods(target, { flowMods: [flowMod], usable }, context);
    },
  };
}

async function sendFile(
  target: string,
  file: string,
  command: FlowModCommand | "fromText",
  context: OfctlContext,
): Promise<number> {
  const names = await namesToAccept(target, context);
  const text = await readTextFile(file, context);
  return sendFlowMods(target, parseFlowModFile(text, file, command, names), context);
}

const addFlows: OfctlCommand = {
  name: "add-flows",
  usage: "switch file",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: ([target = "", file = ""], context) => sendFile(target, file, "fromText", context),
};

/** Commands about flows. */
export const flowCommands: readonly OfctlCommand[] = [
  dumpFlows,
  dumpAggregate,
  flowModCommand("add-flow", "switch flow", [2, 2], () => "add"),
  addFlows,
  flowModCommand("mod-flows", "switch flow", [2, 2], (strict) => (strict ? "modify_strict" : "modify")),
  flowModCommand("del-flows", "switch [flow]", [1, 2], (strict) => (strict ? "delete_strict" : "delete")),
];
