import { type ParsedGroupMods, parseGroupFile } from "#openflow/messages/group/group-file-parse.js";
import type { GroupCommand } from "#openflow/messages/group/group-mod.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { OFPG } from "#openflow/messages/group/group-number.js";
import type { Body } from "#openflow/messages/table.js";
import { protocolsOfVersions } from "#openflow/protocol.js";
import { OF14, OF15 } from "#openflow/version.js";
import { bundleSettings, sendBundle } from "./bundle.js";
import { openForFlows } from "./flow-protocol.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printReplies } from "./print-replies.js";
import { withSwitch } from "./switch.js";
import { namesToAccept } from "./switch-names.js";
import { readTextFile } from "./text-file.js";

async function sendGroupMods(
  name: string,
  { groupMods, usable }: ParsedGroupMods,
  context: OfctlContext,
): Promise<number> {
  const isBundle = context.settings.bundle;
  const on = isBundle
    ? await openForFlows(name, bundleSettings(context), usable & protocolsOfVersions(OF14, OF15))
    : await openForFlows(name, context, usable);
  try {
    if (isBundle) await sendBundle(on, groupMods, context);
    else for (const groupMod of groupMods) await on.tell(groupMod);
    return 0;
  } finally {
    on.close();
  }
}

/** A command that changes groups, told on the command line or, with `-`, the standard input. */
function groupModCommand(
  name: string,
  usage: string,
  minArgs: number,
  command: (mayCreate: boolean) => GroupCommand,
): OfctlCommand {
  return {
    name,
    usage,
    minArgs,
    maxArgs: 2,
    readOnly: false,
    run: async ([target = "", text = ""], context) => {
      const wanted = command(context.settings.mayCreate);
      if (text === "-") return sendFile(target, text, wanted, context);
      const { groupMod, usable } = parseGroupMod(text, wanted, await namesToAccept(target, context));
      return sendGroupMods(target, { groupMods: [groupMod], usable }, context);
    },
  };
}

async function sendFile(
  target: string,
  file: string,
  command: GroupCommand | "any",
  context: OfctlContext,
): Promise<number> {
  const names = await namesToAccept(target, context);
  const text = await readTextFile(file, context);
  return sendGroupMods(target, parseGroupFile(text, file, command, names), context);
}

const addGroups: OfctlCommand = {
  name: "add-groups",
  usage: "switch file",
  minArgs: 1,
  maxArgs: 2,
  readOnly: false,
  run: ([target = "", file = ""], context) => sendFile(target, file, "any", context),
};

const printGroups = (name: string, body: Body, context: OfctlContext): Promise<number> =>
  withSwitch(name, context, (on) => printReplies(on, body, context));

const dumpGroups: OfctlCommand = {
  name: "dump-groups",
  usage: "switch [group]",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: ([name = "", word], context) =>
    printGroups(name, { kind: "group_desc_request", groupId: groupNumber(word, context) }, context),
};

/** The group of a word; all where there is none, or it is no group, which is complained of. */
function groupNumber(word: string | undefined, { log }: OfctlContext): number {
  const lower = word?.toLowerCase();
  if (word === undefined || lower === "all") return OFPG.all;
  if (lower === "any") return OFPG.any;
  if (/^\d+$/.test(word) && Number(word) < OFPG.max) return Number(word);
  const kinds = "(Valid group IDs are 32-bit nonnegative integers or the keywords ANY or ALL.)";
  log.module("ofp_group").warn(`${word} is not a valid group ID.  ${kinds}`);
  return OFPG.all;
}

const dumpGroupStats: OfctlCommand = {
  name: "dump-group-stats",
  usage: "switch [group]",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: async ([name = "", text = ""], context) => {
    const names = await namesToAccept(name, context);
    const groupId = text === "" ? OFPG.all : parseGroupMod(text, "delete", names).groupMod.groupId;
    return printGroups(name, { kind: "group_stats_request", groupId }, context);
  },
};

const dumpGroupFeatures: OfctlCommand = {
  name: "dump-group-features",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) => printGroups(name, { kind: "group_features_request" }, context),
};

/** Commands about groups. */
export const groupCommands: readonly OfctlCommand[] = [
  groupModCommand("add-group", "switch group", 1, () => "add"),
  addGroups,
  groupModCommand("mod-group", "switch group", 1, (mayCreate) => (mayCreate ? "add_or_mod" : "modify")),
  groupModCommand("del-groups", "switch [group]", 1, () => "delete"),
  groupModCommand("insert-buckets", "switch [group]", 1, () => "insert_bucket"),
  groupModCommand("remove-buckets", "switch [group]", 1, () => "remove_bucket"),
  dumpGroups,
  dumpGroupStats,
  dumpGroupFeatures,
];
