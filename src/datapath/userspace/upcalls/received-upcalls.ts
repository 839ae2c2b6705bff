import type { FlowKey } from "#flow/key.js";
import { KEY_WORDS, W } from "#flow/layout.js";
import type { Offload } from "#wire/virtio-net.js";
import type { Upcall } from "../../datapath.js";
import type { Packet } from "../../packet.js";
import { HEADER, HEADER_BYTES, type PackedUpcalls } from "./upcall-batch.js";

/** Where upcalls came from. */
export interface UpcallOrigin {
  /** Upcalls of a port have been handled: there is room for others. */
  handled(port: number, count: number): void;
  /** A batch of a chunk has been handled: it need not be kept. */
  released(chunk: number): void;
}

/** A packet that came up, which the thread that it came from still has while others of its batch wait. Most go on there, so that their bytes are not asked for. */
export class UpcallPacket implements Packet {
  readonly #key: FlowKey;
  readonly #batch: ReceivedUpcalls;
  readonly #place: number;
  #data: Uint8Array | undefined = undefined;

  /** `place`: of the batch. */
  constructor(key: FlowKey, batch: ReceivedUpcalls, place: number) {
    this.#key = key;
    this.#batch = batch;
    this.#place = place;
  }

  get data(): Uint8Array {
    this.#data ??= this.#batch.data(this.#place);
    return this.#data;
  }

  get length(): number {
    return this.#batch.length(this.#place);
  }

  get offload(): Readonly<Offload> {
    return this.#batch.offload(this.#place);
  }

  get recirculations(): number {
    return this.#batch.recirculations(this.#place);
  }

  /** True where a thread, in this life, has it still, with this very key: in `chunk`, at `place`. */
  isWith(origin: UpcallOrigin | undefined, key: FlowKey): boolean {
    return this.#batch.origin === origin && this.#batch.isKept && key === this.#key;
  }

  get chunk(): number {
    return this.#batch.chunk;
  }

  get place(): number {
    return this.#batch.from + this.#place;
  }
}

/** A batch that has arrived. What is read of it, keys and packets' bytes, stays in its buffer. */
export class ReceivedUpcalls {
  readonly origin: UpcallOrigin;
  /** Where the thread still has it. */
  readonly chunk: number;
  readonly from: number;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #cookies: PackedUpcalls["cookies"];
  /** Upcalls that are still to be handled. */
  #waiting = 0;

  constructor({ buffer, cookies, chunk, from }: PackedUpcalls, origin: UpcallOrigin) {
    this.origin = origin;
    this.chunk = chunk;
    this.from = from;
    this.#words = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
    this.#bytes = new Uint8Array(buffer);
    this.#cookies = cookies;
  }

  /** The thread has its packets still. */
  get isKept(): boolean {
    return this.#waiting > 0;
  }

  /** One more of its upcalls waits to be handled. */
  waits(): void {
    this.#waiting++;
  }

  /** One of those has been handled. After the last one the thread forgets the packets. */
  handled(): void {
    if (--this.#waiting === 0) this.origin.released(this.chunk);
  }

  /** The place after that of an upcall, or after nothing (-1); -1 where there is none. */
  next(place: number): number {
    const next = place < 0 ? 0 : place + HEADER_BYTES + ((this.#words[place >> 2]! + 3) & ~3);
    return next < this.#bytes.length ? next : -1;
  }

  /** The port that the packet at a place came in by. */
  port(place: number): number {
    return this.#words[(place >> 2) + HEADER + W.inPort]!;
  }

  read(place: number): Upcall {
    const words = this.#words;
    const named = words[(place >> 2) + 1]!;
    const cookie = named === 0 ? undefined : this.#cookies[named - 1];
    const key = new Uint32Array(words.buffer, place + HEADER * 4, KEY_WORDS);
    return {
      kind: cookie === undefined ? "miss" : "action",
      packet: new UpcallPacket(key, this, place),
      key,
      cookie,
    };
  }

  /** What is known of the packet at a place. */
  length(place: number): number {
    return this.#words[place >> 2]!;
  }

  data(place: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, place + HEADER_BYTES, this.length(place));
  }

  offload(place: number): Offload {
    const words = this.#words;
    const w = place >> 2;
    return {
      flags: words[w + 2]!,
      gsoType: words[w + 3]!,
      headerLength: words[w + 4]!,
      gsoSize: words[w + 5]!,
      csumStart: words[w + 6]!,
      csumOffset: words[w + 7]!,
    };
  }

  recirculations(place: number): number {
    return this.#words[(place >> 2) + 8]!;
  }
}
