import type { Action } from "#openflow/actions/action.js";
import { type ActionDecodeOptions, decodeActions, encodeActions } from "#openflow/actions/codec.js";
import { decodeInstructions, encodeInstructions } from "#openflow/actions/instructions.js";
import { formatActions } from "#openflow/actions/table.js";
import { parseVersionName, type Version, versionName } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import type { WireWriter } from "#openflow/wire-writer.js";
import { UserError } from "#util/errors.js";
import { byteDifferences } from "./byte-differences.js";
import { complaints } from "./complaints.js";
import { meaningfulHex } from "./hex-lines.js";
import { decoded, written } from "./match-commands.js";
import type { OfctlCommand } from "./ofctl-command.js";

/** How lists of actions are read and written. */
interface ListCodec {
  decode(r: WireReader, version: Version, options: ActionDecodeOptions): Action[];
  encode(actions: readonly Action[], version: Version, w: WireWriter): void;
}

/** A command that reads lists of a version from lines of hexadecimal digits and shows them, and what differs where they are written again. */
function parseList(what: "actions" | "instructions", { decode, encode }: ListCodec): OfctlCommand {
  return {
    name: `parse-${what}`,
    usage: "",
    minArgs: 1,
    maxArgs: 1,
    readOnly: true,
    run: async ([name = ""], context) => {
      const { io, settings } = context;
      const version = parseVersionName(name);
      if (version === undefined) throw new UserError(`${name}: not a valid OpenFlow version`);
      const options = { warn: complaints(context) };
      for (const bytes of meaningfulHex(await io.stdin())) {
        const list = decoded(context, () => decode(new WireReader(bytes), version, options));
        if (settings.json) {
          io.stdout(`${JSON.stringify("error" in list ? list : { actions: formatActions(list.value) })}\n`);
        } else if ("error" in list) {
          io.stdout(`bad ${versionName(version)} ${what}: ${list.error}\n\n`);
        } else {
          const after = written((w) => encode(list.value, version, w));
          io.stdout(`actions=${formatActions(list.value)}\n${byteDifferences(bytes, after)}\n`);
        }
      }
      return 0;
    },
  };
}

export const parseActionsCommand: OfctlCommand = parseList("actions", { decode: decodeActions, encode: encodeActions });

export const parseInstructions: OfctlCommand = parseList("instructions", {
  decode: decodeInstructions,
  encode: encodeInstructions,
});
