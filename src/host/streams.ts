import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";

/** A line that Open vSwitch logs on the way to a failure; who has a log writes it there. */
export interface Complaint {
  readonly module: string;
  readonly level: "err" | "warn";
  readonly message: string;
}

/** Connecting or listening failed. Its message is `NAME: ` and strerror's text. */
export class StreamError extends HostError {
  override name = "StreamError";
  readonly complaints: readonly Complaint[];
  constructor(tried: string, code: string, complaints: readonly Complaint[] = []) {
    super(tried, code, errnoNumber(code), errnoText(code));
    this.complaints = complaints;
  }
}

/**
 * A connected byte stream. Events come on the event loop; nothing is emitted before the creator's synchronous code ends.
 * Data that arrives before `onData` is set is kept. `write` never blocks: it queues, `pending()` says how many bytes wait.
 */
export interface Stream {
  /** The name as Open vSwitch prints it: `unix:/run/x.sock`, `tcp:127.0.0.1:6640`, `tcp:[::1]:6640`, `ssl:…`. */
  readonly name: string;
  /** The peer's certificate subject CN, for `ssl:` only. */
  readonly peerCommonName: string | undefined;
  /** The remote end's address without port, and this end's: `undefined` for unix sockets. IPv6 without brackets. */
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  write(bytes: Uint8Array | string): void;
  pending(): number;
  /** Called each time the queue has become empty. */
  onDrain(handler: () => void): void;
  onData(handler: (bytes: Uint8Array) => void): void;
  /** Called once: `undefined` after an orderly end by the peer, else why. Not called after `close()`. */
  onClose(handler: (error: Error | undefined) => void): void;
  /** Stops and resumes reading, so that a slow consumer pushes back. */
  pause(): void;
  resume(): void;
  /** Flushes what was written, then closes. `destroy` drops what waits. */
  close(): void;
  destroy(): void;
}

/** A listening endpoint. */
export interface Listener {
  /** The bound name, with the port the kernel chose: `ptcp:54321:127.0.0.1`, `punix:/run/x.sock`. */
  readonly name: string;
  /** The bound TCP port, `undefined` for a unix socket. */
  readonly port: number | undefined;
  /** Stops listening and removes the unix socket's file. Accepted streams live on. */
  close(): void;
}

/**
 * Certificates and options for `ssl:` and `pssl:`; contents are PEM text. Without `caCertificate` no peer is verified; with an
 * empty key, certificate or `caCertificate` there is no connection.
 */
export interface TlsSettings {
  readonly privateKey: string;
  readonly certificate: string;
  readonly caCertificate?: string;
  /**
   * Without `caCertificate`: takes the self-signed certificate at the end of the peer's chain, as `--bootstrap-ca-cert` asks. Where
   * the peer sends none, the attempt fails. A listener drops every client until then. A `StreamError` that it throws fails the
   * connection attempt.
   */
  readonly bootstrapCa?: (pem: string) => void;
  readonly protocols?: string;
  /** Of TLS 1.2, in OpenSSL's names, separated by colons. */
  readonly ciphers?: string;
  /** Of TLS 1.3, likewise. */
  readonly cipherSuites?: string;
}

export interface ConnectOptions {
  readonly tls?: TlsSettings | undefined;
  /** Milliseconds before a connection attempt fails with `ETIMEDOUT`. */
  readonly timeout?: number;
  /** The port where the name has none: 6640 for OVSDB, 6653 for OpenFlow. Without it such a name is refused. */
  readonly defaultPort?: number;
}

/**
 * Connects and listens by Open vSwitch's names (ovsdb(7) "Connection Methods"): active `unix:FILE`, `tcp:HOST:PORT`,
 * `ssl:HOST:PORT`, passive `punix:FILE`, `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]`; IPv6 in brackets.
 * `connect` and `listen` reject with `StreamError`: the kernel's errno, or `EAFNOSUPPORT` where the name is malformed or
 * its host unknown, as upstream answers.
 * Relative unix paths are taken below the run directory by the caller. Paths of up to the kernel's 107 bytes work
 * directly; longer ones through `/proc/self/fd`, as upstream does.
 */
export interface Streams {
  connect(name: string, options?: ConnectOptions): Promise<Stream>;
  listen(name: string, onStream: (stream: Stream) => void, options?: ConnectOptions): Promise<Listener>;
}
