/**
 * A connected byte stream. Events come on the event loop; nothing is emitted before the creator's synchronous code ends.
 * Data that arrives before `onData` is set is kept. `write` never blocks: it queues, `pending()` says how many bytes wait.
 */
export interface Stream {
  /** The name as Open vSwitch prints it: `unix:/run/x.sock`, `tcp:127.0.0.1:6640`, `tcp:[::1]:6640`, `ssl:…`. */
  readonly name: string;
  /** The peer's certificate subject CN, for `ssl:` only. */
  readonly peerCommonName: string | undefined;
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
  close(): void;
}

/** Certificates and options for `ssl:` and `pssl:`; contents are PEM text. */
export interface TlsSettings {
  readonly privateKey: string;
  readonly certificate: string;
  readonly caCertificate?: string;
  readonly protocols?: string;
  readonly ciphers?: string;
}

export interface ConnectOptions {
  readonly tls?: TlsSettings | undefined;
  /** Milliseconds before a connection attempt fails with `ETIMEDOUT`. */
  readonly timeout?: number;
}

/**
 * Connects and listens by Open vSwitch's names (ovsdb(7) "Connection Methods"): active `unix:FILE`, `tcp:HOST:PORT`,
 * `ssl:HOST:PORT`, passive `punix:FILE`, `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]`; IPv6 in brackets.
 * `connect` rejects with `HostError` (errno of the kernel), `UserError` where the name is malformed.
 * Relative unix paths are taken below the run directory by the caller. Paths of up to the kernel's 107 bytes work
 * directly; longer ones through `/proc/self/fd`, as upstream does.
 */
export interface Streams {
  connect(name: string, options?: ConnectOptions): Promise<Stream>;
  listen(name: string, onStream: (stream: Stream) => void, options?: ConnectOptions): Promise<Listener>;
}
