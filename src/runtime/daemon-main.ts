import type { Host } from "#host/host.js";
import { Coverage } from "./coverage.js";
import { Daemon } from "./daemon.js";
import { daemonCommands } from "./daemon-commands.js";
import { launchDaemon } from "./daemon-launch.js";
import { daemonOptionRows, daemonSettings, isDaemonOption } from "./daemon-options.js";
import { exitStatus } from "./end-reason.js";
import { type MemoryReporter, watchMemory } from "./memory.js";
import { type OptionRow, type ParsedOption, parseOptions } from "./options.js";
import { controlSocketPath, UnixctlServer } from "./unixctl-server.js";
import { Vlog } from "./vlog.js";
import { vlogModules } from "./vlog-modules.js";
import { applyVlogOption, vlogOptionRows } from "./vlog-options.js";

/** What a daemon's own part is given. */
export interface DaemonContext {
  readonly host: Host;
  readonly log: Vlog;
  /** The program's own options, in their order, and what is no option. */
  readonly options: readonly ParsedOption[];
  readonly operands: readonly string[];
  /** Takes the program's commands; those of every daemon are there. */
  readonly control: UnixctlServer;
  readonly coverage: Coverage;
  /** Absolute path of this process's pidfile, which it must not open. */
  readonly pidfile: string | undefined;
  /** Figures for `memory/show`; the program adds its own. */
  readonly memory: MemoryReporter[];
  /** Ends the daemon as the `exit` command does. */
  exit(status?: number, cleanup?: boolean): void;
}

/** A daemon's own part, once it serves. */
export interface RunningDaemon {
  /** When the daemon counts as ready, where that is later than its start: a process that detached returns only then. */
  readonly ready?: Promise<void>;
  /** `cleanup`: `exit --cleanup` was asked for. */
  stop(cleanup: boolean): Promise<void> | void;
}

/** A daemon as `runDaemon` wants it. */
export interface DaemonProgram {
  readonly program: string;
  /** Options besides those of every daemon (`--help`, `--version`, `--unixctl`, of life and of logging). */
  readonly options: readonly OptionRow[];
  /** All rows, those of every daemon too, where upstream has them in another order, which ambiguous abbreviations show. */
  readonly allOptions?: readonly OptionRow[];
  help(): string;
  version(): string;
  /** Further lines of the `version` command. */
  readonly versionExtra?: readonly string[];
  /** `exit` takes `--cleanup`. */
  readonly cleanup: boolean;
  /** With `--user`, keep the capabilities that a datapath needs. */
  readonly keepNetwork?: boolean;
  /** Checks what can be checked before anything is begun, such as the number of operands. Throws `UserError`. */
  check?(options: readonly ParsedOption[], operands: readonly string[]): void;
  /** Prepares everything; the control socket is opened when the promise resolves. */
  start(context: DaemonContext): Promise<RunningDaemon>;
}

/** The options that `runDaemon` adds to the program's own. */
export const commonOptionRows: readonly OptionRow[] = [
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
  { name: "unixctl", argument: "required" },
  ...daemonOptionRows,
  ...vlogOptionRows,
];

/**
 * A daemon from its command line to its end; the promise is the exit status. The order is upstream's: options, background process,
 * log, pidfile and user, control socket, the program's own start, ready.
 */
export async function runDaemon(program: DaemonProgram, argv: readonly string[], host: Host): Promise<number> {
  const name = program.program;
  return exitStatus(
    name,
    (text) => host.process.stderr(text),
    async () => {
      const { options, operands } = parseOptions(
        name,
        program.allOptions ?? [...program.options, ...commonOptionRows],
        argv,
      );
      for (const option of options) {
        if (option.name !== "help" && option.name !== "version") continue;
        host.process.stdout(option.name === "help" ? program.help() : program.version());
        return 0;
      }
      return live(program, host, options, operands);
    },
  );
}

function createLog(name: string, host: Host, options: readonly ParsedOption[]): Vlog {
  const log = new Vlog(host, { program: name, modules: vlogModules });
  for (const option of options) applyVlogOption(log, option);
  return log;
}

async function live(
  program: DaemonProgram,
  host: Host,
  options: readonly ParsedOption[],
  operands: readonly string[],
): Promise<number> {
  const name = program.program;
  const settings = daemonSettings(options);
  const launched = await launchDaemon(host, name, settings, () => {
    const log = createLog(
      name,
      host,
      options.filter((o) => o.name !== "log-file"),
    );
    const file = options.findLast((o) => o.name === "log-file");
    return { log, logFile: file && (file.value ?? log.defaultFile) };
  });
  if (launched !== undefined) return launched;

  const log = createLog(name, host, options);
  const own = options.filter((o) => program.options.some((row) => row.name === o.name) && !isDaemonOption(o));
  program.check?.(own, operands);
  const daemon = new Daemon(host, log, name, settings, program.keepNetwork);
  const control = new UnixctlServer(log);
  const coverage = new Coverage();
  const memory: MemoryReporter[] = [];
  let running: RunningDaemon | undefined;
  try {
    daemon.begin();
    let exit!: (status?: number, cleanup?: boolean) => void;
    const ended = new Promise<{ status: number; cleanup: boolean }>((resolve) => {
      exit = (status = 0, cleanup = false) => resolve({ status, cleanup });
    });
    control.register(
      daemonCommands({
        program: name,
        log,
        clock: host.clock,
        coverage,
        memory,
        versionExtra: program.versionExtra ?? [],
        cleanup: program.cleanup,
        exit: (cleanup) => exit(0, cleanup),
      }),
    );
    const path = controlSocketPath(host, name, options.findLast((o) => o.name === "unixctl")?.value);
    if (path !== undefined) await control.listen(host, path);
    coverage.start(host.clock);
    const watch = watchMemory(host, log, memory);
    const stop = async (cleanup: boolean): Promise<void> => {
      watch.cancel();
      coverage.stop();
      control.close();
      await running?.stop(cleanup);
    };
    daemon.handleSignals(() => stop(false));
    // The start may wait for others, a database for one; the daemon can be asked to end meanwhile.
    const starting = program.start({
      host,
      log,
      options: own,
      operands,
      control,
      coverage,
      pidfile: daemon.pidfile,
      memory,
      exit,
    });
    running = await Promise.race([starting, ended.then(() => undefined)]);
    if (running) void (running.ready ?? Promise.resolve()).then(() => daemon.ready());
    const { status, cleanup } = await ended;
    await stop(cleanup);
    return status;
  } finally {
    control.close();
    daemon.end();
  }
}
