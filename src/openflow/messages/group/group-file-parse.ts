import { type ProtocolSet, ProtocolSets } from "../../protocol.js";
import { parseLines } from "../../text-lines.js";
import type { GroupCommand, GroupMod } from "./group-mod.js";
import { type GroupParseOptions, parseGroupMod } from "./group-mod-parse.js";

/** Changes of groups, and the protocols that can say them all. */
export interface ParsedGroupMods {
  readonly groupMods: readonly GroupMod[];
  readonly usable: ProtocolSet;
}

/** Reads a file of groups, one a line, as `parseGroupMod` does. Throws `UserError` with the file's name and the line's number. */
export function parseGroupFile(
  text: string,
  name: string,
  command: GroupCommand | "any",
  options: GroupParseOptions = {},
): ParsedGroupMods {
  const parsed = parseLines(text, name, (line) => parseGroupMod(line, command, options));
  return {
    groupMods: parsed.map((p) => p.groupMod),
    usable: parsed.reduce((set, p) => set & p.usable, ProtocolSets.any),
  };
}
