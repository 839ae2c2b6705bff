import type { GuestMemory } from "./guest-memory.js";

/*
 * The device's side of a split virtqueue (VIRTIO 1.1, 2.6), over memory that a guest may change at any time. Whatever it says is read
 * once, checked, and used as it was read.
 */

/** The largest queue (2.6). */
export const MAX_RING_SIZE = 32768;

const DESC_F_NEXT = 1;
const DESC_F_WRITE = 2;
const DESC_F_INDIRECT = 4;
const AVAIL_F_NO_INTERRUPT = 1;
const USED_F_NO_NOTIFY = 1;
const DESCRIPTOR = 16;
const TWO_32 = 2 ** 32;
/** Beyond it no machine has memory, and sums of addresses would no longer be exact. */
const HIGHEST_WORD = 2 ** 20;

/** Pieces of one buffer at most: more than a frame of 64 KB in pages needs, twice. */
const MAX_SEGMENTS = 128;
/** Buffers that one frame may be spread over. */
const MAX_BUFFERS = 128;

/** What `SplitRing.take` gives in place of a head: no buffer is there, or the guest's index makes no sense. */
export const RING_EMPTY = -1;
export const RING_BROKEN = -2;

/** Where a ring's three parts are, as bytes from their own addresses on. */
export interface RingParts {
  /** 16 bytes for each descriptor. */
  readonly descriptors: Uint8Array;
  /** 6 bytes and 2 for each descriptor. */
  readonly available: Uint8Array;
  /** 6 bytes and 8 for each descriptor. */
  readonly used: Uint8Array;
}

/** Lengths in bytes of the parts of a ring of `size` descriptors, in the order of `RingParts`. */
export function ringPartSizes(size: number): readonly [number, number, number] {
  return [DESCRIPTOR * size, 6 + 2 * size, 6 + 8 * size];
}

/** Alignment of the parts, in the same order (2.6). */
export const ringPartAlignments: readonly [number, number, number] = [16, 2, 4];

/** One split ring with indirect descriptors; `usesEventIndex` is VIRTIO_F_EVENT_IDX. */
export class SplitRing {
  readonly size: number;
  /** Position of the next available buffer, and of the next used one; 16 bits. */
  nextAvailable: number;
  nextUsed: number;
  /** The used position that the guest was last notified of. */
  notified: number;
  /** The guest's address of the used ring, where writes to it are to be logged; else -1. */
  usedLog = -1;
  readonly #memory: GuestMemory;
  readonly #usesEventIndex: boolean;
  readonly #mask: number;
  readonly #descriptors: Uint32Array;
  readonly #available: Uint16Array;
  readonly #usedHeader: Uint16Array;
  readonly #usedEntries: Uint32Array;
  /** The buffers of the frame at hand, as pieces: address, length; and which piece is the first of the next buffer. */
  readonly #addresses = new Float64Array(MAX_SEGMENTS);
  readonly #lengths = new Uint32Array(MAX_SEGMENTS);
  #segments = 0;
  readonly #heads = new Uint16Array(MAX_BUFFERS);
  readonly #capacities = new Uint32Array(MAX_BUFFERS);
  #buffers = 0;
  /** Where the next byte is written. */
  #segment = 0;
  #offset = 0;
  readonly #table = new Uint32Array((MAX_SEGMENTS * DESCRIPTOR) / 4);
  readonly #tableBytes = new Uint8Array(this.#table.buffer);

