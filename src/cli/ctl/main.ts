import { directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { OptionError, parseOptions } from "#runtime/options.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";
import { saveFlows } from "../save/save-flows.js";
import type { ScriptEnvironment } from "../script-environment.js";
import { type DaemonName, runningPid, startDaemon, stopDaemon } from "./daemon.js";
import { CtlDatabase } from "./database.js";
import { ctlHelp } from "./help.js";
import { type CtlOptions, ctlOptionRows, ctlOptions } from "./options.js";

const program = "ovs-ctl";
const daemons: readonly DaemonName[] = ["ovsdb-server", "ovs-vswitchd"];
/** What flows are restored under. */
const WAIT = "other_config:flow-restore-wait=true";

interface CtlCommand {
  readonly name: string;
  readonly support?: "accepted" | "missing";
  run(options: CtlOptions, env: ScriptEnvironment): Promise<number>;
}

const refused = (name: string, why: string): CtlCommand => ({
  name,
  support: "missing",
  run: () => Promise.reject(new UserError(`${name}: ${why}`)),
});

/** The commands of `ovs-ctl`. */
export const ctlCommands: readonly CtlCommand[] = [
  { name: "start", run: start },
  { name: "stop", run: stop },
  { name: "restart", run: restart },
  { name: "status", run: status },
  { name: "version", run: version },
  {
    name: "load-kmod",
    support: "accepted",
    async run(_options, env) {
      env.print("Weft has no kernel module. Skipping modprobe.\n");
      return 0;
    },
  },
  {
    name: "force-reload-kmod",
    run(options, env) {
      if (options.has("no-ovs-vswitchd"))
        throw new UserError("force-reload-kmod and --no-ovs-vswitchd do not go together");
      env.print("Weft has no kernel module; restarting the daemons.\n");
      return restart(options, env);
    },
  },
  refused(
    "enable-protocol",
    "Weft does not change the host's packet filter; have iptables or nftables accept the protocol",
  ),
  {
    name: "delete-transient-ports",
    async run(options, env) {
      await new CtlDatabase(options, env).deleteTransientPorts();
      return 0;
    },
  },
  refused("start-ovs-ipsec", "Weft has no IPsec daemon"),
  refused("stop-ovs-ipsec", "Weft has no IPsec daemon"),
  {
    name: "record-hostname-if-not-set",
    async run(options, env) {
      await new CtlDatabase(options, env).recordHostname();
      return 0;
    },
  },
  {
    name: "help",
    async run(_options, env) {
      env.print(ctlHelp(directories(env.host.process)));
      return 0;
    },
  },
];

/** Runs `ovs-ctl` with its arguments; the promise is the exit status. */
export function ovsCtl(argv: readonly string[], env: ScriptEnvironment): Promise<number> {
  return exitStatus(
    program,
    (text) => env.error(text),
    () => run(argv, env),
  );
}

async function run(argv: readonly string[], env: ScriptEnvironment): Promise<number> {
  const { options, operands } = parsed(argv);
  const read = ctlOptions(options);
  if (read.has("help")) {
    env.print(ctlHelp(directories(env.host.process)));
    return 0;
  }
  if (read.has("version")) {
    env.print(versionText(program));
    return 0;
  }
  const [name, ...more] = operands;
  if (name === undefined) throw new UserError("missing command name (use --help for help)");
  if (more.length > 0) throw new UserError("exactly one non-option argument required (use --help for help)");
  const command = ctlCommands.find((row) => row.name === name);
  if (command === undefined) throw new UserError(`unknown command "${name}" (use --help for help)`);
  return command.run(read, env);
}

function parsed(argv: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(program, ctlOptionRows, argv);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const [, unknown] = /unrecognized option '(.*)'/.exec(error.message) ?? [];
    throw unknown === undefined ? error : new UserError(`unknown option "${unknown}" (use --help for help)`);
  }
}

/** Options say which daemons to leave alone. */
const isMeant = (name: DaemonName, options: CtlOptions): boolean => !options.has(`no-${name}`);

