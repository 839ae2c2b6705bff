import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import type { Stream } from "../streams.js";
import { toHostError } from "./host-error.js";

/** A `Stream` over a connected Node socket, plain or TLS. The socket must not have been read from. */
export class NodeStream implements Stream {
  readonly name: string;
  readonly peerCommonName: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  readonly #socket: Socket;
  #drain: (() => void) | undefined;
  #close: ((error: Error | undefined) => void) | undefined;
  #ended: { error: Error | undefined } | undefined;
  #closing = false;

  constructor(socket: Socket, name: string, peerCommonName?: string) {
    this.name = name;
    this.peerCommonName = peerCommonName;
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.localAddress = socket.localAddress;
    socket.on("error", (error) => this.#end(toHostError(name, error)));
    socket.on("end", () => this.#end(undefined));
    socket.on("close", () => this.#end(undefined));
  }

  write(bytes: Uint8Array | string): void {
    if (this.#closing || this.#ended) return;
    const rest = this.#writeAtOnce(bytes);
    if (rest === undefined) return;
    this.#socket.write(rest, () => {
      if (this.#socket.writableLength === 0 && !this.#ended && !this.#closing) this.#drain?.();
    });
  }

  /**
   * Gives bytes to the kernel without a detour through Node's queue, which costs several times what the system call does. What the
   * kernel did not take is returned and goes the usual way, on which errors are told too.
   */
  #writeAtOnce(bytes: Uint8Array | string): Uint8Array | string | undefined {
    const descriptor = this.#descriptor();
    // Who waits for the queue to be empty is told by the queue.
    if (descriptor === undefined || this.#drain || this.#socket.writableLength > 0) return bytes;
    const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (buffer.length === 0) return undefined;
    try {
      const taken = writeSync(descriptor, buffer, 0, buffer.length);
      return taken === buffer.length ? undefined : buffer.subarray(taken);
    } catch {
      return buffer;
    }
  }

  /** The descriptor of a connected socket whose bytes are the stream's own, which those of TLS are not. */
  #descriptor(): number | undefined {
    const socket = this.#socket as Socket & {
      readonly encrypted?: boolean;
      readonly _handle?: { readonly fd?: number };
    };
    if (socket.encrypted || socket.connecting || socket.writableEnded) return undefined;
    const fd = socket._handle?.fd;
    return fd !== undefined && fd >= 0 ? fd : undefined;
  }

  pending(): number {
    return this.#socket.writableLength;
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#socket.on("data", (bytes: Uint8Array) => {
      if (!this.#closing) handler(bytes);
    });
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.#close = handler;
    const ended = this.#ended;
    if (ended) queueMicrotask(() => this.#tell(ended.error));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.end(() => this.#socket.destroy());
    // Reading on lets the peer's own end be noticed; what it still sends is dropped.
    this.#socket.resume();
  }

  destroy(): void {
    this.#closing = true;
    // A tool ends right after this, and the kernel closes for nothing what costs Node half a millisecond.
    setImmediate(() => this.#socket.destroy());
  }

  /** Lets the process end although the stream is open. */
  unref(): void {
    this.#socket.unref();
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = { error };
    if (this.#closing) return;
    if (this.#close) this.#tell(error);
  }

  #tell(error: Error | undefined): void {
    const handler = this.#close;
    this.#close = undefined;
    if (!this.#closing) handler?.(error);
    // A peer that has only ended its own side may still read the answers that are on their way.
    if (error) this.#socket.destroy();
    else this.#socket.destroySoon();
  }
}
