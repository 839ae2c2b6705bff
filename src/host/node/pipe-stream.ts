import { getSystemErrorName } from "node:util";
import type { Stream } from "../streams.js";
import { toHostError } from "./host-error.js";

/** What of libuv's handle for unix sockets is used here; negative numbers are libuv's errors. */
interface PipeHandle {
  connect(request: object, path: string): number;
  readStart(): number;
  readStop(): number;
  onread: (buffer: ArrayBuffer | undefined) => void;
  writeBuffer(request: object, bytes: Uint8Array): number;
  close(): void;
}
interface PipeBinding {
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly PipeConnectWrap: new () => { oncomplete: (status: number) => void };
  readonly constants: { readonly SOCKET: number };
}
interface StreamBinding {
  readonly WriteWrap: new () => { oncomplete: (status: number) => void };
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

const UV_EOF = -4095;

/** The binding of that name, in a Node that has it in the known form; else undefined. */
function binding<T>(name: string, members: readonly (keyof T & string)[]): T | undefined {
  try {
    const found = (process as unknown as { binding(name: string): T }).binding(name);
    return members.every((member) => found[member] !== undefined) ? found : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Connects to a unix socket through the handle below Node's `net`, which a tool need not load then: that module and what it draws in
 * costs more than the rest of a short tool's run. The binding is no public interface of Node's; where it is missing or looks
 * different the promise is undefined, and `net` is to be used. Rejects with the system's error, its name in `code`.
 */
export async function connectPipe(
  name: string,
  path: string,
  timeout: number | undefined,
): Promise<Stream | undefined> {
  const pipes = binding<PipeBinding>("pipe_wrap", ["Pipe", "PipeConnectWrap", "constants"]);
  const streams = binding<StreamBinding>("stream_wrap", [
    "WriteWrap",
    "streamBaseState",
    "kReadBytesOrError",
    "kArrayBufferOffset",
    "kLastWriteWasAsync",
  ]);
  if (!pipes || !streams) return undefined;
  const handle = new pipes.Pipe(pipes.constants.SOCKET);
  const status = await new Promise<number>((resolve) => {
    const request = new pipes.PipeConnectWrap();
    const timer = timeout ? setTimeout(() => resolve(Number.NaN), timeout) : undefined;
    request.oncomplete = (result) => {
      clearTimeout(timer);
      resolve(result);
    };
    const failed = handle.connect(request, path);
    if (failed) request.oncomplete(failed);
  });
  if (status === 0) return new PipeStream(name, handle, streams);
  handle.close();
  throw systemError(status);
}

/** An error of libuv's by its number; not a number stands for a time-out. */
function systemError(status: number): Error {
  const code = Number.isNaN(status) ? "ETIMEDOUT" : getSystemErrorName(status);
  return Object.assign(new Error(code), { code });
}

/** A connected unix socket. */
class PipeStream implements Stream {
  readonly name: string;
  readonly peerCommonName = undefined;
  readonly remoteAddress = undefined;
  readonly localAddress = undefined;
  readonly #handle: PipeHandle;
  readonly #binding: StreamBinding;
  #waiting = 0;
  #drain: (() => void) | undefined;
  #data: ((bytes: Uint8Array) => void) | undefined;
  #close: ((error: Error | undefined) => void) | undefined;
  #ended: { readonly error: Error | undefined } | undefined;
  #closing = false;
  #closed = false;

  constructor(name: string, handle: PipeHandle, streams: StreamBinding) {
    this.name = name;
    this.#handle = handle;
    this.#binding = streams;
    handle.onread = (buffer) => this.#read(buffer);
  }

  write(bytes: Uint8Array | string): void {
    if (this.#closing || this.#ended) return;
    const buffer = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (buffer.length === 0) return;
    const request = new this.#binding.WriteWrap();
    request.oncomplete = (status) => this.#written(buffer.length, status);
    this.#waiting += buffer.length;
    const failed = this.#handle.writeBuffer(request, buffer);
    const atOnce = failed !== 0 || this.#binding.streamBaseState[this.#binding.kLastWriteWasAsync] === 0;
    if (atOnce) this.#written(buffer.length, failed);
  }

  pending(): number {
    return this.#waiting;
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    this.#data = handler;
    this.resume();
  }

  onClose(handler: (error: Error | undefined) => void): void {
    this.#close = handler;
    if (this.#ended) queueMicrotask(() => this.#tell());
  }

  pause(): void {
    if (!this.#closed) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#closed && !this.#ended && this.#data) this.#handle.readStart();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#waiting === 0) this.#release();
  }

  destroy(): void {
    this.#closing = true;
    this.#release();
  }

  /** A tool ends right after this, and the kernel closes what is open by then. */
  #release(): void {
    setImmediate(() => {
      if (this.#closed) return;
      this.#closed = true;
      this.#handle.close();
    });
  }

  #written(length: number, status: number): void {
    this.#waiting -= length;
    if (status !== 0) this.#end(toHostError(this.name, systemError(status)));
    if (this.#waiting > 0) return;
    if (this.#closing) this.#release();
    else if (!this.#ended) this.#drain?.();
  }

  #read(buffer: ArrayBuffer | undefined): void {
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = this.#binding;
    const count = streamBaseState[kReadBytesOrError]!;
    if (count > 0 && buffer) {
      if (!this.#closing) this.#data?.(new Uint8Array(buffer, streamBaseState[kArrayBufferOffset], count));
    } else if (count === UV_EOF) {
      this.#end(undefined);
    } else if (count < 0) {
      this.#end(toHostError(this.name, systemError(count)));
    }
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#release();
    if (!this.#closing && this.#close) this.#tell();
  }

  #tell(): void {
    const handler = this.#close;
    this.#close = undefined;
    if (!this.#closing) handler?.(this.#ended?.error);
  }
}
