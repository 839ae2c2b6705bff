import { HostError } from "#util/errors.js";
import type { AppendFile } from "../files.js";
import type { Host } from "../host.js";
import type { Listener, Stream, Streams } from "../streams.js";
import { describeStream, type ReplayEvent, type Untimed } from "./replay-event.js";

/** A host that writes down what comes to the program from outside: connections, their bytes, unpredictable bytes, the time of its start. */
export function recordingHost(host: Host, file: string): Host {
  const recorder = new Recorder(host, file);
  return {
    ...host,
    process: host.process,
    streams: recorder.streams,
    random(size) {
      const bytes = host.random(size);
      recorder.note({ kind: "random", bytes: Buffer.from(bytes).toString("base64") });
      return bytes;
    },
  };
}

class Recorder {
  readonly streams: Streams;
  readonly #host: Host;
  readonly #path: string;
  readonly #start: number;
  #file: AppendFile | undefined;
  #count = 0;

  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
    this.#start = host.clock.now();
    this.streams = {
      connect: (name, options) =>
        host.streams.connect(name, options).then(
          (stream) =>
            this.#watched(stream, (number) => ({ kind: "connect", name, stream: number, as: describeStream(stream) })),
          (error: unknown) => {
            this.note({ kind: "connect", name, error: codeOf(error) });
            throw error;
          },
        ),
      listen: async (name, onStream, options): Promise<Listener> => {
        const accept = (stream: Stream): void => {
          onStream(
            this.#watched(stream, (number) => ({ kind: "accept", name, stream: number, as: describeStream(stream) })),
          );
        };
        try {
          const listener = await host.streams.listen(name, accept, options);
          const { port } = listener;
          this.note({ kind: "listen", name, bound: { name: listener.name, ...(port === undefined ? {} : { port }) } });
          return listener;
        } catch (error) {
          this.note({ kind: "listen", name, error: codeOf(error) });
          throw error;
        }
      },
    };
  }

  note(event: Untimed<ReplayEvent>): void {
    // Made with the first event: the process that only starts another one has none.
    if (!this.#file) {
      this.#file = this.#host.files.openAppend(this.#path, { create: true, exclusive: false, mode: 0o600 });
      this.#file.truncate(0);
      this.#write({ kind: "start", wall: this.#host.clock.wall() - (this.#host.clock.now() - this.#start) });
    }
    this.#write(event);
  }

  #write(event: Untimed<ReplayEvent>): void {
    const at = Math.round(this.#host.clock.now() - this.#start);
    this.#file?.append(Buffer.from(`${JSON.stringify({ at, ...event })}\n`));
  }

  #watched(stream: Stream, event: (number: number) => Untimed<ReplayEvent>): Stream {
    const number = this.#count++;
    this.note(event(number));
    return {
      name: stream.name,
      peerCommonName: stream.peerCommonName,
      remoteAddress: stream.remoteAddress,
      localAddress: stream.localAddress,
      write: (bytes) => stream.write(bytes),
      pending: () => stream.pending(),
      onDrain: (handler) => stream.onDrain(handler),
      onData: (handler) =>
        stream.onData((bytes) => {
          this.note({ kind: "data", stream: number, bytes: Buffer.from(bytes).toString("base64") });
          handler(bytes);
        }),
      onClose: (handler) =>
        stream.onClose((error) => {
          this.note({ kind: "close", stream: number, ...(error ? { error: codeOf(error) } : {}) });
          handler(error);
        }),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      close: () => stream.close(),
      destroy: () => stream.destroy(),
    };
  }
}

function codeOf(error: unknown): string {
  return error instanceof HostError ? error.code : "EIO";
}
