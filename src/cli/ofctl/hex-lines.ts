import { meaningfulLines } from "#openflow/flow-text-file.js";
import { parseHex } from "./print-commands.js";

/** The bytes of each line that has any; `#` begins a comment. Throws `UserError` where a line is no hexadecimal digits. */
export function* meaningfulHex(text: string): Generator<Uint8Array> {
  for (const [, line] of meaningfulLines(text)) yield parseHex(line, "Trailing garbage in hex data");
}
