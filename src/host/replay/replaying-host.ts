import { UserError } from "#util/errors.js";
import type { Host } from "../host.js";
import type { Listener, Stream, Streams } from "../streams.js";
import { StreamError } from "../streams.js";
import type { RecordedStream, ReplayEvent } from "./replay-event.js";

/** A host on which what was recorded happens again, as fast as the program takes it. What the program sends goes nowhere. */
export interface ReplayingHost extends Host {
  /** Resolves when all has happened that was recorded. */
  readonly replayed: Promise<void>;
}

/** Reads a replay file. Throws `UserError` where it is none. */
export function replayingHost(host: Host, file: string): ReplayingHost {
  const player = new Player(host, readEvents(host, file));
  const { clock } = host;
  return {
    ...host,
    process: host.process,
    clock: {
      now: () => clock.now(),
      // The time of what happened last, so that every replay gives the same.
      wall: () => player.wall,
      after: (delay, fn) => clock.after(delay, fn),
    },
    streams: player.streams,
    random: (size) => player.random(size),
    replayed: player.done,
  };
}

function readEvents(host: Host, file: string): ReplayEvent[] {
  let text: string;
  try {
    text = host.files.readText(file);
  } catch (error) {
    throw new UserError(`${file}: cannot read replay (${(error as Error).message})`);
  }
  // The last line may be cut short where the recording process was killed.
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  try {
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as ReplayEvent);
  } catch {
    throw new UserError(`${file}: not a replay file`);
  }
}

interface WaitingListen {
  readonly onStream: (stream: Stream) => void;
  resolve(listener: Listener): void;
  reject(error: Error): void;
}

interface WaitingConnect {
  resolve(stream: Stream): void;
  reject(error: Error): void;
}

/** Lets the events happen in their order, each as soon as the program has asked for what it belongs to. */
class Player {
  readonly done: Promise<void>;
  readonly streams: Streams;
  readonly #host: Host;
  readonly #events: readonly ReplayEvent[];
  readonly #random: Buffer[];
  readonly #listens = new Map<string, WaitingListen[]>();
  readonly #connects = new Map<string, WaitingConnect[]>();
  readonly #listeners = new Map<string, (stream: Stream) => void>();
  readonly #streams = new Map<number, ReplayStream>();
  readonly #start: number;
  #next = 0;
  #scheduled = false;
  #finish!: () => void;

  constructor(host: Host, events: readonly ReplayEvent[]) {
    this.#host = host;
    const start = events.find((event) => event.kind === "start");
    this.#start = start?.kind === "start" ? start.wall : host.clock.wall();
    this.#random = events.flatMap((event) => (event.kind === "random" ? [Buffer.from(event.bytes, "base64")] : []));
    this.#events = events.filter(({ kind }) => kind !== "start" && kind !== "random");
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.streams = {
      connect: (name) => new Promise((resolve, reject) => this.#wait(this.#connects, name, { resolve, reject })),
      listen: (name, onStream) =>
        new Promise((resolve, reject) => this.#wait(this.#listens, name, { onStream, resolve, reject })),
    };
    this.#soon();
  }

  /** Milliseconds since the Unix epoch, then. */
  get wall(): number {
    return this.#start + (this.#events[Math.min(this.#next, this.#events.length - 1)]?.at ?? 0);
  }

  /** What was drawn then; something else where the program asks for more, or for another number of bytes. */
  random(size: number): Uint8Array {
    const bytes = this.#random.shift();
    return bytes?.length === size ? new Uint8Array(bytes) : this.#host.random(size);
  }

  #wait<T>(waiting: Map<string, T[]>, name: string, one: T): void {
    waiting.set(name, [...(waiting.get(name) ?? []), one]);
    this.#soon();
  }

  #soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#host.clock.after(0, () => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const event = this.#events[this.#next];
    if (!event) {
      this.#finish();
      return;
    }
    if (!this.#happen(event)) return;
    this.#next++;
    this.#soon();
  }

  /** False where the program has not asked for it yet. */
  #happen(event: ReplayEvent): boolean {
    switch (event.kind) {
      case "listen": {
        const waiting = this.#listens.get(event.name)?.shift();
        if (!waiting) return false;
        if ("error" in event) waiting.reject(new StreamError(event.name, event.error));
        else {
          this.#listeners.set(event.name, waiting.onStream);
          waiting.resolve({ name: event.bound.name, port: event.bound.port, close: () => {} });
        }
        return true;
      }
      case "connect": {
        const waiting = this.#connects.get(event.name)?.shift();
        if (!waiting) return false;
        if ("error" in event) waiting.reject(new StreamError(event.name, event.error));
        else waiting.resolve(this.#open(event.stream, event.as));
        return true;
      }
      case "accept": {
        const accept = this.#listeners.get(event.name);
        accept?.(this.#open(event.stream, event.as));
        return accept !== undefined;
      }
      case "data":
        return this.#streams.get(event.stream)?.deliver(Buffer.from(event.bytes, "base64")) ?? true;
      case "close":
        return this.#streams.get(event.stream)?.end(event.error) ?? true;
      default:
        return true;
    }
  }

  #open(number: number, as: RecordedStream): Stream {
    const stream = new ReplayStream(as, () => this.#soon());
    this.#streams.set(number, stream);
    return stream;
  }
}

/** A stream on which what was recorded arrives. */
class ReplayStream implements Stream {
  readonly name: string;
  readonly peerCommonName: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  readonly #ready: () => void;
  #data: ((bytes: Uint8Array) => void) | undefined;
  #close: ((error: Error | undefined) => void) | undefined;
  #paused = false;
  #closed = false;

  constructor(as: RecordedStream, ready: () => void) {
    this.name = as.name;
    this.peerCommonName = as.peerCommonName;
    this.remoteAddress = as.remoteAddress;
    this.localAddress = as.localAddress;
    this.#ready = ready;
  }

  /** False where the program does not read now. */
  deliver(bytes: Uint8Array): boolean {
    if (this.#closed) return true;
    if (!this.#data || this.#paused) return false;
    this.#data(bytes);
    return true;
  }

  end(error: string | undefined): boolean {
    if (this.#closed) return true;
    if (!this.#close) return false;
    this.#closed = true;
    this.#close(error === undefined ? undefined : new StreamError(this.name, error));
    return true;
  }

  write(): void {}

  pending(): number {
    return 0;
  }

  onDrain(): void {}

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#data = handler;
    this.#ready();
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.#close = handler;
    this.#ready();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#ready();
  }

  close(): void {
    this.destroy();
  }

  destroy(): void {
    this.#closed = true;
    this.#ready();
  }
}
