import { UserError } from "#util/errors.js";
import { type FlowParseOptions, type FlowTextCommand, type ParsedFlowMod, parseFlowMod } from "./flow-text.js";
import type { FlowMod } from "./messages/flow/flow-mod.js";
import { type ProtocolSet, ProtocolSets } from "./protocol.js";

/** Flow mods, and the protocols that can say them all. */
export interface ParsedFlowMods {
  readonly flowMods: readonly FlowMod[];
  readonly usable: ProtocolSet;
}

/** What a line says, without a comment (from `#`) and blanks at its end; empty where it says nothing. */
function meaning(line: string): string {
  const comment = line.indexOf("#");
  return (comment < 0 ? line : line.slice(0, comment)).trimEnd();
}

/** The lines of a text that say something, without comments and blanks at their end; numbers from 1. */
export function* meaningfulLines(text: string): Generator<readonly [number: number, line: string]> {
  let at = 0;
  for (let number = 1; at < text.length; number++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = meaning(text.slice(at, end));
    at = end + 1;
    if (line !== "") yield [number, line];
  }
}

/** True of a line, from `start` to `end` in a file's bytes, that need not be read: whoever says so has taken it. */
export type TakeLine = (start: number, end: number) => boolean;

const NEWLINE = 0x0a;

/** As `meaningfulLines`, of text in UTF-8, but for the lines that `take` takes. */
function* linesOfBytes(bytes: Uint8Array, take: TakeLine): Generator<readonly [number: number, line: string]> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;
  for (let number = 1; at < bytes.length; number++) {
    const newline = bytes.indexOf(NEWLINE, at);
    const start = at;
    const end = newline < 0 ? bytes.length : newline;
    at = end + 1;
    if (take(start, end)) continue;
    const line = meaning(decoder.decode(bytes.subarray(start, end)));
    if (line !== "") yield [number, line];
  }
}

/**
 * Reads a file of flows line by line, for who need not have them all at once, but for the lines that `take` takes. Throws `UserError` with the file's
 * name (`-` for the standard input) and the line's number before upstream's words.
 */
export function flowModsOfFile(
  bytes: Uint8Array,
  name: string,
  command: FlowTextCommand,
  options: FlowParseOptions,
  take: TakeLine,
): Generator<ParsedFlowMod> {
  return flowModsOf(linesOfBytes(bytes, take), name, command, options);
}

function* flowModsOf(
  lines: Iterable<readonly [number: number, line: string]>,
  name: string,
  command: FlowTextCommand,
  options: FlowParseOptions,
): Generator<ParsedFlowMod> {
  for (const [number, line] of lines) {
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
  for (const parsed of flowModsOf(meaningfulLines(text), name, command, options)) {
    flowMods.push(parsed.flowMod);
    usable &= parsed.usable;
  }
  return { flowMods, usable };
}
