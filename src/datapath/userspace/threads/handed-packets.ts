import { HandoverReader, type HandoverReceiver } from "./handover-ring.js";

/** Taken at a time of what a thread has left that is no more. */
const PIECE = 256;

/** Packets that other threads hand over to this one, by the seats of those. */
export class HandedPackets {
  readonly #readers = new Map<number, HandoverReader>();
  readonly #receiver: HandoverReceiver;

  constructor(receiver: HandoverReceiver) {
    this.#receiver = receiver;
  }

  /** True where nothing waits. */
  get isEmpty(): boolean {
    for (const reader of this.#readers.values()) if (!reader.isEmpty) return false;
    return true;
  }

  /** A thread's packets come from here on. */
  add(seat: number, memory: SharedArrayBuffer): void {
    this.#readers.set(seat, new HandoverReader(memory));
  }

  /** Takes what a thread has left, with `flush` after each piece; there will be nothing more from it. */
  remove(seat: number, flush: () => void): void {
    const reader = this.#readers.get(seat);
    this.#readers.delete(seat);
    while (reader !== undefined && reader.read(PIECE, this.#receiver) > 0) {
      flush();
      reader.release();
    }
  }

  /** Takes packets, of each thread its share of `budget`; returns how many. */
  take(budget: number): number {
    if (this.#readers.size === 0) return 0;
    const share = Math.max(1, Math.floor(budget / this.#readers.size));
    let count = 0;
    for (const reader of this.#readers.values()) count += reader.read(share, this.#receiver);
    return count;
  }

  /** Gives the memory of what was taken back. */
  release(): void {
    for (const reader of this.#readers.values()) reader.release();
  }
}
