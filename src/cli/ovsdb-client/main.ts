import { directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { parseOptions } from "#runtime/options.js";
import { chooseReplay } from "#runtime/replay-option.js";
import { Vlog } from "#runtime/vlog.js";
import { vlogModules } from "#runtime/vlog-modules.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";
import { withAlarm } from "../alarm.js";
import { handleSignals } from "../handle-signals.js";
import type { ToolIo } from "../io.js";
import type { ClientCommand, ClientContext } from "./client-command.js";
import { clientCommands } from "./commands.js";
import { clusterMembers, connectServer } from "./connect.js";
import { chooseDatabase } from "./database.js";
import { helpText } from "./help.js";
import { type ClientSettings, clientOptionRows, readClientOptions } from "./options.js";

const program = "ovsdb-client";

/** Runs `ovsdb-client` with its arguments (without the program's name); the promise is the exit status. */
export async function ovsdbClient(argv: readonly string[], io: ToolIo): Promise<number> {
  const log = new Vlog(io.host, { program, modules: vlogModules });
  try {
    return await exitStatus(program, io.stderr, () => run(argv, io, log));
  } finally {
    log.close();
  }
}

async function run(argv: readonly string[], outside: ToolIo, log: Vlog): Promise<number> {
  const { options, operands } = parseOptions(program, clientOptionRows, argv);
  const settings = readClientOptions(options, log);
  if (settings.print !== undefined) {
    outside.stdout(settings.print === "help" ? helpText(outside) : versionText(program));
    return 0;
  }
  const { host } = await chooseReplay(outside.host, program, options);
  const io = host === outside.host ? outside : { ...outside, host };
  const [name, ...rest] = operands;
  if (name === undefined) throw new UserError("missing command name; use --help for help");
  const command = clientCommands.find((one) => one.name === name);
  if (command === undefined) throw new UserError(`unknown command '${name}'; use --help for help`);
  // The server counts among the arguments of commands that connect by themselves.
  if (command.on === "nothing") checkCount(command, rest);
  const status = await launch(command, settings, io, log);
  if (status !== undefined) return status;
  const { server, args } = takeServer(command, rest, io);
  let beforeEnd: () => void = () => {};
  const context: ClientContext = {
    io,
    log,
    settings,
    server,
    onSignal(handler) {
      beforeEnd = handler;
    },
  };
  handleSignals(io, log, () => beforeEnd());
  const work = perform(command, context, args).then(() => 0);
  return withAlarm(work, { seconds: settings.timeout, host: io.host, log, beforeEnd: () => beforeEnd() });
}

/** Starts the background process where one is asked for; a status means that the work is another process's. */
async function launch(
  command: ClientCommand,
  { daemon }: ClientSettings,
  io: ToolIo,
  log: Vlog,
): Promise<number | undefined> {
  if (!command.background || !(daemon.detach || daemon.monitor)) return undefined;
  const { launchDaemon } = await import("#runtime/daemon-launch.js");
  return launchDaemon(io.host, program, daemon, () => ({ log, logFile: undefined }), [1, 2]);
}

/** The server that the first argument names, or the default one, and the arguments that are left. */
function takeServer(
  { minArgs }: ClientCommand,
  args: readonly string[],
  io: ToolIo,
): { readonly server: string; readonly args: readonly string[] } {
  const [first] = args;
  if (first !== undefined && args.length > minArgs && /^[A-Za-z].*:/s.test(first)) {
    return { server: first, args: args.slice(1) };
  }
  return { server: `unix:${directories(io.host.process).run}/db.sock`, args };
}

async function perform(command: ClientCommand, context: ClientContext, given: readonly string[]): Promise<void> {
  if (command.on === "nothing") {
    await command.run(context, given);
    return;
  }
  let args = given;
  let database: string | undefined;
  if (command.on === "database" && clusterMembers(context.server).length > 1) {
    // Which member to talk to depends on the database.
    if (args.length <= command.minArgs) throw new UserError("database name is required with multiple remotes");
    [database, ...args] = args as readonly [string, ...string[]];
  }
  const peer = await connectServer(context, database);
  try {
    if (command.on === "server") {
      checkCount(command, args);
      await command.run({ ...context, peer }, args);
      return;
    }
    if (database === undefined) ({ database, args } = await chooseDatabase(peer, args, command.minArgs));
    checkCount(command, args);
    await command.run({ ...context, peer, database }, args);
  } finally {
    peer.close();
  }
}

function checkCount({ name, minArgs, maxArgs }: ClientCommand, args: readonly string[]): void {
  if (args.length >= minArgs && args.length <= maxArgs) return;
  throw new UserError(`invalid syntax for '${name}' (use --help for help)`);
}