async function start(options: CtlOptions, env: ScriptEnvironment): Promise<number> {
  const database = new CtlDatabase(options, env);
  await startDatabase(database, options, env);
  await startSwitch(database, options, env);
  if (!options.has("no-record-hostname")) await database.recordHostname();
  if (isMeant("ovsdb-server", options) || isMeant("ovs-vswitchd", options)) await database.enableManagers();
  return 0;
}

async function startDatabase(database: CtlDatabase, options: CtlOptions, env: ScriptEnvironment): Promise<void> {
  if (!isMeant("ovsdb-server", options)) return;
  if (runningPid("ovsdb-server", env) !== undefined) {
    env.print("ovsdb-server is already running.\n");
    return;
  }
  await database.prepare();
  await startDaemon("ovsdb-server", database.serverArguments, options, env);
  await database.initialise();
}

async function startSwitch(database: CtlDatabase, options: CtlOptions, env: ScriptEnvironment): Promise<void> {
  if (!isMeant("ovs-vswitchd", options)) return;
  if (runningPid("ovs-vswitchd", env) !== undefined) {
    env.print("ovs-vswitchd is already running.\n");
    return;
  }
  const locked = options.has("no-mlockall") ? [] : ["--mlockall"];
  await startDaemon("ovs-vswitchd", [`unix:${database.socket}`, ...locked], options, env);
}

async function stop(options: CtlOptions, env: ScriptEnvironment): Promise<number> {
  for (const name of [...daemons].reverse()) if (isMeant(name, options)) await stopDaemon(name, env);
  return 0;
}

/** Stops and starts the daemons. The switch is away for no longer than it takes to start, and its flows are put back before it serves. */
async function restart(options: CtlOptions, env: ScriptEnvironment): Promise<number> {
  const database = new CtlDatabase(options, env);
  const restores = isMeant("ovs-vswitchd", options) && runningPid("ovs-vswitchd", env) !== undefined;
  let script = "";
  if (restores) {
    const bridges = (await database.vsctl("--real", "list-br")).split("\n").filter((name) => name !== "");
    ({ script } = await saveFlows(bridges, env));
    env.print("Saving flows.\n");
  }
  if (isMeant("ovsdb-server", options)) await stopDaemon("ovsdb-server", env);
  await startDatabase(database, options, env);
  // It counts when a switch starts.
  if (restores) await database.vsctl("set", "Open_vSwitch", ".", WAIT);
  if (isMeant("ovs-vswitchd", options)) await stopDaemon("ovs-vswitchd", env);
  let isRestored = true;
  try {
    await startSwitch(database, options, env);
    if (restores) isRestored = await restoreFlows(script, env);
  } finally {
    if (restores)
      await database.vsctl("--if-exists", "remove", "Open_vSwitch", ".", "other_config", "flow-restore-wait");
  }
  if (!options.has("no-record-hostname")) await database.recordHostname();
  await database.enableManagers();
  return isRestored ? 0 : 1;
}

async function restoreFlows(script: string, env: ScriptEnvironment): Promise<boolean> {
  const bin = env.programFile("ovs-ofctl").replace(/\/[^/]*$/, "");
  const path = `${bin}:${env.host.process.env["PATH"] ?? ""}`;
  const { stderr } = await env.programs.run("/bin/sh", ["-c", script], { env: { PATH: path } });
  env.print(stderr === "" ? "Restoring saved flows.\n" : "Restoring saved flows ... failed!\n");
  env.error(stderr);
  return stderr === "";
}

async function status(_options: CtlOptions, env: ScriptEnvironment): Promise<number> {
  let result = 0;
  for (const name of daemons) {
    const pid = runningPid(name, env);
    env.print(pid === undefined ? `${name} is not running\n` : `${name} is running with pid ${pid}\n`);
    if (pid === undefined) result = 1;
  }
  return result;
}

async function version(options: CtlOptions, env: ScriptEnvironment): Promise<number> {
  for (const name of daemons) {
    if (!isMeant(name, options)) continue;
    const { stdout, stderr } = await env.programs.run(env.programFile(name), ["--version"]);
    env.print(stdout);
    env.error(stderr);
  }
  return 0;
}
