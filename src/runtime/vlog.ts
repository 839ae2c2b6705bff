import type { AppendFile } from "#host/files.js";
import type { Host } from "#host/host.js";
import type { SyslogTarget } from "#host/syslog.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { directories } from "./dirs.js";
import { type Level, type Log, type Logger, levels, type MessageLevel } from "./logger.js";
import { facilityNumber } from "./syslog-facility.js";
import { TokenBucket } from "./token-bucket.js";
import { formatRecord, type LogOrigin, type LogRecord } from "./vlog-pattern.js";
import { type Destination, destinations, parseVlogSpec } from "./vlog-spec.js";

const rank: Readonly<Record<Level, number>> = { off: 0, emer: 1, err: 2, warn: 3, info: 4, dbg: 5 };

/** What goes before the pattern in a message to a remote syslog. */
const remotePrefix = "<%B> %D{%h %e %T} %E %A:";

const defaultPatterns: Readonly<Record<Destination, string>> = {
  syslog: "ovs|%05N|%c%T|%p|%m",
  console: "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
  file: "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
};

/** A module's levels. */
interface ModuleLevels {
  readonly syslog: Level;
  readonly console: Level;
  readonly file: Level;
}

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
export class Vlog implements Log {
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
    const needed = rank[level];
    if (needed <= rank[levelsOfModule.console]) {
      this.#host.process.stderr(`${formatRecord(this.#patterns.console, record, this.#origin(remoteFacility))}\n`);
    }
    if (this.#file && needed <= rank[levelsOfModule.file]) this.#writeFile(record);
    if (needed <= rank[levelsOfModule.syslog]) this.#writeSyslog(record);
  }

  /** Lets go of files and sockets. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#syslog?.close();
    this.#target?.close();
  }

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

/** One module's logger. */
class VlogModule implements Logger {
  readonly module: string;
  readonly levels: Record<Destination, Level>;
  honorLimits = true;
  readonly #vlog: Vlog;
  #highest = 0;

  constructor(module: string, vlog: Vlog, initial: Record<Destination, Level>) {
    this.module = module;
    this.levels = initial;
    this.#vlog = vlog;
    this.#update();
  }

  setLevel(destination: Destination, level: Level): void {
    this.levels[destination] = level;
    this.#update();
  }

  isEnabled(level: MessageLevel): boolean {
    return rank[level] <= this.#highest;
  }

  log(level: MessageLevel, message: string): void {
    if (rank[level] <= this.#highest) this.#vlog.write(this.levels, level, this.module, message);
  }

  emer(message: string): void {
    this.log("emer", message);
  }

  err(message: string): void {
    this.log("err", message);
  }

  warn(message: string): void {
    this.log("warn", message);
  }

  info(message: string): void {
    this.log("info", message);
  }

  dbg(message: string): void {
    this.log("dbg", message);
  }

  limited(rate: number, burst: number): Logger {
    return new LimitedLogger(this, new TokenBucket(rate, burst), () => this.#vlog.now());
  }

  #update(): void {
    this.#highest = Math.max(...destinations.map((d) => levels.indexOf(this.levels[d])));
  }
}

/** A module behind a rate limit. */
class LimitedLogger implements Logger {
  readonly #inner: VlogModule;
  readonly #bucket: TokenBucket;
  readonly #now: () => number;
  #dropped = 0;
  #firstDropped = 0;
  #lastDropped = 0;

  constructor(inner: VlogModule, bucket: TokenBucket, now: () => number) {
    this.#inner = inner;
    this.#bucket = bucket;
    this.#now = now;
  }

  get module(): string {
    return this.#inner.module;
  }

  isEnabled(level: MessageLevel): boolean {
    return this.#inner.isEnabled(level);
  }

  log(level: MessageLevel, message: string): void {
    if (!this.#inner.isEnabled(level)) return;
    if (this.#inner.honorLimits && this.#drops(level)) return;
    this.#inner.log(level, message);
  }

  emer(message: string): void {
    this.log("emer", message);
  }

  err(message: string): void {
    this.log("err", message);
  }

  warn(message: string): void {
    this.log("warn", message);
  }

  info(message: string): void {
    this.log("info", message);
  }

  dbg(message: string): void {
    this.log("dbg", message);
  }

  limited(rate: number, burst: number): Logger {
    return this.#inner.limited(rate, burst);
  }

  #drops(level: MessageLevel): boolean {
    const now = this.#now();
    if (!this.#bucket.take(now)) {
      if (this.#dropped === 0) this.#firstDropped = now;
      this.#lastDropped = now;
      this.#dropped++;
      return true;
    }
    if (this.#dropped > 0) {
      const since = Math.floor((now - this.#firstDropped) / 1000);
      const ago = Math.floor((now - this.#lastDropped) / 1000);
      this.#inner.log(
        level,
        `Dropped ${this.#dropped} log messages in last ${since} seconds (most recently, ${ago} seconds ago) due to excessive rate`,
      );
      this.#dropped = 0;
    }
    return false;
  }
}
