import { type OptionRow, type ParsedOption, parseOptions } from "#runtime/options.js";
import { vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";

/** The options of `ovs-appctl`. */
export const appctlOptionRows: readonly OptionRow[] = [
  { name: "target", short: "t", argument: "required" },
  { name: "execute", short: "e", argument: "none" },
  { name: "format", short: "f", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "option", short: "o", argument: "none" },
  { name: "pretty", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  { name: "timeout", short: "T", argument: "required" },
  ...vlogOptionRows,
];

/** What the command line of `ovs-appctl` asks for. */
export interface AppctlArguments {
  readonly action: "run" | "help" | "version" | "options";
  readonly target: string;
  /** Seconds; undefined for as long as it takes. */
  readonly timeout: number | undefined;
  readonly format: "text" | "json";
  readonly pretty: boolean;
  readonly command: string;
  readonly args: readonly string[];
}

const defaultTarget = "ovs-vswitchd";

/**
 * Reads the arguments; `onLogging` gets the options that concern logging, each in its place among the others. Throws `OptionError` or
 * `UserError` in upstream's words.
 */
export function parseAppctlArguments(
  program: string,
  argv: readonly string[],
  onLogging: (option: ParsedOption) => void,
): AppctlArguments {
  const { options, operands } = parseOptions(program, appctlOptionRows, argv, { inOrder: true });
  let target: string | undefined;
  let timeout: number | undefined;
  let format: "text" | "json" = "text";
  let pretty = false;
  const [command = "", ...args] = operands;
  const result = (action: AppctlArguments["action"]): AppctlArguments => ({
    action,
    target: target ?? defaultTarget,
    timeout,
    format,
    pretty,
    command,
    args,
  });
  for (const option of options) {
    const { value = "" } = option;
    switch (option.name) {
      case "target":
        if (target !== undefined) throw new UserError("-t or --target may be specified only once");
        target = value;
        break;
      case "timeout":
        timeout = parseTimeout(value);
        break;
      case "format":
        if (value !== "text" && value !== "json") throw new UserError(`value ${value} on -f or --format is invalid`);
        format = value;
        break;
      case "pretty":
        pretty = true;
        break;
      case "help":
        return result("help");
      case "version":
        return result("version");
      case "option":
        return result("options");
      case "execute":
        break;
      default:
        onLogging(option);
    }
  }
  if (pretty && format !== "json") throw new UserError("--pretty is supported with --format json only");
  if (operands.length === 0) {
    throw new UserError("at least one non-option argument is required (use --help for help)");
  }
  return result("run");
}

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds === 0 || seconds > 0xffffffff) {
    throw new UserError(`value ${text} on -T or --timeout is invalid`);
  }
  return seconds;
}