  /** Begins at `base`; used buffers go on where the guest's own memory says. The parts are aligned as `ringPartAlignments` says. */
  constructor(memory: GuestMemory, parts: RingParts, size: number, base: number, usesEventIndex: boolean) {
    const { descriptors, available, used } = parts;
    this.size = size;
    this.#mask = size - 1;
    this.#memory = memory;
    this.#usesEventIndex = usesEventIndex;
    this.#descriptors = new Uint32Array(descriptors.buffer, descriptors.byteOffset, 4 * size);
    this.#available = new Uint16Array(available.buffer, available.byteOffset, 3 + size);
    this.#usedHeader = new Uint16Array(used.buffer, used.byteOffset, 3 + 4 * size);
    this.#usedEntries = new Uint32Array(used.buffer, used.byteOffset + 4, 2 * size);
    this.nextAvailable = base;
    this.nextUsed = Atomics.load(this.#usedHeader, 1);
    this.notified = this.nextUsed;
  }

  /** Buffers that wait; `RING_BROKEN` where the guest claims more than the ring has. */
  waiting(): number {
    const count = (Atomics.load(this.#available, 1) - this.nextAvailable) & 0xffff;
    return count > this.size ? RING_BROKEN : count;
  }

  /**
   * Takes the next buffer: its head, `RING_EMPTY` or `RING_BROKEN`. What it takes is given back by `giveBack`, whatever is in it.
   */
  take(): number {
    const waiting = this.waiting();
    if (waiting <= 0) return waiting === 0 ? RING_EMPTY : RING_BROKEN;
    const head = this.#available[2 + (this.nextAvailable & this.#mask)]!;
    if (head >= this.size) return RING_BROKEN;
    this.nextAvailable = (this.nextAvailable + 1) & 0xffff;
    return head;
  }

  /**
   * Copies what the buffer holds for the device to `to`, from `at` on; returns its length. -1 where the buffer is not well formed: it leaves the guest's memory,
   * is longer than `limit`, goes round in circles or has too many pieces.
   */
  read(head: number, to: Uint8Array, at: number, limit: number): number {
    this.#segments = 0;
    const length = this.#collect(head, 0);
    if (length < 0 || length > limit) return -1;
    let out = at;
    for (let i = 0; i < this.#segments; i++) {
      const part = this.#lengths[i]!;
      if (!this.#memory.read(this.#addresses[i]!, part, to, out)) return -1;
      out += part;
    }
    return length;
  }

  /**
   * Adds the pieces of the chain at `head` that are for the device to read (`wanted` 0) or to write (2), and returns their length; -1 for a chain that is
   * not well formed. The device's writable pieces follow the readable ones (2.6.4.2).
   */
  #collect(head: number, wanted: number): number {
    let table = this.#descriptors;
    let count = this.size;
    let index = head;
    let total = 0;
    let isIndirect = false;
    // No chain is longer than its table (2.6.5.3.1), so a longer one goes round in circles.
    for (let steps = 0; steps < count && steps < MAX_SEGMENTS; steps++) {
      const at = index << 2;
      const low = table[at]!;
      const high = table[at + 1]!;
      const length = table[at + 2]!;
      const word = table[at + 3]!;
      const flags = word & 0xffff;
      if (high >= HIGHEST_WORD) return -1;
      const address = high * TWO_32 + low;
      if ((flags & DESC_F_INDIRECT) !== 0) {
        // A table is not within another, and is what the chain ends with.
        if (isIndirect || (flags & DESC_F_NEXT) !== 0 || length === 0 || length % DESCRIPTOR !== 0) return -1;
        count = length / DESCRIPTOR;
        if (count > MAX_SEGMENTS || !this.#memory.read(address, length, this.#tableBytes, 0)) return -1;
        isIndirect = true;
        table = this.#table;
        index = 0;
        steps = -1;
        continue;
      }
      if ((flags & DESC_F_WRITE) === wanted && length > 0) {
        if (this.#segments === MAX_SEGMENTS) return -1;
        this.#addresses[this.#segments] = address;
        this.#lengths[this.#segments++] = length;
        total += length;
      }
      if ((flags & DESC_F_NEXT) === 0) return total;
      index = word >>> 16;
      if (index >= count) return -1;
    }
    return -1;
  }

  /**
   * Finds buffers for `length` bytes, more than one only where `mayMerge`; returns how many, `RING_EMPTY` where there are not enough yet, or
   * `RING_BROKEN`. 0 where the next buffer is unusable or too small: it is taken and given back empty. Then `write` puts bytes in their place, and `finish` or `drop` ends it.
   */
  reserve(length: number, mayMerge: boolean): number {
    this.#segments = 0;
    this.#buffers = 0;
    this.#segment = 0;
    this.#offset = 0;
    const waiting = this.waiting();
    if (waiting <= 0) return waiting === 0 ? RING_EMPTY : RING_BROKEN;
    let room = 0;
    for (let i = 0; i < waiting && i < MAX_BUFFERS; i++) {
      const head = this.#available[2 + ((this.nextAvailable + i) & this.#mask)]!;
      if (head >= this.size) return RING_BROKEN;
      const capacity = this.#collect(head, DESC_F_WRITE);
      if (capacity <= 0 || (!mayMerge && capacity < length)) {
        // Only the first can be given back now; with the others it is their turn then.
        if (i > 0) return RING_EMPTY;
        this.nextAvailable = (this.nextAvailable + 1) & 0xffff;
        this.giveBack(head, 0);
        return 0;
      }
      this.#heads[i] = head;
      this.#capacities[i] = capacity;
      this.#buffers = i + 1;
      room += capacity;
      if (room >= length) return this.#buffers;
    }
    return RING_EMPTY;
  }

  /** Writes `length` bytes of `from` behind what was written before; false where the guest's buffer is not in its memory. */
  write(from: Uint8Array, fromAt: number, length: number): boolean {
    let at = fromAt;
    for (let left = length; left > 0; ) {
      if (this.#segment >= this.#segments) return false;
      const room = this.#lengths[this.#segment]! - this.#offset;
      const part = room < left ? room : left;
      if (!this.#memory.write(this.#addresses[this.#segment]! + this.#offset, part, from, at)) return false;
      at += part;
      left -= part;
      this.#offset += part;
      if (this.#offset === this.#lengths[this.#segment]!) {
        this.#segment++;
        this.#offset = 0;
      }
    }
    return true;
  }

  /** Gives the reserved buffers to the guest, with the `length` bytes that were written. */
  finish(length: number): void {
    let left = length;
    for (let i = 0; i < this.#buffers; i++) {
      const part = Math.min(left, this.#capacities[i]!);
      this.giveBack(this.#heads[i]!, part);
      left -= part;
    }
    this.nextAvailable = (this.nextAvailable + this.#buffers) & 0xffff;
    this.#buffers = 0;
  }

  /** Gives the first of the reserved buffers back empty. */
  drop(): void {
    this.nextAvailable = (this.nextAvailable + 1) & 0xffff;
    this.giveBack(this.#heads[0]!, 0);
    this.#buffers = 0;
  }

  /** Writes a buffer that was taken to the used ring, with `length` bytes written; the guest sees it at `publish`. */
  giveBack(head: number, length: number): void {
    const at = (this.nextUsed & this.#mask) << 1;
    this.#usedEntries[at] = head;
    this.#usedEntries[at + 1] = length;
    if (this.usedLog >= 0) this.#memory.mark(this.usedLog + 4 + 4 * at, 8);
    this.nextUsed = (this.nextUsed + 1) & 0xffff;
  }

  /** Shows the guest what was given back. True where it wants to be notified of it. */
  publish(): boolean {
    const old = this.notified;
    const now = this.nextUsed;
    Atomics.store(this.#usedHeader, 1, now);
    if (this.usedLog >= 0) this.#memory.mark(this.usedLog, 4);
    if (old === now) return false;
    this.notified = now;
    if (!this.#usesEventIndex) return (Atomics.load(this.#available, 0) & AVAIL_F_NO_INTERRUPT) === 0;
    const wanted = Atomics.load(this.#available, 2 + this.size);
    return ((now - wanted - 1) & 0xffff) < ((now - old) & 0xffff);
  }

  /** Asks the guest to notify the device of the next buffer. True where one has come meanwhile, of which it may not. */
  listen(): boolean {
    if (this.#usesEventIndex) Atomics.store(this.#usedHeader, 2 + 4 * this.size, this.nextAvailable);
    else Atomics.store(this.#usedHeader, 0, 0);
    if (this.usedLog >= 0) this.#memory.mark(this.usedLog, 6 + 8 * this.size);
    return this.waiting() !== 0;
  }

  /** Asks the guest not to notify the device. With event indices, one that is behind says the same. */
  ignore(): void {
    if (this.#usesEventIndex) return;
    Atomics.store(this.#usedHeader, 0, USED_F_NO_NOTIFY);
    if (this.usedLog >= 0) this.#memory.mark(this.usedLog, 2);
  }
}
