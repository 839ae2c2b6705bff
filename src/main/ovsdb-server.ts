import { dirname } from "node:path";
import type { Host } from "#host/host.js";
import { NodeThreads } from "#host/node/threads.js";
import { appctlCommands } from "#ovsdb-server/appctl-commands.js";
import { ConfiguredServer } from "#ovsdb-server/configured-server.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { StateFile, stateOf } from "#ovsdb-server/runtime-state.js";
import { readServerOptions, serverOptionRows, serverOwnOptionRows } from "#ovsdb-server/server-command-line.js";
import { serverHelp } from "#ovsdb-server/server-help.js";
import { restartedRole } from "#runtime/daemon-launch.js";
import { type DaemonContext, type RunningDaemon, runDaemon } from "#runtime/daemon-main.js";
import { daemonUsage } from "#runtime/daemon-options.js";
import { below, directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { parseOptions } from "#runtime/options.js";
import { chooseReplay } from "#runtime/replay-option.js";
import { vlogUsage } from "#runtime/vlog-options.js";
import { OVS_VERSION, versionText } from "#util/version.js";
import { endWith } from "./support/end-with.js";

const program = "ovsdb-server";

/** `state` is kept for a server that takes this one's place, and taken from the one before after a crash. */
async function start(context: DaemonContext, state: StateFile | undefined): Promise<RunningDaemon> {
  const { host, log, control, operands } = context;
  const wanted = readServerOptions(context.options, operands);
  const { run, db } = directories(host.process);
  const { tls, columnDiffs, configFile } = wanted;
  const before = host.process.role === restartedRole && configFile === undefined ? state?.read() : undefined;
  const sync = before?.sync ?? wanted.sync;
  const threads = new NodeThreads(dirname(host.process.programFile));
  const server = new DatabaseServer(host, log, { runDirectory: run, tls, columnDiffs, sync, threads });
  const configured =
    configFile === undefined
      ? undefined
      : new ConfiguredServer(host.files, server, below(host.process.cwd, configFile));
  const keepState = (): void => {
    if (!configured) state?.write(stateOf(server));
  };
  control.register(
    appctlCommands(server, { ...(configured ? { reload: () => configured.load() } : {}), changed: keepState }),
  );
  context.memory.push(() => server.memory());
  if (configured) {
    await configured.load();
    server.checkTls();
  } else {
    const named = operands.length > 0 || wanted.noDatabases ? operands : [`${db}/conf.db`];
    for (const name of before?.databases ?? named) if (!server.serves(name)) server.addDatabase(name);
    server.checkTls();
    for (const remote of before?.remotes ?? wanted.remotes) await server.addRemote(remote);
  }
  log.module("ovsdb_server").info(`${program} (Open vSwitch) ${OVS_VERSION}`);
  server.startSync();
  keepState();
  if (wanted.run !== undefined) await runCommand(host, wanted.run, context.exit);
  return {
    stop() {
      state?.remove();
      server.close();
      // What was answered last is on its way to the peers still.
      return new Promise((resolve) => host.clock.after(10, resolve));
    },
  };
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

async function live(argv: readonly string[], outside: Host): Promise<number> {
  const { options: given } = parseOptions(program, serverOptionRows, argv);
  const { host, replayed } = await chooseReplay(outside, program, given);
  const { db } = directories(host.process);
  return runDaemon(
    {
      program,
      options: serverOwnOptionRows,
      allOptions: serverOptionRows,
      help: () => serverHelp(`${db}/conf.db`, daemonUsage(program, host), vlogUsage(program, host)),
      version: () => versionText(program),
      cleanup: false,
      check: (options, operands) => void readServerOptions(options, operands),
      async start(context) {
        const { run } = directories(host.process);
        const monitored = given.some(({ name }) => name === "monitor");
        // The monitor is the same process for all the servers that it starts.
        const path = `${below(host.process.cwd, run)}/.${program}.${host.process.parentPid}.state`;
        const running = await start(context, monitored ? new StateFile(host.files, path) : undefined);
        // What was recorded has happened: nothing else will.
        void replayed?.then(() => context.exit());
        return running;
      },
    },
    argv,
    host,
  );
}

async function main(argv: readonly string[]): Promise<number> {
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  const host = createDaemonHost();
  return exitStatus(
    program,
    (text) => host.process.stderr(text),
    () => live(argv, host),
  );
}

endWith(main(process.argv.slice(2)));
