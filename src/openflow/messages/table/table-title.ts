import { type RawText, showRawText } from "../raw-text.js";

/** A table as `0`, or `0 ("name")` where it tells its own name. */
export function tableTitle(table: number, ownName: RawText): string {
  return `${table}${ownName === "" ? "" : ` ("${showRawText(ownName)}")`}`;
}
