import { type Level, LevelLogger, type Logger, type MessageLevel, severity } from "./logger.js";
import { TokenBucket } from "./token-bucket.js";
import { type Destination, destinations } from "./vlog-spec.js";

/** A module's levels. */
export type ModuleLevels = Readonly<Record<Destination, Level>>;

/** Where the messages of all modules go. */
export interface LogSink {
  /** Writes a message to each destination whose level it reaches. */
  write(levels: ModuleLevels, level: MessageLevel, module: string, message: string): void;
  /** Milliseconds of the monotonic clock, for rate limits. */
  now(): number;
}

/** One module's logger. */
export class VlogModule extends LevelLogger {
  readonly module: string;
  readonly levels: Record<Destination, Level>;
  /** False lets everything that a rate limit would drop through. */
  honorLimits = true;
  readonly #sink: LogSink;
  #highest = 0;

  constructor(module: string, sink: LogSink, initial: Record<Destination, Level>) {
    super();
    this.module = module;
    this.levels = initial;
    this.#sink = sink;
    this.#update();
  }

  setLevel(destination: Destination, level: Level): void {
    this.levels[destination] = level;
    this.#update();
  }

  isEnabled(level: MessageLevel): boolean {
    return severity[level] <= this.#highest;
  }

  log(level: MessageLevel, message: string): void {
    if (severity[level] <= this.#highest) this.#sink.write(this.levels, level, this.module, message);
  }

  limited(rate: number, burst: number): Logger {
    return new LimitedLogger(this, new TokenBucket(rate, burst), () => this.#sink.now());
  }

  #update(): void {
    this.#highest = Math.max(...destinations.map((d) => severity[this.levels[d]]));
  }
}

/** A module behind a rate limit. */
class LimitedLogger extends LevelLogger {
  readonly #inner: VlogModule;
  readonly #bucket: TokenBucket;
  readonly #now: () => number;
  #dropped = 0;
  #firstDropped = 0;
  #lastDropped = 0;

  constructor(inner: VlogModule, bucket: TokenBucket, now: () => number) {
    super();
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
