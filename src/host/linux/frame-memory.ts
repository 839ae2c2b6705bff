import { copyBytes } from "#util/copy-bytes.js";
import { Memory } from "./memory.js";

/** Room for copies of frames in memory of others. */
const COPIES = 1 << 20;

/** Knows the address of memory that frames are sent from, and copies what lies elsewhere. One for each forwarding thread. */
export class FrameMemory {
  readonly #bytes: Uint8Array[] = [];
  readonly #addresses: number[] = [];
  readonly #copies: Memory = Memory.anonymous(COPIES);
  #copied = 0;
  /** The addresses of the head and the tail that were found last. Not returned, since a number this large would have to be allocated. */
  readonly found: Float64Array = new Float64Array(2);

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

  /** Notes in `found` where the kernel finds the two parts of a frame until `reset`: where they are, or in a copy. What is said of an empty one is of no matter. */
  find(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
  ): void {
    if (headLength > 0) this.#find(0, head, headAt, headLength);
    if (tailLength > 0) this.#find(1, tail, tailAt, tailLength);
  }

  #find(part: 0 | 1, memory: Uint8Array, at: number, length: number): void {
    const bytes = this.#bytes;
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== memory) continue;
      this.found[part] = this.#addresses[i]! + at;
      return;
    }
    const place = this.#copied;
    copyBytes(this.#copies.bytes, place, memory, at, length);
    this.#copied = place + length;
    this.found[part] = this.#copies.address + place;
  }

  /** Forgets all copies. */
  reset(): void {
    this.#copied = 0;
  }

  close(): void {
    this.#copies.release();
  }
}
