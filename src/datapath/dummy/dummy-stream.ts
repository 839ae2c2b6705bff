import type { Listener, Stream, Streams } from "#host/streams.js";
import type { Cancel, Clock } from "#util/clock.js";

const RETRY = 1000;

/** Frames on a byte stream, each behind its length in two bytes, big-endian: how dummy devices are wired together. */
class FrameStream {
  readonly #stream: Stream;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(stream: Stream, onFrame: (frame: Uint8Array) => void, onEnd: () => void) {
    this.#stream = stream;
    stream.onData((bytes) => {
      const all = new Uint8Array(this.#buffer.length + bytes.length);
      all.set(this.#buffer);
      all.set(bytes, this.#buffer.length);
      let at = 0;
      while (all.length - at >= 2) {
        const length = (all[at]! << 8) | all[at + 1]!;
        if (all.length - at - 2 < length) break;
        if (length >= 14) onFrame(all.slice(at + 2, at + 2 + length));
        at += 2 + length;
      }
      this.#buffer = all.slice(at);
    });
    stream.onClose(onEnd);
  }

  send(frame: Uint8Array): void {
    const bytes = new Uint8Array(2 + frame.length);
    bytes[0] = frame.length >> 8;
    bytes[1] = frame.length;
    bytes.set(frame, 2);
    this.#stream.write(bytes);
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** The far end of a dummy device: one peer (`stream`), connected again and again, or all who connect (`pstream`). */
export interface Wire {
  /** `connected`, `disconnected`; undefined where it is not the active kind. */
  readonly state: "connected" | "disconnected" | undefined;
  send(frame: Uint8Array): void;
  close(): void;
}

/** Connects to `name` and keeps trying, once a second. */
export class ActiveWire implements Wire {
  readonly #streams: Streams;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #onFrame: (frame: Uint8Array) => void;
  #current: FrameStream | undefined;
  #retry: Cancel | undefined;
  #closed = false;

  constructor(streams: Streams, clock: Clock, name: string, onFrame: (frame: Uint8Array) => void) {
    this.#streams = streams;
    this.#clock = clock;
    this.#name = name;
    this.#onFrame = onFrame;
    this.#connect();
  }

  get state(): "connected" | "disconnected" {
    return this.#current === undefined ? "disconnected" : "connected";
  }

  send(frame: Uint8Array): void {
    this.#current?.send(frame);
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#current?.close();
    this.#current = undefined;
  }

  #connect(): void {
    this.#streams.connect(this.#name).then(
      (stream) => {
        if (this.#closed) stream.destroy();
        else this.#current = new FrameStream(stream, this.#onFrame, () => this.#again());
      },
      () => this.#again(),
    );
  }

  #again(): void {
    this.#current = undefined;
    if (!this.#closed) this.#retry = this.#clock.after(RETRY, () => this.#connect());
  }
}

/** Listens on `name`; a frame goes to everybody connected. */
export class PassiveWire implements Wire {
  readonly state = undefined;
  readonly #peers = new Set<FrameStream>();
  #listener: Listener | undefined;
  #closed = false;

  constructor(streams: Streams, name: string, onFrame: (frame: Uint8Array) => void, onError: (error: Error) => void) {
    streams
      .listen(name, (stream) => {
        const peer: FrameStream = new FrameStream(stream, onFrame, () => this.#peers.delete(peer));
        this.#peers.add(peer);
      })
      .then((listener) => {
        if (this.#closed) listener.close();
        else this.#listener = listener;
      }, onError);
  }

  send(frame: Uint8Array): void {
    for (const peer of this.#peers) peer.send(frame);
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const peer of this.#peers) peer.close();
    this.#peers.clear();
  }
}
