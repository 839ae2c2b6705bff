import type { Host } from "#host/host.js";
import type { ChildExit, ChildProcess } from "#host/process.js";
import type { DaemonSettings } from "./daemon-options.js";
import { signalText } from "./signal-text.js";
import type { Vlog } from "./vlog.js";

/** Signals by which a programming error ends a process; the monitor starts it again after these only. */
const crashSignals: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGPIPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
]);

/** The role of a daemon that the monitor has started in the place of one that crashed. */
export const restartedRole = "restarted";

/** Milliseconds that a daemon has lived at least when it is started again at once. */
const restartInterval = 10_000;

/**
 * Plays this process's part in starting the daemon. Undefined means: serve. Otherwise the work is another process's, and the number is
 * the exit status for this one:
 *
 * - started by a user with `--detach`, it starts the daemon in the background and waits until that serves or has failed;
 * - with `--monitor` (in the foreground, or as the background process) it starts the daemon and keeps it alive.
 *
 * Call it once the options are read and before anything else is done. `monitorLog` makes the monitor's log, with all logging options
 * but the log file applied; `logFile` is that file. The descriptors to `keep` stay open in the monitor, for the daemons that it starts anew.
 */
export async function launchDaemon(
  host: Host,
  program: string,
  settings: DaemonSettings,
  monitorLog: () => { readonly log: Vlog; readonly logFile: string | undefined },
  keep: readonly number[] = [],
): Promise<number | undefined> {
  const { role } = host.process;
  if (role === undefined && settings.detach) {
    return inBackground(host.process.spawnSelf({ role: settings.monitor ? "monitor" : "daemon", detached: true }));
  }
  if (role === "monitor" || (role === undefined && settings.monitor)) {
    const { log, logFile } = monitorLog();
    log.setSubprogram("monitor");
    return new Monitor(host, program, settings, log, logFile, keep).run();
  }
  return undefined;
}

async function inBackground(child: ChildProcess): Promise<number> {
  const ready = await child.ready;
  if (!ready) return statusOf(await child.exit);
  child.unref();
  return 0;
}

function statusOf(exit: ChildExit): number {
  return exit.status === undefined ? 1 : exit.status;
}

/** Keeps a daemon alive. */
class Monitor {
  readonly #host: Host;
  readonly #program: string;
  readonly #settings: DaemonSettings;
  readonly #log: Vlog;
  readonly #logFile: string | undefined;
  readonly #keep: readonly number[];
  #crashes = 0;

  constructor(
    host: Host,
    program: string,
    settings: DaemonSettings,
    log: Vlog,
    logFile: string | undefined,
    keep: readonly number[],
  ) {
    this.#host = host;
    this.#program = program;
    this.#settings = settings;
    this.#log = log;
    this.#logFile = logFile;
    this.#keep = keep;
  }

  async run(): Promise<number> {
    let status = "healthy";
    let served = false;
    for (;;) {
      const started = this.#host.clock.now();
      const role = this.#crashes === 0 ? "daemon" : restartedRole;
      const child = this.#host.process.spawnSelf({ role, detached: false });
      this.#host.process.setTitle(`${this.#program}: monitoring pid ${child.pid} (${status})`);
      const ready = await child.ready;
      if (ready && !served) this.#served();
      served ||= ready;
      const exit = await child.exit;
      // What fails before it ever served says why itself.
      if (!served) return statusOf(exit);
      const died = `pid ${child.pid} died, ${describe(exit)}`;
      if (exit.signal === undefined || !crashSignals.has(exit.signal)) {
        this.#say((log) => log.module("daemon_unix").info(`${died}, exiting`));
        return 0;
      }
      this.#crashes++;
      status = `${this.#crashes} crashes: ${died}`;
      await this.#pause(started, status);
      this.#say((log) => log.module("daemon_unix").err(`${status}, restarting`));
    }
  }

  #served(): void {
    if (!this.#settings.detach) return;
    this.#host.process.signalReady();
    this.#host.process.detachStdio(this.#keep);
    if (this.#settings.chdir) this.#host.process.chdir("/");
  }

  async #pause(started: number, status: string): Promise<void> {
    const { clock } = this.#host;
    const wait = started + restartInterval - clock.now();
    // As upstream has it, the first crash is forgiven without delay.
    if (wait <= 0 || this.#crashes === 1) return;
    this.#say((log) =>
      log.module("daemon_unix").warn(`${status}, waiting until ${restartInterval / 1000} seconds since last restart`),
    );
    await new Promise<void>((resolve) => clock.after(wait, resolve));
  }

  /** The log file is the daemon's; the monitor opens it only as long as it has something to say. */
  #say(write: (log: Vlog) => void): void {
    if (this.#logFile !== undefined) this.#log.openFile(this.#logFile);
    write(this.#log);
    this.#log.closeFile();
  }
}

function describe(exit: ChildExit): string {
  return exit.signal === undefined ? `exit status ${exit.status}` : `killed (${signalText(exit.signal)})`;
}
