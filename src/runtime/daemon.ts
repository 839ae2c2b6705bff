import { LockedError } from "#host/files.js";
import type { Host } from "#host/host.js";
import type { SignalName } from "#host/process.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { DaemonSettings } from "./daemon-options.js";
import { below, directories } from "./dirs.js";
import { signalNumber, signalText } from "./signal-text.js";
import type { Vlog } from "./vlog.js";

/**
 * The life of the process that serves: `begin`, then the program's own preparations, `ready`, and `end`. See `launchDaemon` for how
 * it came to be.
 */
export class Daemon {
  readonly #host: Host;
  readonly #log: Vlog;
  readonly #settings: DaemonSettings;
  /** Absolute path; this process must not open that file, or it loses the lock on it. */
  readonly pidfile: string | undefined;
  readonly #keepNetwork: boolean;
  #lock: { release(): void } | undefined;
  #ending = false;

  /** `keepNetwork`: with `--user`, keep the capabilities that a datapath needs. */
  constructor(host: Host, log: Vlog, program: string, settings: DaemonSettings, keepNetwork = false) {
    this.#host = host;
    this.#log = log;
    this.#settings = settings;
    this.#keepNetwork = keepNetwork;
    const { pidfile } = settings;
    if (pidfile !== undefined) this.pidfile = below(directories(host.process).run, pidfile || `${program}.pid`);
  }

  /** Claims the pidfile and changes the user. Throws `UserError` in upstream's words: already running, cannot create, no such user. */
  begin(): void {
    const identity = this.#identity();
    if (this.pidfile !== undefined) this.#claim(this.pidfile);
    if (identity) this.#host.process.setIdentity(identity, this.#keepNetwork);
  }

  /** The program serves: whoever waits for it is told, and with `--detach` the terminal is let go, but for the descriptors to `keep`. */
  ready(keep: readonly number[] = []): void {
    const detached = this.#host.process.role !== undefined && this.#settings.detach;
    this.#host.process.signalReady();
    if (!detached) return;
    if (this.#settings.chdir) this.#host.process.chdir("/");
    this.#host.process.detachStdio(keep);
  }

  /**
   * Takes the signals over: at SIGTERM or SIGINT `stop` runs, then the process ends by that signal; SIGHUP reopens the log file. An error
   * that nobody caught is logged before the process ends as a crash.
   */
  handleSignals(stop: () => Promise<void> | void): void {
    const { process } = this.#host;
    const logger = this.#log.module("fatal_signal");
    const terminate = async (signal: SignalName): Promise<void> => {
      if (this.#ending) return;
      this.#ending = true;
      logger.warn(`terminating with signal ${signalNumber(signal)} (${signalText(signal)})`);
      try {
        await stop();
      } finally {
        this.end();
        process.dieBySignal(signal);
      }
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.onSignal(signal, () => void terminate(signal));
    process.onSignal("SIGHUP", () => void this.#log.reopenFile());
    process.onCrash((error) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#log.module("util").emer(text);
    });
  }

  /** Gives up the pidfile. */
  end(): void {
    if (!this.#lock) return;
    try {
      this.#host.files.remove(this.pidfile!);
    } catch {
      // Someone else has removed it.
    }
    this.#lock.release();
    this.#lock = undefined;
  }

  #claim(path: string): void {
    const { files, process } = this.#host;
    if (!this.#settings.overwritePidfile && files.exists(path)) {
      const holder = this.#holder(path);
      if (holder !== undefined) throw new UserError(`${path}: already running as pid ${holder}, aborting`);
    }
    const temporary = `${path}.tmp${process.pid}`;
    try {
      files.write(temporary, `${process.pid}\n`, 0o644);
      // The lock belongs to the file, whatever its name: it is held before the pidfile can be seen.
      this.#lock = files.lock(temporary);
    } catch (error) {
      throw new UserError(`${path}.tmp: create failed (${causeText(error)})`);
    }
    try {
      files.rename(temporary, path);
    } catch (error) {
      files.remove(temporary);
      throw new UserError(`failed to rename "${temporary}" to "${path}" (${causeText(error)})`);
    }
  }

  /** Who holds the pidfile. Trying to lock it finds out also where the kernel's table of locks does not show it. */
  #holder(path: string): number | undefined {
    const { files } = this.#host;
    const holder = files.lockHolder(path);
    if (holder !== undefined) return holder;
    try {
      files.lock(path).release();
    } catch (error) {
      if (error instanceof LockedError && error.code === "EAGAIN") return error.holder ?? 0;
    }
    return undefined;
  }

  #identity() {
    const { user } = this.#settings;
    if (user === undefined) return undefined;
    const { process } = this.#host;
    // Upstream names the pidfile here, whether there is one or not.
    const where = this.pidfile ?? "(null)";
    if (!process.isRoot) throw new UserError(`${where}: only root can use --user option`);
    const [name = "", group = ""] = user.split(":");
    for (const [kind, id] of [["user", name] as const, ["group", group] as const]) {
      if (id === "") continue;
      try {
        process.identity(kind === "user" ? id : undefined, kind === "group" ? id : undefined);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        throw new UserError(`${where}: ${kind} ${id} not found, aborting.`);
      }
    }
    return process.identity(name === "" ? undefined : name, group === "" ? undefined : group);
  }
}

function causeText(error: unknown): string {
  if (error instanceof HostError) return errnoText(error.code);
  throw error;
}
