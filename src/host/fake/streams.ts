import { formatHostPort, parseStreamName } from "../stream-name.js";
import type { ConnectOptions, Listener, Stream, Streams } from "../streams.js";
import { StreamError } from "../streams.js";

const encoder = new TextEncoder();

/**
 * One end of an in-memory stream. What a test may do to it: `chunk` limits how many bytes arrive at a time (short reads),
 * `stall` keeps what is written from arriving, `fail` breaks the connection with an errno.
 */
export class FakeStream implements Stream {
  readonly name: string;
  readonly peerCommonName: string | undefined = undefined;
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  /** Bytes that the peer gets at a time. */
  chunk: number = Number.POSITIVE_INFINITY;
  peer!: FakeStream;
  #outgoing: Uint8Array[] = [];
  #incoming: Uint8Array[] = [];
  #stalled = false;
  #paused = false;
  #scheduled = false;
  #closing = false;
  #gone = false;
  #ended: { error: Error | undefined } | undefined;
  #data: ((bytes: Uint8Array) => void) | undefined;
  #drain: (() => void) | undefined;
  #close: ((error: Error | undefined) => void) | undefined;

  constructor(name: string, remoteAddress: string | undefined, localAddress: string | undefined) {
    this.name = name;
    this.remoteAddress = remoteAddress;
    this.localAddress = localAddress;
  }

  write(bytes: Uint8Array | string): void {
    if (this.#closing || this.#gone || this.#ended) return;
    const data = typeof bytes === "string" ? encoder.encode(bytes) : bytes.slice();
    if (data.length > 0) this.#outgoing.push(data);
    this.#schedule();
  }

  pending(): number {
    return this.#outgoing.reduce((sum, part) => sum + part.length, 0);
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#data = handler;
    this.#schedule();
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.#close = handler;
    this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  close(): void {
    this.#closing = true;
    this.#schedule();
  }

  destroy(): void {
    this.#closing = true;
    this.#outgoing = [];
    this.#schedule();
  }

  /** Holds back (or lets go) what this end writes, as a peer does that does not read. */
  stall(on: boolean): void {
    this.#stalled = on;
    this.#schedule();
  }

  /** Breaks the connection: both ends see the errno. */
  fail(code: string): void {
    for (const end of [this, this.peer]) {
      end.#outgoing = [];
      end.#ended ??= { error: new StreamError(end.name, code) };
      end.#schedule();
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#transfer();
      this.#deliver();
    });
  }

  #transfer(): void {
    if (this.#stalled || this.#gone) return;
    const had = this.#outgoing.length > 0;
    for (const part of this.#outgoing.splice(0)) {
      for (let at = 0; at < part.length; at += this.chunk) this.peer.#incoming.push(part.slice(at, at + this.chunk));
    }
    if (had) {
      this.peer.#schedule();
      if (!this.#closing) this.#drain?.();
    }
    if (this.#closing && this.#outgoing.length === 0) {
      this.#gone = true;
      this.peer.#ended ??= { error: undefined };
      this.peer.#schedule();
    }
  }

  #deliver(): void {
    while (this.#data && !this.#paused && !this.#closing && this.#incoming.length > 0)
      this.#data(this.#incoming.shift()!);
    const unread = this.#incoming.length > 0 && !this.#ended?.error;
    if (!this.#ended || unread || this.#closing || !this.#close) return;
    const handler = this.#close;
    this.#close = undefined;
    this.#gone = true;
    this.peer.#ended ??= { error: undefined };
    this.peer.#schedule();
    handler(this.#ended.error);
  }
}

/** Two connected ends. */
export function fakeStreamPair(name = "unix:fake", peerName = "unix#1", address?: string): [FakeStream, FakeStream] {
  const a = new FakeStream(name, address, address);
  const b = new FakeStream(peerName, address, address);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

interface Endpoint {
  readonly kind: string;
  onStream(stream: Stream): void;
}

/** In-memory streams: whoever listens by a name is reached by its active form, all others are refused. */
export class FakeStreams implements Streams {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #refusals = new Map<string, string>();
  #accepted = 0;
  #nextPort = 49152;
  /** The streams that `connect` made so far, oldest first. */
  readonly connected: FakeStream[] = [];

  /** From now on connecting to (or listening on) the name fails with the errno; `undefined` ends that. */
  refuse(name: string, code: string | undefined): void {
    if (code === undefined) this.#refusals.delete(name);
    else this.#refusals.set(name, code);
  }

  async connect(name: string, options: ConnectOptions = {}): Promise<Stream> {
    const target = parseStreamName(name, options);
    const refusal = this.#refusals.get(name);
    if (refusal) throw new StreamError(name, refusal);
    if (target.kind === "unix") {
      const endpoint = this.#endpoints.get(target.path);
      if (!endpoint) throw new StreamError(name, "ENOENT");
      return this.#pair(name, `unix#${this.#accepted++}`, undefined, endpoint);
    }
    if (target.kind !== "tcp" && target.kind !== "ssl") throw new StreamError(name, "EAFNOSUPPORT");
    const key = `p${target.kind}:${target.port}`;
    const endpoint = this.#endpoints.get(key);
    if (!endpoint) throw new StreamError(name, "ECONNREFUSED");
    return this.#pair(name, `${target.kind}:${formatHostPort(target.host, this.#nextPort++)}`, target.host, endpoint);
  }

  async listen(name: string, onStream: (stream: Stream) => void, options: ConnectOptions = {}): Promise<Listener> {
    const target = parseStreamName(name, options);
    const refusal = this.#refusals.get(name);
    if (refusal) throw new StreamError(name, refusal);
    if (target.kind === "punix") return this.#add(target.path, name, undefined, onStream);
    if (target.kind !== "ptcp" && target.kind !== "pssl") throw new StreamError(name, "EAFNOSUPPORT");
    const port = target.port === 0 ? this.#nextPort++ : target.port;
    const key = `${target.kind}:${port}`;
    if (this.#endpoints.has(key)) throw new StreamError(name, "EADDRINUSE");
    return this.#add(key, `${key}${target.host === undefined ? "" : `:${target.host}`}`, port, onStream);
  }

  #add(key: string, name: string, port: number | undefined, onStream: (stream: Stream) => void): Listener {
    const endpoint: Endpoint = { kind: key, onStream };
    this.#endpoints.set(key, endpoint);
    return {
      name,
      port,
      close: () => {
        if (this.#endpoints.get(key) === endpoint) this.#endpoints.delete(key);
      },
    };
  }

  #pair(name: string, peerName: string, address: string | undefined, endpoint: Endpoint): FakeStream {
    const [ours, theirs] = fakeStreamPair(name, peerName, address);
    this.connected.push(ours);
    setImmediate(() => endpoint.onStream(theirs));
    return ours;
  }
}
