import { UserError } from "#util/errors.js";
import { type FlowParseOptions, type FlowTextCommand, type ParsedFlowMod, parseFlowMod } from "./flow-text.js";
import type { FlowMod } from "./messages/flow/flow-mod.js";
import { type ProtocolSet, ProtocolSets } from "./protocol.js";

/** Flow mods, and the protocols that can say them all. */
export interface ParsedFlowMods {
  readonly flowMods: readonly FlowMod[];
  readonly usable: ProtocolSet;
}

/** True of a line, from `start` to `end` in a file's text, that need not be read: whoever says so has taken it. */
export type TakeLine = (start: number, end: number) => boolean;

/** The lines of a text that say something, without comments (from `#`) and blanks at their end; numbers from 1. Those that `take` takes are left out. */
export function* meaningfulLines(text: string, take?: TakeLine): Generator<readonly [number: number, line: string]> {
  let at = 0;
  for (let number = 1; at < text.length; number++) {
    const newline = text.indexOf("\n", at);
    const start = at;
    const end = newline < 0 ? text.length : newline;
    at = end + 1;
    if (take?.(start, end) === true) continue;
    const whole = text.slice(start, end);
    const comment = whole.indexOf("#");
    const line = (comment < 0 ? whole : whole.slice(0, comment)).trimEnd();
    if (line !== "") yield [number, line];
  }
}

/**
 * Reads a file of flows line by line, for who need not have them all at once, but for the lines that `take` takes. Throws `UserError` with the file's
 * name (`-` for the standard input) and the line's number before upstream's words.
 */
export function* flowModsOfFile(
  text: string,
  name: string,
  command: FlowTextCommand,
  options: FlowParseOptions = {},
  take?: TakeLine,
): Generator<ParsedFlowMod> {
  for (const [number, line] of meaningfulLines(text, take)) {
    try {
      yield parseFlowMod(line, command, options);
    } catch (e) {
      throw e instanceof UserError ? new UserError(`${name}:${number}: ${e.message}`) : e;
    }
  }
}

/** Reads a file of flows, one a line. Throws as `flowModsOfFile`. */
export function parseFlowModFile(
  text: string,
  name: string,
  command: FlowTextCommand,
  options: FlowParseOptions = {},
): ParsedFlowMods {
  const flowMods: FlowMod[] = [];
  let usable: ProtocolSet = ProtocolSets.any;
  for (const parsed of flowModsOfFile(text, name, command, options)) {
    flowMods.push(parsed.flowMod);
    usable &= parsed.usable;
  }
  return { flowMods, usable };
}
