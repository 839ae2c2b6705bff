import type { Match } from "#flow/match.js";
import { formatMatch } from "../../match-text.js";
import { OfpError } from "../../ofp-error.js";
import { formatOfport, portFrom32 } from "../../port-number.js";
import type { MessageDecodeContext, MessageTextContext } from "../message.js";

/** The priority of a flow whose text says none. */
export const DEFAULT_PRIORITY = 0x8000;
/** Every table. */
export const ALL_TABLES = 255;
/** OFPG_ANY: no group in particular. */
export const ANY_GROUP = 0xffffffff;

type Names = Pick<MessageTextContext, "portName" | "tableName">;

/** A port by its name or number. */
export const formatPort = (port: number, ctx: Names): string => formatOfport(port, ctx);

/** A table by its name or number. */
export const formatTable = (table: number, { tableName }: Names): string => tableName?.(table) ?? String(table);

/** `priority=5,tcp`: the priority where it is not the usual one, and the match; empty for every packet. */
export function formatPriorityMatch(match: Match, priority: number, ctx: Names): string {
  const text = formatMatch(match, ctx);
  if (priority === DEFAULT_PRIORITY) return text;
  return text === "" ? `priority=${priority}` : `priority=${priority},${text}`;
}

/** The 16-bit form of a port. Throws OFPBAC_BAD_OUT_PORT where it has none. */
export function readPort32(port: number, ctx: Pick<MessageDecodeContext, "warn">): number {
  const short = portFrom32(port);
  if (short !== undefined) return short;
  ctx.warn("ofp_port", `port ${port} is outside the supported range 0 through 65279 or 0xffffff00 through 0xffffffff`);
  throw new OfpError("OFPBAC_BAD_OUT_PORT", `port ${port}`);
}
