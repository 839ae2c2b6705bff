import { type OptionRow, type ParsedOption, parseOptions } from "#runtime/options.js";
import { vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";

/** The options of `ovs-dpctl`, those of its commands among them, as upstream lists them. */
export const dpctlOptionRows: readonly OptionRow[] = [
  { name: "statistics", short: "s", argument: "none" },
  { name: "clear", argument: "none" },
  { name: "may-create", argument: "none" },
  { name: "read-only", argument: "none" },
  { name: "more", short: "m", argument: "none" },
  { name: "names", argument: "none" },
  { name: "no-names", argument: "none" },
  { name: "timeout", short: "t", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "option", short: "o", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  ...vlogOptionRows,
];

/** Options that are handed on to the command. */
const PASSED: ReadonlySet<string> = new Set(["statistics", "clear", "may-create", "more", "names", "no-names"]);

/** What the command line of `ovs-dpctl` asks for. */
export interface DpctlArguments {
  readonly action: "run" | "help" | "version" | "options";
  /** Seconds; undefined for as long as it takes. */
  readonly timeout: number | undefined;
  readonly isReadOnly: boolean;
  readonly command: string;
  /** Options of the command's, and what comes after it. */
  readonly options: readonly string[];
  readonly operands: readonly string[];
}

/** Reads the arguments; `onLogging` gets the options that concern logging. Throws `OptionError` or `UserError` in upstream's words. */
export function parseDpctlArguments(
  program: string,
  argv: readonly string[],
  onLogging: (option: ParsedOption) => void,
): DpctlArguments {
  const { options, operands } = parseOptions(program, dpctlOptionRows, argv);
  let timeout: number | undefined;
  let action: DpctlArguments["action"] | undefined;
  const passed: string[] = [];
  for (const { name, value } of options) {
    if (PASSED.has(name)) passed.push(`--${name}`);
    else if (name === "timeout") timeout = parseTimeout(value ?? "");
    else if (name === "help" || name === "version") action ??= name;
    else if (name === "option") action ??= "options";
    else if (name !== "read-only") onLogging({ name, value });
  }
  const [command, ...rest] = operands;
  if (action === undefined && command === undefined) throw new UserError("missing command name; use --help for help");
  const isReadOnly = options.some(({ name }) => name === "read-only");
  return { action: action ?? "run", timeout, isReadOnly, command: command ?? "", options: passed, operands: rest };
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds === 0 || seconds > 0xffffffff) {
    throw new UserError(`value ${text} on -t or --timeout is invalid`);
  }
  return seconds;
}
