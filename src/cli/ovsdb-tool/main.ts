import { directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { type OptionRow, parseOptions } from "#runtime/options.js";
import { applyVlogOption, createToolLog, vlogOptionRows, vlogUsage } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { formatJson } from "#util/json-text.js";
import { versionText } from "#util/version.js";
import type { ToolIo } from "../io.js";
import { listOptions } from "../list-options.js";
import { toolCommands } from "./commands.js";
import { helpText } from "./help.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";

const program = "ovsdb-tool";

/** The options of `ovsdb-tool`, in upstream's order, which shows where an abbreviation is ambiguous; `--format` is ours. */
export const toolOptionRows: readonly OptionRow[] = [
  { name: "more", short: "m", argument: "none" },
  { name: "rbac-role", argument: "required" },
  { name: "cid", argument: "required" },
  { name: "election-timer", argument: "required" },
  ...vlogOptionRows,
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  { name: "option", short: "o", argument: "none" },
  { name: "format", short: "f", argument: "required" },
];

/** Runs `ovsdb-tool` with its arguments (without the program's name); the promise is the exit status. */
export function ovsdbTool(argv: readonly string[], io: ToolIo): Promise<number> {
  return exitStatus(program, io.stderr, () => run(argv, io));
}

async function run(argv: readonly string[], io: ToolIo): Promise<number> {
  const { cwd } = io.host.process;
  const log = createToolLog(program, io.host);
  const parsed = parseOptions(program, toolOptionRows, argv);
  const { db, pkgdata } = directories(io.host.process);
  const defaultDatabase = `${db}/conf.db`;
  const defaultSchema = `${pkgdata}/vswitch.ovsschema`;
  const help = (): string => helpText(defaultDatabase, defaultSchema, vlogUsage(program, io.host));
  const last = (name: string): string | undefined => parsed.options.findLast((option) => option.name === name)?.value;
  let more = 0;
  let json = false;
  for (const option of parsed.options) {
    switch (option.name) {
      case "help":
        io.stdout(help());
        return 0;
      case "version":
        io.stdout(versionText(program));
        return 0;
      case "option":
        io.stdout(listOptions(toolOptionRows));
        return 0;
      case "more":
        more++;
        break;
      case "format":
        json = parseFormat(option.value ?? "");
        break;
      case "rbac-role":
      case "cid":
      case "election-timer":
        break;
      default:
        applyVlogOption(log, option);
    }
  }
  const context: ToolContext = {
    io,
    defaultDatabase,
    defaultSchema,
    more,
    json,
    clusterId: last("cid"),
    electionTimer: last("election-timer"),
    role: last("rbac-role"),
    help,
    answer: (data, text) => io.stdout(json ? `${formatJson(data)}\n` : text),
    absolute: (path) => (path.startsWith("/") ? path : `${cwd}/${path}`),
    warn: (module, message) => log.module(module).warn(message),
  };
  const { command, args } = findCommand(parsed.operands);
  return (await command.run(context, args)) ?? 0;
}

/** True for JSON. */
function parseFormat(text: string): boolean {
  if (text !== "text" && text !== "json") throw new UserError(`unknown output format "${text}"`);
  return text === "json";
}

function findCommand([name, ...args]: readonly string[]): { command: ToolCommand; args: readonly string[] } {
  if (name === undefined) throw new UserError("missing command name; use --help for help");
  const command = toolCommands.find((c) => c.name === name);
  if (!command) throw new UserError(`unknown command '${name}'; use --help for help`);
  if (args.length < command.minArgs) {
    throw new UserError(`'${name}' command requires at least ${command.minArgs} arguments`);
  }
  if (args.length > command.maxArgs) {
    throw new UserError(`'${name}' command takes at most ${command.maxArgs} arguments`);
  }
  return { command, args };
}
