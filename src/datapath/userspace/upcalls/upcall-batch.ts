import { type FlowKey, newKey, wordsInUse } from "#flow/key.js";
import { CORE_WORDS, KEY_WORDS, W } from "#flow/layout.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { UserspaceCookie } from "../../actions.js";
import { Control, PORT_SHARES } from "../threads/thread-protocol.js";

/** 32-bit numbers before each packet: length, cookie position + 1 (0: a miss), six of the offload state, recirculations, then the whole key. */
export const HEADER = 9;
export const HEADER_BYTES: number = (HEADER + KEY_WORDS) * 4;

/** Upcalls not yet handled: of all ports, of one, and of one while more than half of all are taken. */
const MAX_WAITING = 4096;
const MAX_PER_PORT = 1024;
const MAX_PER_PORT_CROWDED = 256;
/** What each port may have waiting whatever the others do. */
const RESERVED_PER_PORT = 16;
/** While crowded, handled upcalls are counted anew once in so many attempts. */
const RECOUNT = 64;
const MAX_BATCH_BYTES = 1 << 20;
/** Bytes of a chunk to begin with, of which so many are kept to be used again. */
const CHUNK = 1 << 18;
const MAX_SPARE = 8;

/** The bytes of a packet that is sent up; a `Frame` is one. */
export interface UpcallBytes {
  readonly offload: Readonly<Offload>;
  copyTo(out: Uint8Array, at: number, size: number): void;
}

/** Memory that upcalls are packed into, and stay in until the main thread has handled them. */
interface Chunk {
  readonly number: number;
  words: Uint32Array;
  bytes: Uint8Array;
  /** Bytes in use. */
  length: number;
  /** Batches of its upcalls that have not been handled yet. */
  batches: number;
}

/** Upcalls packed one behind the other, and where the thread that packed them still has them: from a place in a chunk on. */
export interface PackedUpcalls {
  readonly buffer: ArrayBuffer;
  readonly cookies: readonly UserspaceCookie[];
  readonly chunk: number;
  readonly from: number;
}

/** An upcall that is still here. One object, which the next one changes. */
interface KeptUpcall {
  memory: Uint8Array;
  at: number;
  length: number;
  readonly offload: Offload;
  recirculations: number;
  key: FlowKey | undefined;
}

/**
 * Upcalls on their way to the main thread: packed one behind the other, bounded in number for all ports and for each, so that a
 * port under attack does not take the others' share. What was sent stays here, too, until it has been handled, so that a packet that is to go on
 * need not come back.
 */
export class UpcallBatch {
  readonly #control: Int32Array;
  readonly #sent: Int32Array = new Int32Array(PORT_SHARES);
  #total = 0;
  #untilRecount = 0;
  /** Upcalls of one port that may wait, at most `MAX_PER_PORT`. */
  #perPort = MAX_PER_PORT;
  /** What is added to, and where what was not sent yet begins. */
  #chunk: Chunk;
  #from = 0;
  /** All chunks in use. */
  readonly #chunks = new Map<number, Chunk>();
  readonly #spare: Chunk[] = [];
  #made = 0;
  readonly #kept: KeptUpcall;
  readonly #keptKey: FlowKey = newKey();
  #cookies: UserspaceCookie[] = [];
  #cookieIds = new Map<UserspaceCookie, number>();

  constructor(control: Int32Array) {
    this.#control = control;
    this.#chunk = this.#begin(CHUNK);
    const { bytes: memory } = this.#chunk;
    this.#kept = { memory, at: 0, length: 0, offload: plainOffload(), recirculations: 0, key: undefined };
  }

  get isEmpty(): boolean {
    return this.#chunk.length === this.#from;
  }

  /** True when the batch should be sent before more is added. */
  get isFull(): boolean {
    return this.#chunk.length - this.#from >= MAX_BATCH_BYTES;
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
    const chunk = this.#roomy(size);
    const { words, length: place } = chunk;
    let at = place >> 2;
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
    frame.copyTo(chunk.bytes, place + HEADER_BYTES, length);
    chunk.length = place + size;
    this.#sent[share]!++;
    this.#total++;
    return true;
  }

