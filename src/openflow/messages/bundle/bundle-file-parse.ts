import { UserError } from "#util/errors.js";
import { type FlowParseOptions, parseFlowMod } from "../../flow-text.js";
import { type ProtocolSet, ProtocolSets } from "../../protocol.js";
import { parseLines } from "../../text-lines.js";
import type { FlowMod } from "../flow/flow-mod.js";
import type { GroupMod } from "../group/group-mod.js";
import { parseGroupMod } from "../group/group-mod-parse.js";
import type { PacketOut } from "../packet/packet-out.js";
import { parsePacketOut } from "../packet/packet-out-parse.js";

/** What a bundle's file may have. */
type BundledBody = FlowMod | GroupMod | PacketOut;

/** The messages of a bundle, and the protocols that can say them all. */
export interface ParsedBundle {
  readonly messages: readonly BundledBody[];
  readonly usable: ProtocolSet;
}

interface ParsedLine {
  readonly body: BundledBody;
  readonly usable: ProtocolSet;
}

const firstWord = /^[ ,\t\r\n]*([^ ,\t\r\n]*)[ ,\t\r\n]?/;

/**
 * Reads a file for `ovs-ofctl bundle`: lines of `flow`, `group` or `packet-out`, each with what it is about. Throws `UserError` in upstream's words,
 * with the file's name and the line's number.
 */
export function parseBundleFile(text: string, name: string, options: FlowParseOptions = {}): ParsedBundle {
  const parsed = parseLines(text, name, (line) => parseLine(line, options));
  return {
    messages: parsed.map((p) => p.body),
    usable: parsed.reduce((set, p) => set & p.usable, ProtocolSets.any),
  };
}

function parseLine(line: string, options: FlowParseOptions): ParsedLine {
  const [whole, kind] = firstWord.exec(line) as unknown as [string, string];
  const rest = line.slice(whole.length);
  if (kind === "flow") {
    const { flowMod, usable } = parseFlowMod(rest, "fromText", options);
    return { body: flowMod, usable };
  }
  if (kind === "group") {
    const { groupMod, usable } = parseGroupMod(rest, "any", options);
    return { body: groupMod, usable };
  }
  if (kind === "packet-out") {
    const { packetOut, usable } = parsePacketOut(rest, options);
    return { body: packetOut, usable };
  }
  throw new UserError(`Unsupported bundle message type: ${kind}`);
}
