import { newMatch } from "#flow/match.js";
import {
  differingFlows,
  entryOfFlowMod,
  type FlowEntry,
  FlowSet,
  flowModOfEntry,
  formatFlowEntry,
  sameFlow,
} from "#openflow/flow-set.js";
import type { FlowParseOptions } from "#openflow/flow-text.js";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import { OFPP } from "#openflow/port-number.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "#openflow/protocol.js";
import { OF14, OF15 } from "#openflow/version.js";
import { bundleSettings, sendBundle } from "./bundle.js";
import { openForFlows, useDumpProtocol } from "./flow-protocol.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { Switch } from "./switch.js";
import { allNamesToShow, namesToAccept } from "./switch-names.js";
import { readTextFile } from "./text-file.js";

/** The flows of a file, and the protocols that can say them. Throws `UserError`. */
async function flowsOfFile(
  file: string,
  names: FlowParseOptions,
  context: OfctlContext,
): Promise<{ readonly flows: FlowSet; readonly usable: ProtocolSet }> {
  const { flowMods, usable } = parseFlowModFile(await readTextFile(file, context), file, "add", names);
  return { flows: new FlowSet(flowMods.map(entryOfFlowMod)), usable };
}

/** The flows that a switch has. */
async function flowsOfSwitch(on: Switch): Promise<FlowSet> {
  const flows: FlowEntry[] = [];
  const everything = {
    table: ALL_TABLES,
    outPort: OFPP.none,
    outGroup: ANY_GROUP,
    cookie: 0n,
    cookieMask: 0n,
    match: newMatch(),
  };
  for await (const part of on.replies({ kind: "flow_stats_request", ...everything })) {
    const { body } = on.decode(part);
    if (body.kind === "flow_stats_reply") flows.push(...body.flows);
  }
  return new FlowSet(flows);
}

const replaceFlows: OfctlCommand = {
  name: "replace-flows",
  usage: "switch file",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: async ([name = "", file = ""], given) => {
    const { bundle, readd } = given.settings;
    const context = bundle ? bundleSettings(given) : given;
    const { flows, usable } = await flowsOfFile(file, await namesToAccept(name, given), given);
    const possible = bundle ? usable & protocolsOfVersions(OF14, OF15) : usable;
    const on = await openForFlows(name, context, possible);
    try {
      await useDumpProtocol(on, context, possible);
      const present = await flowsOfSwitch(on);
      const mods: FlowMod[] = [];
      for (const flow of present) if (flows.like(flow) === undefined) mods.push(flowModOfEntry(flow, "delete_strict"));
      for (const flow of flows) {
        const there = present.like(flow);
        if (readd || there === undefined || !sameFlow(there, flow)) mods.push(flowModOfEntry(flow, "add"));
      }
      if (bundle) await sendBundle(on, mods, context);
      else await on.tell(...mods);
      return 0;
    } finally {
      on.close();
    }
  },
};

/** Whether a source of flows is a file: one that is there. */
const isFile = (source: string, { io, absolute }: OfctlContext): boolean =>
  source === "-" || io.host.files.exists(absolute(source));

async function flowsOfSource(source: string, names: FlowParseOptions, context: OfctlContext): Promise<FlowSet> {
  if (isFile(source, context)) return (await flowsOfFile(source, names, context)).flows;
  const on = await Switch.open(source, context);
  try {
    await useDumpProtocol(on, context, ProtocolSets.any);
    return await flowsOfSwitch(on);
  } finally {
    on.close();
  }
}

const diffFlows: OfctlCommand = {
  name: "diff-flows",
  usage: "source1 source2",
  minArgs: 2,
  maxArgs: 2,
  readOnly: true,
  run: async ([first = "", second = ""], context) => {
    const onSwitch = [first, second].find((source) => !isFile(source, context));
    const named = context.settings.names === true ? onSwitch : undefined;
    const names = named === undefined ? {} : await namesToAccept(named, context);
    const differing = differingFlows(
      await flowsOfSource(first, names, context),
      await flowsOfSource(second, names, context),
    );
    const shown = named === undefined ? {} : await allNamesToShow(named, context);
    const { io, settings } = context;
    const text = (flow: FlowEntry | undefined): string | undefined => flow && formatFlowEntry(flow, shown);
    for (const { before, after } of differing) {
      const [was, is] = [text(before), text(after)];
      if (settings.json) io.stdout(`${JSON.stringify({ before: was ?? null, after: is ?? null })}\n`);
      else io.stdout(`${was === undefined ? "" : `-${was}\n`}${is === undefined ? "" : `+${is}\n`}`);
    }
    return differing.length === 0 ? 0 : 2;
  },
};

/** Commands about all the flows of a switch, as a file has them. */
export const flowSourceCommands: readonly OfctlCommand[] = [replaceFlows, diffFlows];
