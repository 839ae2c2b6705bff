import { dirname } from "node:path";
import type { Host } from "#host/host.js";
import { NodeThreads } from "#host/node/threads.js";
import { appctlCommands } from "#ovsdb-server/appctl-commands.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { readServerOptions, type ServerCommandLine, serverOptionRows } from "#ovsdb-server/server-command-line.js";
import { serverHelp } from "#ovsdb-server/server-help.js";
import { Coverage } from "#runtime/coverage.js";
import { Daemon } from "#runtime/daemon.js";
import { daemonCommands } from "#runtime/daemon-commands.js";
import { launchDaemon } from "#runtime/daemon-launch.js";
import { daemonSettings, daemonUsage } from "#runtime/daemon-options.js";
import { directories } from "#runtime/dirs.js";
import { endReason } from "#runtime/end-reason.js";
import { watchMemory } from "#runtime/memory.js";
import { type ParsedOption, parseOptions } from "#runtime/options.js";
import { controlSocketPath, UnixctlServer } from "#runtime/unixctl-server.js";
import { Vlog } from "#runtime/vlog.js";
import { vlogModules } from "#runtime/vlog-modules.js";
import { applyVlogOption, vlogUsage } from "#runtime/vlog-options.js";
import { OVS_VERSION, versionText } from "#util/version.js";
import { endWith } from "./support/end-with.js";

const program = "ovsdb-server";

/** Runs the program to its end; the promise is the exit status. */
async function live(argv: readonly string[], host: Host): Promise<number> {
  const { options, operands } = parseOptions(program, serverOptionRows, argv);
  const { db } = directories(host.process);
  for (const { name } of options) {
    if (name === "help") {
      host.process.stdout(serverHelp(`${db}/conf.db`, daemonUsage(program, host), vlogUsage(program, host)));
      return 0;
    }
    if (name === "version") {
      host.process.stdout(versionText(program));
      return 0;
    }
  }
  const wanted = readServerOptions(options);
  const settings = daemonSettings(options);
  const launched = await launchDaemon(host, program, settings, () => {
    const log = makeLog(host, options, false);
    const logFile = options.findLast((option) => option.name === "log-file");
    return { log, logFile: logFile && (logFile.value ?? log.defaultFile) };
  });
  if (launched !== undefined) return launched;

  const log = makeLog(host, options, true);
  const daemon = new Daemon(host, log, program, settings);
  daemon.begin();
  try {
    const databases = operands.length > 0 || wanted.noDatabases ? operands : [`${db}/conf.db`];
    return await serve(host, log, daemon, wanted, databases);
  } catch (error) {
    daemon.end();
    throw error;
  }
}

function makeLog(host: Host, options: readonly ParsedOption[], withFile: boolean): Vlog {
  const log = new Vlog(host, { program, modules: vlogModules });
  for (const option of options) if (withFile || option.name !== "log-file") applyVlogOption(log, option);
  return log;
}

async function serve(
  host: Host,
  log: Vlog,
  daemon: Daemon,
  wanted: ServerCommandLine,
  databases: readonly string[],
): Promise<number> {
  const { run } = directories(host.process);
  const { tls, columnDiffs, sync } = wanted;
  const server = new DatabaseServer(host, log, {
    runDirectory: run,
    tls,
    columnDiffs,
    sync,
    threads: new NodeThreads(dirname(host.process.programFile)),
  });
  for (const path of databases) if (!server.serves(path)) server.addDatabase(path);
  server.checkTls();
  for (const remote of wanted.remotes) await server.addRemote(remote);
  const unixctl = new UnixctlServer(log);
  const stop = (): void => {
    server.close();
    unixctl.close();
  };
  let exit!: (status: number) => void;
  const ended = new Promise<number>((resolve) => {
    exit = (status) => {
      stop();
      daemon.end();
      // What was answered last is on its way to the peers still.
      host.clock.after(10, () => resolve(status));
    };
  });
  const figures = (): Record<string, number> => server.memory();
  unixctl.register([
    ...appctlCommands(server),
    ...daemonCommands({
      program,
      log,
      clock: host.clock,
      coverage: new Coverage(),
      memory: [figures],
      cleanup: false,
      exit: () => exit(0),
    }),
  ]);
  const control = controlSocketPath(host, program, wanted.unixctl);
  if (control !== undefined) await unixctl.listen(host, control);
  watchMemory(host, log, [figures]);
  daemon.handleSignals(stop);
  log.module("ovsdb_server").info(`${program} (Open vSwitch) ${OVS_VERSION}`);
  server.startSync();
  daemon.ready();
  if (wanted.run !== undefined) await runCommand(host, wanted.run, exit);
  return ended;
}

/** Serves as long as a shell command runs. */
async function runCommand(host: Host, command: string, exit: (status: number) => void): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn("/bin/sh", ["-c", command], { stdio: "inherit" });
  child.on("exit", (status, signal) => {
    if (status === 0) {
      exit(0);
      return;
    }
    const how = signal ? `killed (${signal})` : `exit status ${status}`;
    host.process.stderr(`${program}: ${command}: child exited, ${how}\n`);
    exit(1);
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  const host = createDaemonHost();
  try {
    return await live(argv, host);
  } catch (error) {
    const reason = endReason(program, error);
    if (reason === undefined) throw error;
    host.process.stderr(reason);
    return 1;
  }
}

endWith(main(process.argv.slice(2)));
