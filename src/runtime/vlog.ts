import type { AppendFile } from "#host/files.js";
import type { Host } from "#host/host.js";
import type { SyslogTarget } from "#host/syslog.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { directories } from "./dirs.js";
import { type Level, type Log, type Logger, type MessageLevel, severity } from "./logger.js";
import { facilityNumber } from "./syslog-facility.js";
import { type LogSink, type ModuleLevels, VlogModule } from "./vlog-logger.js";
import { formatRecord, type LogOrigin, type LogRecord } from "./vlog-pattern.js";
import { type Destination, destinations, parseVlogSpec } from "./vlog-spec.js";

/** What goes before the pattern in a message to a remote syslog. */
const remotePrefix = "<%B> %D{%h %e %T} %E %A:";

const defaultPatterns: Readonly<Record<Destination, string>> = {
  syslog: "ovs|%05N|%c%T|%p|%m",
  console: "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
  file: "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
};

export interface VlogSettings {
  readonly program: string;
  /** `monitor` in the supervising process; empty by default. */
  readonly subprogram?: string;
  /** Modules that may be named in specifications before they log. */
  readonly modules?: readonly string[];
}

/** Facility of messages to the local syslog, and elsewhere. */
const localFacility = facilityNumber("daemon")!;
const remoteFacility = facilityNumber("local0")!;

/**
 * The log of a program: modules with levels for the system log, the console (standard error) and a file, each with its pattern.
 * The words and defaults are those of ovs-appctl(8).
 */
export class Vlog implements Log, LogSink {
  readonly #host: Host;
  readonly #settings: VlogSettings;
  readonly #modules = new Map<string, VlogModule>();
  readonly #known: ReadonlySet<string>;
  readonly #defaults: Record<Destination, Level> = { syslog: "info", console: "info", file: "info" };
  readonly #patterns: Record<Destination, string> = { ...defaultPatterns };
  readonly #started: number;
  readonly #own: Logger;
  #hostname: string | undefined;
  #facility: number | undefined;
  #serial = 0;
  #method: string;
  #syslog: SyslogTarget | undefined;
  #silent = false;
  #target: SyslogTarget | undefined;
  #file: AppendFile | undefined;
  #path: string | undefined;
  #subprogram: string;

  constructor(host: Host, settings: VlogSettings) {
    this.#host = host;
    this.#settings = settings;
    this.#subprogram = settings.subprogram ?? "";
    this.#known = new Set(settings.modules);
    this.#started = host.clock.wall();
    this.#method = host.process.env["OVS_SYSLOG_METHOD"] ?? "libc";
    this.#own = this.module("vlog");
  }

