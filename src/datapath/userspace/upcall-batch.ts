import type { FlowKey } from "#flow/key.js";
import { KEY_WORDS, W } from "#flow/layout.js";
import type { Offload } from "#wire/virtio-net.js";
import type { UserspaceCookie } from "../actions.js";
import type { Upcall } from "../datapath.js";
import { Control, PORT_SHARES } from "./thread-protocol.js";

/** 32-bit numbers before each packet: length, cookie position + 1 (0: a miss), six of the offload state, recirculations, then the whole key. */
const HEADER = 9;
const HEADER_BYTES = (HEADER + KEY_WORDS) * 4;

/** Upcalls not yet handled: of all ports, of one, and of one while more than half of all are taken. */
const MAX_WAITING = 4096;
const MAX_PER_PORT = 1024;
const MAX_PER_PORT_CROWDED = 256;
/** What each port may have waiting whatever the others do. */
const RESERVED_PER_PORT = 16;
/** While crowded, handled upcalls are counted anew once in so many attempts. */
const RECOUNT = 64;
const MAX_BATCH_BYTES = 1 << 20;

/** The bytes of a packet that is sent up; a `Frame` is one. */
export interface UpcallBytes {
  readonly offload: Readonly<Offload>;
  copyTo(out: Uint8Array, at: number, size: number): void;
}

/**
 * Upcalls on their way to the main thread: packed one behind the other, bounded in number for all ports and for each, so that a
 * port under attack does not take the others' share.
 */
export class UpcallBatch {
  readonly #control: Int32Array;
  readonly #sent: Int32Array = new Int32Array(PORT_SHARES);
  #total = 0;
  #untilRecount = 0;
  /** Upcalls of one port that may wait, at most `MAX_PER_PORT`. */
  #perPort = MAX_PER_PORT;
  #buffer = new ArrayBuffer(1 << 16);
  #words = new Uint32Array(this.#buffer);
  #bytes = new Uint8Array(this.#buffer);
  #length = 0;
  #cookies: UserspaceCookie[] = [];
  #cookieIds = new Map<UserspaceCookie, number>();

  constructor(control: Int32Array) {
    this.#control = control;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** True when the batch should be sent before more is added. */
  get isFull(): boolean {
    return this.#length >= MAX_BATCH_BYTES;
  }

  /** Says that executing a packet takes long: only `share` (0 to 1) of the usual number may wait of each port. */
  limitTo(share: number): void {
    this.#perPort = Math.max(RESERVED_PER_PORT, MAX_PER_PORT * share);
  }

  /** Adds a packet's first `length` bytes and its key. False where there is no room for one of this port. */
  add(
    frame: UpcallBytes,
    length: number,
    key: FlowKey,
    cookie: UserspaceCookie | undefined,
    recirculations: number = 0,
  ): boolean {
    const share = key[W.inPort]! % PORT_SHARES;
    if (!this.#mayAdd(share)) return false;
    const size = HEADER_BYTES + ((length + 3) & ~3);
    this.#reserve(size);
    const words = this.#words;
    let at = this.#length >> 2;
    words[at] = length;
    words[at + 1] = cookie === undefined ? 0 : this.#cookieId(cookie);
    const o = frame.offload;
    words[at + 2] = o.flags;
    words[at + 3] = o.gsoType;
    words[at + 4] = o.headerLength;
    words[at + 5] = o.gsoSize;
    words[at + 6] = o.csumStart;
    words[at + 7] = o.csumOffset;
    words[at + 8] = recirculations;
    at += HEADER;
    words.set(key, at);
    frame.copyTo(this.#bytes, this.#length + HEADER_BYTES, length);
    this.#length += size;
    this.#sent[share]!++;
    this.#total++;
    return true;
  }

  /** The packed upcalls, and their cookies; the batch is empty afterwards. */
  take(): { buffer: ArrayBuffer; cookies: UserspaceCookie[] } {
    const buffer = this.#buffer.slice(0, this.#length);
    const cookies = this.#cookies;
    this.#length = 0;
    this.#cookies = [];
    this.#cookieIds = new Map();
    return { buffer, cookies };
  }

  #mayAdd(share: number): boolean {
    const waiting = this.#sent[share]! - Atomics.load(this.#control, Control.handled + share);
    if (waiting < RESERVED_PER_PORT) return true;
    if (waiting >= this.#perPort) return false;
    if (this.#total >= MAX_WAITING >> 1) {
      if (--this.#untilRecount <= 0) this.#recount();
      if (this.#total >= MAX_WAITING) return false;
      if (this.#total >= MAX_WAITING >> 1 && waiting >= MAX_PER_PORT_CROWDED) return false;
    }
    return true;
  }

  #recount(): void {
    this.#untilRecount = RECOUNT;
    let total = 0;
    for (let i = 0; i < PORT_SHARES; i++) total += this.#sent[i]! - Atomics.load(this.#control, Control.handled + i);
    this.#total = total;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.byteLength) return;
    const grown = new ArrayBuffer((Math.max(needed, this.#buffer.byteLength * 2) + 3) & ~3);
    new Uint8Array(grown).set(new Uint8Array(this.#buffer, 0, this.#length));
    this.#buffer = grown;
    this.#words = new Uint32Array(grown);
    this.#bytes = new Uint8Array(grown);
  }

  #cookieId(cookie: UserspaceCookie): number {
    const known = this.#cookieIds.get(cookie);
    if (known !== undefined) return known;
    this.#cookies.push(cookie);
    this.#cookieIds.set(cookie, this.#cookies.length);
    return this.#cookies.length;
  }
}

/** A batch that has arrived. What is read of it, keys and packets' bytes, stays in its buffer. */
export class ReceivedUpcalls {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #cookies: readonly UserspaceCookie[];

  constructor(buffer: ArrayBuffer, cookies: readonly UserspaceCookie[]) {
    this.#words = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
    this.#bytes = new Uint8Array(buffer);
    this.#cookies = cookies;
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
    const { buffer } = words;
    const w = place >> 2;
    const cookie = words[w + 1] === 0 ? undefined : this.#cookies[words[w + 1]! - 1];
    return {
      kind: cookie === undefined ? "miss" : "action",
      packet: {
        data: new Uint8Array(buffer, place + HEADER_BYTES, words[w]),
        offload: {
          flags: words[w + 2]!,
          gsoType: words[w + 3]!,
          headerLength: words[w + 4]!,
          gsoSize: words[w + 5]!,
          csumStart: words[w + 6]!,
          csumOffset: words[w + 7]!,
        },
        recirculations: words[w + 8]!,
      },
      key: new Uint32Array(buffer, place + HEADER * 4, KEY_WORDS),
      cookie,
    };
  }
}

/** Says that so many upcalls of a port have been handled, which makes room for others. */
export function countHandled(control: Int32Array, port: number, count: number): void {
  Atomics.add(control, Control.handled + (port % PORT_SHARES), count);
}
