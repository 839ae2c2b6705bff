import { spawn } from "node:child_process";
import { createNodeHost } from "#host/node/host.js";
import type { Host } from "#host/host.js";
import { OvsdbError } from "#ovsdb/error.js";
import { appctlCommands } from "#ovsdb-server/appctl-commands.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { readServerOptions, type ServerCommandLine, serverOptionRows } from "#ovsdb-server/server-command-line.js";
import { serverHelp } from "#ovsdb-server/server-help.js";
import { Coverage, coverageCommands } from "#runtime/coverage.js";
import { directories } from "#runtime/dirs.js";
import { memoryCommands, watchMemory } from "#runtime/memory.js";
import { OptionError, parseOptions } from "#runtime/options.js";
import { controlSocketPath, UnixctlServer } from "#runtime/unixctl-server.js";
import { Vlog } from "#runtime/vlog.js";
import { vlogCommands } from "#runtime/vlog-commands.js";
import { vlogModules } from "#runtime/vlog-modules.js";
import { applyVlogOption, vlogOptionRows, vlogUsage } from "#runtime/vlog-options.js";
import { HostError, UserError } from "#util/errors.js";
import { OVS_VERSION, versionText } from "#util/version.js";

const program = "ovsdb-server";

async function main(argv: readonly string[]): Promise<void> {
  const { lockRecord } = await import("#host/linux/record-lock.js");
  const host = createNodeHost({ lock: lockRecord });
  try {
    await start(argv, host);
  } catch (error) {
    if (error instanceof OptionError) host.process.stderr(`${error.message}\n`);
    else if (error instanceof UserError || error instanceof OvsdbError || error instanceof HostError) {
      host.process.stderr(`${program}: ${error.message}\n`);
    } else throw error;
    process.exit(1);
  }
}

async function start(argv: readonly string[], host: Host): Promise<void> {
  const vlog = new Vlog(host, { program, modules: vlogModules });
  const parsed = parseOptions(program, [...serverOptionRows, ...vlogOptionRows], argv);
  const { db, run } = directories(host.process);
  for (const option of parsed.options) {
    if (option.name === "help") {
      host.process.stdout(serverHelp(`${db}/conf.db`, "", vlogUsage(program, host)));
      return;
    }
    if (option.name === "version") {
      host.process.stdout(versionText(program));
      return;
    }
    applyVlogOption(vlog, option);
  }
  const wanted = readServerOptions(parsed.options);
  const server = new DatabaseServer(host, vlog, { runDirectory: run, tls: wanted.tls, columnDiffs: wanted.columnDiffs });
  const databases = parsed.operands.length > 0 || wanted.noDatabases ? parsed.operands : [`${db}/conf.db`];
  for (const path of databases) if (!server.serves(path)) server.addDatabase(path);
  server.checkTls();
  for (const remote of wanted.remotes) await server.addRemote(remote);
  await control(host, vlog, server, wanted);
  vlog.module("ovsdb_server").info(`${program} (Open vSwitch) ${OVS_VERSION}`);
  if (wanted.run !== undefined) runCommand(host, server, wanted.run);
}

async function control(host: Host, vlog: Vlog, server: DatabaseServer, wanted: ServerCommandLine): Promise<void> {
  const unixctl = new UnixctlServer(vlog);
  const figures = (): Record<string, number> => server.memory();
  const exit = {
    name: "exit",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run() {
      host.clock.after(0, () => {
        unixctl.close();
        server.close();
        host.clock.after(10, () => process.exit(0));
      });
      return "";
    },
  };
  const coverage = new Coverage();
  unixctl.register([
    ...appctlCommands(server),
    ...vlogCommands(vlog),
    ...memoryCommands([figures]),
    ...coverageCommands(coverage),
    exit,
  ]);
  const path = controlSocketPath(host, program, wanted.unixctl);
  if (path !== undefined) await unixctl.listen(host, path);
  watchMemory(host, vlog, [figures]);
}

/** Serves as long as a shell command runs. */
function runCommand(host: Host, server: DatabaseServer, command: string): void {
  const child = spawn("/bin/sh", ["-c", command], { stdio: "inherit" });
  child.on("exit", (status, signal) => {
    server.close();
    if (status === 0) process.exit(0);
    const how = signal ? `killed (${signal})` : `exit status ${status}`;
    host.process.stderr(`${program}: ${command}: child exited, ${how}\n`);
    process.exit(1);
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