  /** The logger of a module, always the same one; the module is listed from then on. */
  module(name: string): Logger {
    let module = this.#modules.get(name);
    if (!module) {
      module = new VlogModule(name, this, { ...this.#defaults });
      this.#modules.set(name, module);
    }
    return module;
  }

  /** Names of the modules, sorted. */
  moduleNames(): string[] {
    return [...this.#modules.keys()].sort();
  }

  levelsOf(module: string): ModuleLevels | undefined {
    return this.#modules.get(module)?.levels;
  }

  patternOf(destination: Destination): string {
    return this.#patterns[destination];
  }

  /** What goes before a destination's pattern, as `vlog/list-pattern` shows it. */
  prefixOf(destination: Destination): string {
    if (destination !== "syslog") return "none";
    if (this.#method === "null") return "";
    return this.#method === "libc" ? remotePrefix : "<%B>";
  }

  /** Gives the subprogram name that patterns show. */
  setSubprogram(name: string): void {
    this.#subprogram = name;
  }

  /** Applies a specification of `vlog/set` or `-v`. Throws `UserError`. */
  set(spec: string): void {
    const parsed = parseVlogSpec(spec, (name) => this.#modules.has(name) || this.#known.has(name));
    switch (parsed.kind) {
      case "facility":
        this.#facility = parsed.facility;
        break;
      case "pattern":
        for (const d of destinations) {
          if (parsed.destination === undefined || parsed.destination === d) this.#patterns[d] = parsed.pattern;
        }
        break;
      case "level":
        this.setLevel(parsed.module, parsed.destination, parsed.level);
    }
  }

  /** Sets a level; `undefined` stands for all modules, also those to come, or all destinations. */
  setLevel(module: string | undefined, destination: Destination | undefined, level: Level): void {
    const chosen = destinations.filter((d) => destination === undefined || destination === d);
    if (module !== undefined) this.module(module);
    for (const d of chosen) {
      if (module === undefined) this.#defaults[d] = level;
      for (const one of this.#modules.values()) {
        if (module === undefined || one.module === module) one.setLevel(d, level);
      }
    }
  }

  /** Turns rate limits on or off, for all modules or those named. Throws `UserError` at an unknown one. */
  limitRates(on: boolean, modules: readonly string[]): void {
    const names = modules.length === 0 || modules.some((m) => m.toLowerCase() === "any") ? this.moduleNames() : modules;
    for (const name of names) {
      const module = this.#modules.get(name.toLowerCase());
      if (!module) {
        if (!this.#known.has(name.toLowerCase())) throw new UserError("unknown module");
        this.module(name.toLowerCase());
      }
      this.#modules.get(name.toLowerCase())!.honorLimits = on;
    }
  }

  /** Chooses how syslog is reached: `libc`, `null`, `unix:FILE`, `udp:IP:PORT`. Throws `UserError`. */
  setSyslogMethod(method: string): void {
    if (method !== "libc" && method !== "null" && !/^(unix|udp):/.test(method)) {
      throw new UserError(`unsupported syslog method '${method}'`);
    }
    this.#syslog?.close();
    this.#syslog = undefined;
    this.#silent = false;
    this.#method = method;
  }

  /** Sends syslog messages to a UDP port in addition, as the deprecated `--syslog-target=HOST:PORT` asks. */
  setSyslogTarget(target: string): void {
    this.#own.warn("--syslog-target flag is deprecated, use --syslog-method instead");
    this.#target?.close();
    if (!/:\d+$/.test(target)) {
      this.module("socket_util").err(`${target}: port must be specified`);
      return;
    }
    this.#target = this.#host.syslog(`udp:${target}`);
  }

  /** Starts to log into a file. Where that fails it logs so, and gives the reason in strerror's words. */
  openFile(path: string): string | undefined {
    this.closeFile();
    try {
      this.#file = this.#host.files.openAppend(path, { create: true, exclusive: false, mode: 0o640 });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      const reason = errnoText(error.code);
      this.#own.warn(`failed to open ${path} for logging: ${reason}`);
      return reason;
    }
    this.#path = path;
    this.#own.info(`opened log file ${path}`);
    return undefined;
  }

  /** Closes the log file; `reopenFile` opens it again. */
  closeFile(): void {
    if (!this.#file) return;
    this.#own.info("closing log file");
    this.#file.close();
    this.#file = undefined;
  }

  /** Closes the log file and opens it anew, as after a rotation, as `openFile` does; nothing without a log file. */
  reopenFile(): string | undefined {
    return this.#path === undefined ? undefined : this.openFile(this.#path);
  }

  /** Where `--log-file` without a name logs to. */
  get defaultFile(): string {
    return `${directories(this.#host.process).log}/${this.#settings.program}.log`;
  }

  get filePath(): string | undefined {
    return this.#path;
  }

  /** Writes a message wherever its level reaches. */
  write(levelsOfModule: ModuleLevels, level: MessageLevel, module: string, message: string): void {
    const record: LogRecord = { level, module, message, serial: ++this.#serial, wall: this.#host.clock.wall() };
    const needed = severity[level];
    if (needed <= severity[levelsOfModule.console]) {
      this.#host.process.stderr(`${formatRecord(this.#patterns.console, record, this.#origin(remoteFacility))}\n`);
    }
    if (this.#file && needed <= severity[levelsOfModule.file]) this.#writeFile(record);
    if (needed <= severity[levelsOfModule.syslog]) this.#writeSyslog(record);
  }

  /** Lets go of files and sockets. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#syslog?.close();
    this.#target?.close();
  }

  /** Milliseconds of the monotonic clock. */
  now(): number {
    return this.#host.clock.now();
  }

  #writeFile(record: LogRecord): void {
    const line = `${formatRecord(this.#patterns.file, record, this.#origin(remoteFacility))}\n`;
    try {
      this.#file!.append(new TextEncoder().encode(line));
    } catch {
      // A full disk must not stop the switch; the line is lost.
    }
  }

  #writeSyslog(record: LogRecord): void {
    if (!this.#syslog && !this.#silent && this.#method !== "null") {
      this.#syslog = this.#host.syslog(this.#method === "libc" ? "unix:/dev/log" : this.#method);
      // Without a syslog daemon every message would look for it again.
      if (!this.#syslog) this.#silent = true;
    }
    for (const message of record.message.split("\n")) {
      if (message === "") continue;
      const one = { ...record, message };
      // syslog(3) puts local time and the program's name before the message.
      const prefix = this.#method === "libc" ? "<%B>%d{%h %e %T} %A: " : "<%B>";
      const pattern = this.#patterns.syslog;
      this.#syslog?.send(formatRecord(prefix + pattern, one, this.#origin(localFacility)));
      this.#target?.send(formatRecord(remotePrefix + pattern, one, this.#origin(remoteFacility)));
    }
  }

  #origin(facility: number): LogOrigin {
    this.#hostname ??= this.#host.process.hostname;
    return {
      program: this.#settings.program,
      pid: this.#host.process.pid,
      hostname: this.#hostname,
      subprogram: this.#subprogram,
      started: this.#started,
      facility: this.#facility ?? facility,
    };
  }
}