  /** A copy of the packed upcalls, and their cookies; the batch is empty afterwards. */
  take(): PackedUpcalls {
    const chunk = this.#chunk;
    const from = this.#from;
    const buffer = (chunk.bytes.buffer as ArrayBuffer).slice(from, chunk.length);
    const cookies = this.#cookies;
    chunk.batches++;
    this.#from = chunk.length;
    this.#cookies = [];
    if (cookies.length > 0) this.#cookieIds = new Map();
    return { buffer, cookies, chunk: chunk.number, from };
  }

  /** The upcall at a place of a chunk, one of a batch that has not been released; with its key where that is wanted, or its packet has no Ethernet. */
  kept(number: number, place: number, wantsKey: boolean): KeptUpcall {
    const { words, bytes } = this.#chunks.get(number)!;
    const kept = this.#kept;
    const { offload } = kept;
    const at = place >> 2;
    kept.memory = bytes;
    kept.at = place + HEADER_BYTES;
    kept.length = words[at]!;
    offload.flags = words[at + 2]!;
    offload.gsoType = words[at + 3]!;
    offload.headerLength = words[at + 4]!;
    offload.gsoSize = words[at + 5]!;
    offload.csumStart = words[at + 6]!;
    offload.csumOffset = words[at + 7]!;
    kept.recirculations = words[at + 8]!;
    const from = at + HEADER;
    kept.key = wantsKey || words[from + W.packetType] !== 0 ? this.#readKey(words, from) : undefined;
    return kept;
  }

  #readKey(words: Uint32Array, from: number): FlowKey {
    const key = this.#keptKey;
    const before = wordsInUse(key);
    for (let i = 0; i < CORE_WORDS; i++) key[i] = words[from + i]!;
    for (let i = CORE_WORDS, end = Math.max(before, wordsInUse(key)); i < end; i++) key[i] = words[from + i]!;
    return key;
  }

  /** All upcalls of a batch of this chunk have been handled. */
  release(number: number): void {
    const chunk = this.#chunks.get(number);
    if (chunk === undefined || --chunk.batches > 0) return;
    if (chunk !== this.#chunk) this.#end(chunk);
    else if (this.isEmpty) chunk.length = this.#from = 0;
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

  /** The chunk to add so many bytes to. A batch lies in one: where some of it is there already, that one grows. */
  #roomy(size: number): Chunk {
    const chunk = this.#chunk;
    const needed = chunk.length + size;
    if (needed <= chunk.bytes.length) return chunk;
    if (this.isEmpty) {
      if (chunk.batches === 0) this.#end(chunk);
      this.#from = 0;
      this.#chunk = this.#begin(size);
      return this.#chunk;
    }
    const grown = new Uint8Array((Math.max(needed, chunk.bytes.length * 2) + 3) & ~3);
    grown.set(chunk.bytes.subarray(0, chunk.length));
    chunk.bytes = grown;
    chunk.words = new Uint32Array(grown.buffer);
    return chunk;
  }

  #begin(size: number): Chunk {
    const spare = size <= CHUNK ? this.#spare.pop() : undefined;
    const bytes = spare?.bytes ?? new Uint8Array(Math.max(size, CHUNK));
    const words = spare?.words ?? new Uint32Array(bytes.buffer);
    const chunk = { number: this.#made++, words, bytes, length: 0, batches: 0 };
    this.#chunks.set(chunk.number, chunk);
    return chunk;
  }

  #end(chunk: Chunk): void {
    this.#chunks.delete(chunk.number);
    if (this.#spare.length < MAX_SPARE && chunk.bytes.length <= 2 * CHUNK) this.#spare.push(chunk);
  }

  #cookieId(cookie: UserspaceCookie): number {
    const known = this.#cookieIds.get(cookie);
    if (known !== undefined) return known;
    this.#cookies.push(cookie);
    this.#cookieIds.set(cookie, this.#cookies.length);
    return this.#cookies.length;
  }
}

/** Says that so many upcalls of a port have been handled, which makes room for others. */
export function countHandled(control: Int32Array, port: number, count: number): void {
  Atomics.add(control, Control.handled + (port % PORT_SHARES), count);
}
