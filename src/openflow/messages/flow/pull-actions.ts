import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { decodeInstructions } from "../../actions/instructions.js";
import { resolveActions } from "../../actions/resolve.js";
import { OfpError } from "../../ofp-error.js";
import { OF10 } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { MessageDecodeContext } from "../message.js";

/**
 * Reads the actions or instructions that an entry of a list ends with: up to `end`, which is where the entry's own length says. Throws `OfpError`
 * where that is before what was read, or beyond the message.
 */
export function pullActions(r: WireReader, end: number, match: Match, ctx: MessageDecodeContext): Action[] {
  const length = end - r.at;
  if (length < 0 || length > r.left) {
    const what = ctx.version === OF10 ? "actions" : "instructions";
    ctx.warn(
      "ofp_actions",
      `OpenFlow message ${what} length ${length >>> 0} exceeds remaining message length (${r.left})`,
    );
    throw new OfpError(ctx.version === OF10 ? "OFPBRC_BAD_LEN" : "OFPBIC_BAD_LEN");
  }
  return resolveActions(decodeInstructions(r.slice(length), ctx.version, ctx), match);
}
