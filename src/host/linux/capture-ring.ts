import { captureState } from "#bpf/capture-program.js";
import type { RingHandle } from "../capture-rings.js";
import { Memory } from "./memory.js";

const PAGE = 4096;
const BUSY = 0x80000000 | 0;
const DISCARD = 0x40000000;
const LENGTH = 0x3fffffff;
const RECORD_HEAD = 8;

/**
 * A BPF ring buffer, seen from the side of the one thread that reads it: positions are
 * byte counts modulo 2^32, records are an 8-byte head and data padded to 8 bytes, and the data area is mapped twice in a row
 * so that no record is ever split.
 */
export class CaptureRingReader {
  readonly fd: number;
  /** Read-only: frames lie here, at `Memory.address` + offset. */
  readonly data: Memory;
  readonly #dataOffset = PAGE;
  readonly #consumer: Memory;
  readonly #state: Memory;
  readonly #mask: number;
  readonly #consumer64: BigUint64Array;
  #position: number;
  /** The upper half of the 64-bit position that the kernel keeps. */
  #wraps: bigint;

  /** Goes on where the reader before stopped, without the record that it stopped at. Throws `HostError`. */
  constructor({ ring, state, size }: RingHandle) {
    this.fd = ring;
    this.#consumer = Memory.map(ring, 0, PAGE, true);
    this.#consumer64 = new BigUint64Array(this.#consumer.bytes.buffer, 0, 1);
    this.data = Memory.map(ring, PAGE, PAGE + 2 * size, false);
    this.#state = Memory.map(state, 0, captureState.size, true);
    this.#mask = size - 1;
    const position = Atomics.load(this.#consumer64, 0);
    this.#wraps = (position >> 32n) << 32n;
    this.#position = Number(position & 0xffffffffn) | 0;
    // It may also be behind: records that were passed over are not noted as read.
    const unfinished = (this.#state.ints[captureState.reading >> 2]! - this.#position) | 0;
    if (unfinished > 0) this.release(unfinished);
  }

  /**
   * Says what a frame costs beyond its length. A port whose waiting frames cost more than twice what is free in the ring gets nothing more
   * into it, so this bounds how many frames may wait.
   */
  setFrameCost(cost: number): void {
    this.#state.ints[captureState.frameCost >> 2] = cost;
  }

  /** True where more of a slot's frames wait than the program would let in by now. */
  hasTooMany(slot: number): boolean {
    const { ints } = this.#state;
    const entered = captureState.entered(slot) >> 2;
    const taken = captureState.taken(slot) >> 2;
    const frames = (Atomics.load(ints, entered) - ints[taken]!) >>> 0;
    const bytes = (ints[entered + 1]! - ints[taken + 1]!) >>> 0;
    return frames * ints[captureState.frameCost >> 2]! + bytes > 2 * (this.#mask + 1 - this.unread);
  }

  /** Makes room for others of this slot's frames: one of `length` bytes has been read. */
  took(slot: number, length: number): void {
    const { ints } = this.#state;
    const at = captureState.taken(slot) >> 2;
    ints[at]!++;
    ints[at + 1]! += length;
  }

  /** Frames of a slot lost because the ring was full, or too full of the slot's. */
  lost(slot: number): number {
    return Number(this.#state.view.getBigUint64(captureState.lost(slot), true));
  }

  /** Bytes of records that have not been given back yet. */
  get unread(): number {
    return (Atomics.load(this.data.ints, 0) - this.#position) >>> 0;
  }

  /** True where the writers have reserved something the reader has not released. */
  pending(): boolean {
    return Atomics.load(this.data.ints, 0) !== (this.#position | 0);
  }

  /** Tells writers whether the reader is about to sleep and must be woken. A full barrier. */
  setSleeping(sleeping: boolean): void {
    Atomics.exchange(this.#state.ints, 0, sleeping ? 1 : 0);
  }

  /**
   * Offset in `data` of the record `skip` bytes after the reader's position, or -1 where none is complete there.
   * `step` of the same `skip` is its whole size.
   */
  record(skip: number): number {
    const position = (this.#position + skip) | 0;
    if (position === Atomics.load(this.data.ints, 0)) return -1;
    const at = this.#dataOffset + (position & this.#mask);
    return Atomics.load(this.data.ints, at >> 2) & BUSY ? -1 : at + RECORD_HEAD;
  }

  /** The size in the ring of the record whose data is at `at`. */
  step(at: number): number {
    return ((this.data.ints[(at - RECORD_HEAD) >> 2]! & LENGTH) + RECORD_HEAD + 7) & ~7;
  }

  isDiscarded(at: number): boolean {
    return (this.data.ints[(at - RECORD_HEAD) >> 2]! & DISCARD) !== 0;
  }

  /** Gives `size` bytes of records back to the writers. */
  release(size: number): void {
    const before = this.#position >>> 0;
    this.#position = (this.#position + size) | 0;
    if (this.#position >>> 0 >= before) {
      Atomics.store(this.#consumer.ints, 0, this.#position);
      return;
    }
    this.#wraps += 1n << 32n;
    Atomics.store(this.#consumer64, 0, this.#wraps | BigInt(this.#position >>> 0));
  }

  /** Says that the record that ends `skip` bytes after the reader's position is being read: one that kills the reader is not read again. */
  setReading(skip: number): void {
    this.#state.ints[captureState.reading >> 2] = this.#position + skip;
  }

  /** Unmaps it. The ring stays, with what is in it. */
  close(): void {
    this.#consumer.release();
    this.data.release();
    this.#state.release();
  }
}
