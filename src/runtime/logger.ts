/** Levels in order of rising severity number: a logger set to a level logs it and those left of it. */
export const levels = ["off", "emer", "err", "warn", "info", "dbg"] as const;
export type Level = (typeof levels)[number];
export type MessageLevel = Exclude<Level, "off">;

/** A level's place among `levels`: a logger lets through what is not above its own. */
export const severity: Readonly<Record<Level, number>> = { off: 0, emer: 1, err: 2, warn: 3, info: 4, dbg: 5 };

/** A module's way to the log. Messages carry no newline at their end. */
export interface Logger {
  readonly module: string;
  /** True where a message of that level would go anywhere; asked before building a costly one. */
  isEnabled(level: MessageLevel): boolean;
  log(level: MessageLevel, message: string): void;
  emer(message: string): void;
  err(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  dbg(message: string): void;
  /**
   * The same module behind a rate limit of its own: `rate` messages a minute, with bursts of `burst`. How many were dropped is logged
   * with the next one that passes.
   */
  limited(rate: number, burst: number): Logger;
}

/** Who gives loggers: `Vlog` in programs, `silentLog` in tests and tools. */
export interface Log {
  module(name: string): Logger;
}

/** The methods of a logger that have a level in their name, over the one that takes any. */
export abstract class LevelLogger implements Logger {
  abstract readonly module: string;
  abstract isEnabled(level: MessageLevel): boolean;
  abstract log(level: MessageLevel, message: string): void;
  abstract limited(rate: number, burst: number): Logger;

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
}

class SilentLogger extends LevelLogger {
  readonly module: string;

  constructor(module: string) {
    super();
    this.module = module;
  }

  isEnabled(): boolean {
    return false;
  }

  log(): void {}

  limited(): Logger {
    return this;
  }
}

/** Logs nothing. */
export const silentLog: Log = { module: (name) => new SilentLogger(name) };
