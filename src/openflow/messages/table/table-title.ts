import type { MessageTextOptions } from "../message.js";
import { type RawText, showRawText } from "../raw-text.js";

/** A table as `0`, or `0 ("name")` where it tells its own name; the name that is known for it in the number's place. */
export function tableTitle(table: number, ownName: RawText, { tableName }: MessageTextOptions): string {
  return `${tableName?.(table) ?? table}${ownName === "" ? "" : ` ("${showRawText(ownName)}")`}`;
}
