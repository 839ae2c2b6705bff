import { dpctlCommands } from "#datapath/commands/dpctl.js";
import type { DpctlHost } from "#datapath/commands/dpctl-arguments.js";
import type { Datapaths } from "#datapath/datapaths.js";
import { parseMatch } from "#openflow/match-parse.js";
import type { AppctlCommand } from "#runtime/command.js";
import { directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { ConnectionEnded } from "#runtime/jsonrpc.js";
import { UnixctlClient } from "#runtime/unixctl-client.js";
import { applyVlogOption, createToolLog } from "#runtime/vlog-options.js";
import type { Clock } from "#util/clock.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { versionText } from "#util/version.js";
import { withAlarm } from "../alarm.js";
import type { ToolIo } from "../io.js";
import { listOptions } from "../list-options.js";
import { helpText } from "./help.js";
import { type DpctlArguments, dpctlOptionRows, parseDpctlArguments } from "./options.js";

const program = "ovs-dpctl";
const daemon = "ovs-vswitchd";

/** Commands that change nothing. */
const READ_ONLY =
  /^(dump-.*|show|get-flow|.*-get-.*|ct-stats-show|ct-bkts|.*-actions|list-commands|offload-stats-show)$/;

/** The datapaths that are in the kernel, for who looks at them without a daemon. */
export interface KernelDatapaths {
  readonly datapaths: Datapaths;
  /** By which these tell when something was. */
  readonly clock: Clock;
}

/** Runs `ovs-dpctl` with its arguments (without the program's name); the promise is the exit status. Who knows of the kernel's datapaths is asked where no daemon runs. */
export function dpctl(argv: readonly string[], io: ToolIo, kernel: () => Promise<KernelDatapaths>): Promise<number> {
  return exitStatus(program, io.stderr, () => run(argv, io, kernel));
}

async function run(argv: readonly string[], io: ToolIo, kernel: () => Promise<KernelDatapaths>): Promise<number> {
  const log = createToolLog(program, io.host);
  const args = parseDpctlArguments(program, argv, (option) => applyVlogOption(log, option));
  if (args.action === "run" && args.command !== "help") {
    const client = await connect(io);
    const work = async (): Promise<number> =>
      (client && (await viaDaemon(args, io, client))) ?? byMaps(args, io, await kernel());
    return withAlarm(work(), { seconds: args.timeout, host: io.host, log });
  }
  if (args.action === "version") io.stdout(versionText(program));
  else if (args.action === "options") io.stdout(listOptions(dpctlOptionRows));
  else io.stdout(helpText(program, io.host));
  return 0;
}

/** The daemon of this run directory; undefined where none runs. */
async function connect(io: ToolIo): Promise<UnixctlClient | undefined> {
  const { run } = directories(io.host.process);
  const pid = io.host.files.readTextIfExists(`${run}/${daemon}.pid`)?.trim();
  if (pid === undefined) return undefined;
  const log = createToolLog(program, io.host);
  log.setLevel(undefined, undefined, "off");
  try {
    return await UnixctlClient.connect(io.host, log, `${run}/${daemon}.${pid}.ctl`);
  } catch (error) {
    // It died, and left its file behind.
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** Undefined where it has ended meanwhile. */
async function viaDaemon(args: DpctlArguments, io: ToolIo, client: UnixctlClient): Promise<number | undefined> {
  try {
    const command = checked(args, [...commandsOf(undefined)]);
    const answer = await client.call(command.name, [...args.options, ...args.operands]);
    if ("error" in answer) throw new UserError(String(answer.error).trimEnd());
    return show(args, String(answer.result), io);
  } catch (error) {
    return error instanceof ConnectionEnded ? undefined : fail(error, io);
  } finally {
    client.close();
  }
}

async function byMaps(args: DpctlArguments, io: ToolIo, { datapaths, clock }: KernelDatapaths): Promise<number> {
  const host: DpctlHost = {
    datapaths,
    clock,
    readFile: (path) => io.host.files.readText(path),
    parseFilter: (text, portNumber) => parseMatch(text, { portNumber }),
    newUfid: () => Buffer.from(io.host.random(16)).toString("hex"),
  };
  try {
    const command = checked(args, commandsOf(host));
    const data: Json = await command.run([...args.options, ...args.operands]);
    return show(args, command.text ? command.text(data) : (data as string), io);
  } catch (error) {
    const status = fail(error, io);
    if (error instanceof HostError || /\(Operation not supported\)$/.test((error as Error).message))
      io.stderr(`${program}: ${daemon} is not running: only flows can be looked at and deleted\n`);
    return status;
  } finally {
    for (const datapath of datapaths.all()) datapath.close();
  }
}

function commandsOf(host: DpctlHost | undefined): readonly AppctlCommand[] {
  return dpctlCommands(host ?? ({} as DpctlHost));
}

/** The command that is meant. Throws `UserError` where there is none, or it takes other arguments. */
function checked({ command, isReadOnly, operands }: DpctlArguments, commands: readonly AppctlCommand[]): AppctlCommand {
  const found = commands.find(({ name }) => name === `dpctl/${command}`);
  if (found === undefined) throw new UserError(`unknown command '${command}'; use --help for help`);
  if (operands.length < found.minArgs) {
    throw new UserError(`'${command}' command requires at least ${found.minArgs} arguments`);
  }
  if (operands.length > found.maxArgs) {
    throw new UserError(`'${command}' command takes at most ${found.maxArgs} arguments`);
  }
  if (isReadOnly && !READ_ONLY.test(command)) {
    throw new UserError(`'${command}' command does not work in read only mode`);
  }
  return found;
}

/** Prints what a command says as this program does: it knows of no threads, and of datapaths of type "system" unless others are named. */
function show({ command, operands }: DpctlArguments, text: string, io: ToolIo): number {
  if (command === "dump-dps") io.stdout(text.replace(/^(?!system@).*\n/gm, ""));
  else if (command === "show" && operands.length === 0) io.stdout(text.replace(/^(?!system@)\S.*\n( .*\n)*/gm, ""));
  else if (command === "dump-flows") io.stdout(text.replace(/^flow-dump from .*\n/gm, ""));
  else if (command === "list-commands") io.stdout(listed(text));
  else io.stdout(text);
  return 0;
}

/** Names of commands that stand at the end of the list. */
const LAST = ["help", "list-commands", "parse-actions", "normalize-actions"];

/** The list of commands under the names that they have here. */
function listed(text: string): string {
  const [heading, ...lines] = text.trimEnd().split("\n");
  const usages = new Map([["help", ""]]);
  for (const line of lines) {
    const row = /^ {2}dpctl\/(\S+) *(.*)$/.exec(line);
    if (row) usages.set(row[1]!, row[2]!);
  }
  const names = [...[...usages.keys()].filter((name) => !LAST.includes(name)), ...LAST];
  return `${heading}\n${names.map((name) => `  ${name.padEnd(22)}  ${usages.get(name)}\n`).join("")}`;
}

/** Says what the command says, by this program's name. */
function fail(error: unknown, io: ToolIo): number {
  if (!(error instanceof UserError || error instanceof HostError)) throw error;
  const lines = error.message.split("\n");
  const isNamed = error.message.includes(`${daemon}: `);
  const text = lines.map((line) => line.replace(new RegExp(`^${daemon}: `), `${program}: `)).join("\n");
  io.stderr(isNamed ? `${text}\n` : `${program}: ${text}\n`);
  return 1;
}
