import { UserError } from "#util/errors.js";
import { meaningfulLines } from "./flow-text-file.js";

/**
 * Reads each line of a text that says something. Errors begin with the file's name (`-` for the standard input) and the line's number.
 * Throws `UserError`.
 */
export function parseLines<T>(text: string, name: string, read: (line: string) => T): T[] {
  const found: T[] = [];
  for (const [number, line] of meaningfulLines(text)) {
    try {
      found.push(read(line));
    } catch (e) {
      throw e instanceof UserError ? new UserError(`${name}:${number}: ${e.message}`) : e;
    }
  }
  return found;
}
