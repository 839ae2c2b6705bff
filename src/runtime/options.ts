import { UserError } from "#util/errors.js";

/** One option of a command line, as getopt_long(3) knows it. */
export interface OptionRow {
  /** Long name without dashes. */
  readonly name: string;
  /** One-letter form. */
  readonly short?: string;
  readonly argument: "none" | "required" | "optional";
  /** Where it does not do what upstream's does: `accepted` without effect, or refused by name as `missing`. */
  readonly support?: "accepted" | "missing";
  /**
   * Options of one group mean the same to the parser, as rows with equal `flag` and `val` do to glibc: an abbreviation that
   * fits only such rows with the same kind of argument is no ambiguity, and stands for the first of them.
   */
  readonly group?: string;
}

/** An option as it stood on the command line. `value` is undefined where it had no argument. */
export interface ParsedOption {
  readonly name: string;
  readonly value: string | undefined;
}

export interface ParsedArguments {
  /** In the order given, also repeated ones. */
  readonly options: readonly ParsedOption[];
  readonly operands: readonly string[];
}

export interface ParseSettings {
  /** Stop at the first operand (a `+` option string) instead of permuting. */
  readonly inOrder?: boolean;
}

/** The command line is wrong. The message is what glibc prints, `PROGRAM: ` included; the exit status is 1. */
export class OptionError extends UserError {
  override name = "OptionError";
}

/**
 * Reads arguments as GNU getopt_long does: long options by unique abbreviation, `--name=value` or `--name value`, grouped short
 * options with their value attached or next, `--` as end of options, operands anywhere. Throws `OptionError` with glibc's text.
 */
export function parseOptions(
  program: string,
  rows: readonly OptionRow[],
  args: readonly string[],
  settings: ParseSettings = {},
): ParsedArguments {
  const options: ParsedOption[] = [];
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      if (settings.inOrder) {
        operands.push(...args.slice(i));
        break;
      }
      operands.push(arg);
      continue;
    }
    i += arg.startsWith("--")
      ? long(program, rows, arg.slice(2), args[i + 1], options)
      : short(program, rows, arg, args[i + 1], options);
  }
  return { options, operands };
}

/** Reads one long option; returns how many further arguments it took. */
function long(
  program: string,
  rows: readonly OptionRow[],
  text: string,
  next: string | undefined,
  options: ParsedOption[],
): number {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const row = findLong(program, rows, name, text);
  const inline = equals < 0 ? undefined : text.slice(equals + 1);
  if (row.argument === "none" && inline !== undefined) {
    throw new OptionError(`${program}: option '--${row.name}' doesn't allow an argument`);
  }
  if (row.argument !== "required" || inline !== undefined) {
    options.push({ name: row.name, value: inline });
    return 0;
  }
  if (next === undefined) throw new OptionError(`${program}: option '--${row.name}' requires an argument`);
  options.push({ name: row.name, value: next });
  return 1;
}

function findLong(program: string, rows: readonly OptionRow[], name: string, text: string): OptionRow {
  const exact = rows.find((row) => row.name === name);
  if (exact) return exact;
  const matches = rows.filter((row) => row.name.startsWith(name));
  if (matches.length === 0) throw new OptionError(`${program}: unrecognized option '--${text}'`);
  const [first] = matches;
  const alike = (row: OptionRow): boolean =>
    row === first || (row.group !== undefined && row.group === first?.group && row.argument === first.argument);
  if (!matches.every(alike)) {
    const possible = matches.map((row) => ` '--${row.name}'`).join("");
    throw new OptionError(`${program}: option '--${text}' is ambiguous; possibilities:${possible}`);
  }
  return matches[0]!;
}

/** Reads a group of short options; returns how many further arguments it took. */
function short(
  program: string,
  rows: readonly OptionRow[],
  arg: string,
  next: string | undefined,
  options: ParsedOption[],
): number {
  for (let i = 1; i < arg.length; i++) {
    const letter = arg[i]!;
    const row = rows.find((r) => r.short === letter);
    if (!row) throw new OptionError(`${program}: invalid option -- '${letter}'`);
    if (row.argument === "none") {
      options.push({ name: row.name, value: undefined });
      continue;
    }
    const attached = arg.slice(i + 1);
    if (attached !== "" || row.argument === "optional") {
      options.push({ name: row.name, value: attached === "" ? undefined : attached });
      return 0;
    }
    if (next === undefined) throw new OptionError(`${program}: option requires an argument -- '${letter}'`);
    options.push({ name: row.name, value: next });
    return 1;
  }
  return 0;
}

/** The names as a help text would list them: `-t, --target=TARGET`. */
export function formatOption(row: OptionRow, argumentName: string = row.name.toUpperCase()): string {
  const tail = row.argument === "none" ? "" : row.argument === "required" ? `=${argumentName}` : `[=${argumentName}]`;
  return `${row.short ? `-${row.short}, ` : ""}--${row.name}${tail}`;
}
