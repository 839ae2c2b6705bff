import { parsePalette } from "#openflow/flow-colors.js";
import { OF10, OF15 } from "#openflow/version.js";
import type { DaemonSettings } from "#runtime/daemon-options.js";
import { exitStatus } from "#runtime/end-reason.js";
import { Xids } from "#runtime/openflow-xids.js";
import { parseOptions } from "#runtime/options.js";
import type { Vlog } from "#runtime/vlog.js";
import { createToolLog } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";
import { withAlarm } from "../alarm.js";
import { handleSignals } from "../handle-signals.js";
import type { ToolIo } from "../io.js";
import { listOptions } from "../list-options.js";
import { ofctlCommands } from "./commands.js";
import { helpText } from "./help.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { type OfctlSettings, ofctlOptionRows, readOfctlOptions } from "./options.js";

const program = "ovs-ofctl";

/** Runs `ovs-ofctl` with its arguments (without the program's name); the promise is the exit status. */
export function ofctl(argv: readonly string[], io: ToolIo): Promise<number> {
  return exitStatus(program, io.stderr, () => run(argv, io));
}

async function run(argv: readonly string[], io: ToolIo): Promise<number> {
  const log = createToolLog(program, io.host);
  // Flows that are not in normal form are mentioned, and actions that have a better form.
  for (const module of ["ofp_match", "ofp_actions"]) {
    log.module(module);
    log.setLevel(module, "console", "info");
  }
  const { options, operands } = parseOptions(program, ofctlOptionRows, argv);
  const settings = readOfctlOptions(options, log);
  if (settings.print !== undefined) {
    io.stdout(printed(settings.print, io));
    return 0;
  }
  const [name, ...args] = operands;
  if (name === undefined) throw new UserError("missing command name; use --help for help");
  const command = ofctlCommands.find((one) => one.name === name);
  if (command === undefined) throw new UserError(`unknown command '${name}'; use --help for help`);
  if (args.length < command.minArgs) {
    throw new UserError(`'${name}' command requires at least ${command.minArgs} arguments`);
  }
  if (args.length > command.maxArgs) {
    throw new UserError(`'${name}' command takes at most ${command.maxArgs} arguments`);
  }
  if (settings.readOnly && !command.readOnly) {
    throw new UserError(`'${name}' command does not work in read only mode`);
  }
  const status = await launch(command, settings.daemon, io, log);
  if (status !== undefined) return status;
  let beforeEnd: () => void = () => {};
  const { cwd } = io.host.process;
  const context: OfctlContext = {
    io,
    log,
    settings,
    palette: isColored(settings, io) ? parsePalette(io.host.process.env["OVS_COLORS"]) : undefined,
    xids: new Xids(),
    onSignal(handler) {
      beforeEnd = handler;
    },
    absolute: (path) => (path.startsWith("/") ? path : `${cwd}/${path}`),
  };
  if (command.background) handleSignals(io, log, () => beforeEnd());
  const work = Promise.resolve(command.run(args, context));
  return withAlarm(work, { seconds: settings.timeout, host: io.host, log, beforeEnd: () => beforeEnd() });
}

/** `auto` is for terminals that know colours. */
function isColored({ color }: OfctlSettings, io: ToolIo): boolean {
  if (color !== "auto") return color === "always";
  const term = io.host.process.env["TERM"];
  return io.stdoutIsTerminal && term !== undefined && term !== "dumb";
}

/** Starts the background process where one is asked for; a status means that the work is another process's. */
async function launch(
  command: OfctlCommand,
  daemon: DaemonSettings,
  io: ToolIo,
  log: Vlog,
): Promise<number | undefined> {
  if (!command.background || !(daemon.detach || daemon.monitor)) return undefined;
  const { launchDaemon } = await import("#runtime/daemon-launch.js");
  return launchDaemon(io.host, program, daemon, () => ({ log, logFile: undefined }), [1, 2]);
}

function printed(what: "help" | "version" | "options", io: ToolIo): string {
  switch (what) {
    case "help":
      return helpText(io);
    case "version":
      return versionText(program, `OpenFlow versions 0x${OF10}:0x${OF15}`);
    case "options":
      return listOptions(ofctlOptionRows);
  }
}
