import { Memory } from "./memory.js";

/** Room for copies of frames in memory of others. */
const COPIES = 1 << 20;

/** Knows the address of memory that frames are sent from, and copies what lies elsewhere. One for each forwarding thread. */
export class FrameMemory {
  readonly #bytes: Uint8Array[] = [];
  readonly #addresses: number[] = [];
  readonly #copies: Memory = Memory.anonymous(COPIES);
  #copied = 0;

  /** From now on what is sent from this memory is not copied: it stays as it is until the turn's `flush`. */
  register(memory: Memory): void {
    this.#bytes.push(memory.bytes);
    this.#addresses.push(memory.address);
  }

  forget(memory: Memory): void {
    const index = this.#bytes.indexOf(memory.bytes);
    if (index < 0) return;
    this.#bytes.splice(index, 1);
    this.#addresses.splice(index, 1);
  }

  /** True where `length` bytes more might not fit among the copies. Both parts of a frame must be copied with no `reset` in between. */
  isCrowded(length: number): boolean {
    return this.#copied + length > COPIES;
  }

  /** Where the kernel finds these bytes until `reset`: where they are, or in a copy. */
  address(memory: Uint8Array, at: number, length: number): number {
    const bytes = this.#bytes;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] === memory) return this.#addresses[i]! + at;
    const place = this.#copied;
    this.#copies.bytes.set(memory.subarray(at, at + length), place);
    this.#copied = place + length;
    return this.#copies.address + place;
  }

  /** Forgets all copies. */
  reset(): void {
    this.#copied = 0;
  }

  close(): void {
    this.#copies.release();
  }
}
