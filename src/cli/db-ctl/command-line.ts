import { type OptionRow, type ParsedOption, parseOptions } from "#runtime/options.js";
import { UserError } from "#util/errors.js";
import type { CtlCall, CtlCommand } from "./command.js";

/** A command line taken apart: global options, then the commands between `--`. */
export interface ParsedCommandLine {
  readonly globals: readonly ParsedOption[];
  /** The words after the global options, for `parseCommands`. */
  readonly words: readonly string[];
  /** Options of commands that stood among the global ones; they belong to the first command. */
  readonly first: readonly ParsedOption[];
}

/** Options of all commands, in the order of the commands, each once. */
function commandOptionRows(commands: readonly CtlCommand[]): OptionRow[] {
  const names = new Set(commands.flatMap((command) => command.options));
  return [...names].map((name) => ({
    name: name.replace(/=$/, ""),
    argument: name.endsWith("=") ? "required" : "none",
    group: "command",
  }));
}

/**
 * Reads the options before the first command. Options of commands are known there too, so that the first command's need no
 * `--` before them.
 */
export function splitCommandLine(
  program: string,
  globals: readonly OptionRow[],
  commands: readonly CtlCommand[],
  argv: readonly string[],
): ParsedCommandLine {
  const known = new Set(globals.map((row) => row.name));
  const parsed = parseOptions(program, [...globals, ...commandOptionRows(commands)], argv, { inOrder: true });
  return {
    globals: parsed.options.filter((option) => known.has(option.name)),
    words: parsed.operands,
    first: parsed.options.filter((option) => !known.has(option.name)),
  };
}

/** Reads the commands between `--`. Throws `UserError` in upstream's words. */
export function parseCommands(
  words: readonly string[],
  first: readonly ParsedOption[],
  find: (name: string) => CtlCommand | undefined,
): CtlCall[] {
  const calls: CtlCall[] = [];
  let options = new Map(first.map((option) => [option.name, option.value]));
  for (const segment of segments(words)) {
    if (segment.length === 0) continue;
    calls.push(parseCommand(segment, options, find));
    options = new Map();
  }
  if (calls.length === 0) throw missingCommand();
  return calls;
}

function segments(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === "--") parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

const missingCommand = (): UserError => new UserError("missing command name (use --help for help)");

function parseCommand(
  words: readonly string[],
  options: Map<string, string | undefined>,
  find: (name: string) => CtlCommand | undefined,
): CtlCall {
  let at = 0;
  for (; words[at]?.startsWith("-") === true; at++) {
    const word = words[at] ?? "";
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    if (options.has(name.replace(/^--/, ""))) throw new UserError(`'${name}' option specified multiple times`);
    options.set(name.replace(/^--/, ""), equals < 0 ? undefined : word.slice(equals + 1));
  }
  const name = words[at];
  if (name === undefined) throw missingCommand();
  const command = find(name);
  if (command === undefined) throw new UserError(`unknown command '${name}'; use --help for help`);
  checkOptions(command, options);
  const args = words.slice(at + 1);
  checkCount(command, args);
  return { command, args, options };
}

function checkOptions(command: CtlCommand, options: ReadonlyMap<string, string | undefined>): void {
  for (const [name, value] of options) {
    const dashed = name.startsWith("-") ? name : `--${name}`;
    if (command.options.includes(`${name}=`)) {
      if (value === undefined)
        throw new UserError(`missing argument to '${dashed}' option on '${command.name}' command`);
    } else if (!command.options.includes(name)) {
      throw new UserError(`'${command.name}' command has no '${dashed}' option`);
    } else if (value !== undefined) {
      throw new UserError(`'${dashed}' option on '${command.name}' does not accept an argument`);
    }
  }
}

function checkCount(command: CtlCommand, args: readonly string[]): void {
  if (args.length < command.minArgs) {
    throw new UserError(`'${command.name}' command requires at least ${command.minArgs} arguments`);
  }
  if (args.length > command.maxArgs) {
    const hint = args.some((arg) => arg.startsWith("-"))
      ? ' (note that options must precede command names and follow a "--" argument)'
      : "";
    throw new UserError(`'${command.name}' command takes at most ${command.maxArgs} arguments${hint}`);
  }
}
