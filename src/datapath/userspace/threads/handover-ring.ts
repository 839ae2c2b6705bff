import { type FlowKey, newKey, wordsInUse } from "#flow/key.js";
import { CORE_WORDS, W } from "#flow/layout.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { UpcallBytes } from "../upcalls/upcall-batch.js";

/** Bytes of frames that one thread may have waiting for another: as many as a TCP window or two. A power of two. */
const SIZE = 4 << 20;
/** Ports this far apart share what may wait of each. */
const PORT_SHARES = 256;
/**
 * Control words: words written, words whose memory is free again, and words taken, modulo 2^32, ever; then words written and words taken for each port.
 */
const WRITTEN = 0;
const FREED = 1;
const TAKEN = 2;
const PORT_WRITTEN = 16;
const PORT_TAKEN = PORT_WRITTEN + PORT_SHARES;
const CONTROL = PORT_TAKEN + PORT_SHARES;
/** 32-bit numbers before each packet: the record's words, bytes, six of the offload state, recirculations, then the key. */
const HEADER = 9;
const KEY_AT = HEADER;
/** Instead of a record: what is left before the ring's end is not used. */
const SKIP = -1;

/** The memory of a ring. */
export function newHandoverMemory(size: number = SIZE): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL * 4 + size);
}

/**
 * Packets on their way from one forwarding thread to another, copied whole with their keys. One writes, one reads, nobody locks: the numbers of words that
 * were written and freed are all that both look at. A writer or a reader that has died is replaced by another, which goes on where it was; a reader behind the packet
 * that it died of.
 */
class HandoverRing {
  protected readonly control: Int32Array;
  protected readonly words: Int32Array;
  protected readonly bytes: Uint8Array;
  protected readonly mask: number;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL);
    this.words = new Int32Array(memory, CONTROL * 4);
    this.bytes = new Uint8Array(memory, CONTROL * 4);
    this.mask = this.words.length - 1;
  }
}

/** The writing end. */
export class HandoverWriter extends HandoverRing {
  /** Something was written since this was last set to false: the reader may have to be woken. */
  isUntold = false;

  /**
   * Writes a packet's `length` bytes and its key. False where there is no room: a port may have waiting what twice fits into what is free, so that whatever some do there
   * is room for one that begins.
   */
  add(frame: UpcallBytes, length: number, key: FlowKey, recirculations: number): boolean {
    const { control, words, mask } = this;
    const written = control[WRITTEN]!;
    const free = words.length - ((written - Atomics.load(control, FREED)) | 0);
    const count = wordsInUse(key);
    const size = KEY_AT + count + ((length + 3) >> 2);
    const share = PORT_WRITTEN + (key[W.inPort]! % PORT_SHARES);
    const waiting = (control[share]! - Atomics.load(control, share + PORT_SHARES)) | 0;
    let at = written & mask;
    const skipped = at + size > words.length ? words.length - at : 0;
    if (size + skipped > free || waiting + size > 2 * (free - size - skipped)) return false;
    if (skipped > 0) {
      words[at] = SKIP;
      at = 0;
    }
    words[at] = size;
    words[at + 1] = length;
    const { offload } = frame;
    words[at + 2] = offload.flags;
    words[at + 3] = offload.gsoType;
    words[at + 4] = offload.headerLength;
    words[at + 5] = offload.gsoSize;
    words[at + 6] = offload.csumStart;
    words[at + 7] = offload.csumOffset;
    words[at + 8] = recirculations;
    for (let i = 0; i < count; i++) words[at + KEY_AT + i] = key[i]!;
    frame.copyTo(this.bytes, (at + KEY_AT + count) * 4, length);
    control[share] = (control[share]! + size) | 0;
    Atomics.store(control, WRITTEN, (written + skipped + size) | 0);
    this.isUntold = true;
    return true;
  }
}

/** Takes a packet that was handed over. Memory and key last until `release` and until the next packet; `offload` is used again. */
export type HandoverReceiver = (
  memory: Uint8Array,
  at: number,
  length: number,
  offload: Offload,
  key: FlowKey,
  recirculations: number,
) => void;

/** The reading end. */
export class HandoverReader extends HandoverRing {
  readonly #key: FlowKey = newKey();
  readonly #offload: Offload = plainOffload();
  /** Words taken so far, ever; given back by `release`. */
  #taken: number;

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    this.#taken = this.control[TAKEN]!;
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    return Atomics.load(this.control, WRITTEN) === this.#taken;
  }

  /** Gives up to `budget` packets; returns how many. */
  read(budget: number, receiver: HandoverReceiver): number {
    const { words, bytes, mask, control } = this;
    const offload = this.#offload;
    const key = this.#key;
    const end = Atomics.load(control, WRITTEN);
    let count = 0;
    while (count < budget && this.#taken !== end) {
      const at = this.#taken & mask;
      const size = words[at]!;
      if (size === SKIP) {
        this.#taken = (this.#taken + words.length - at) | 0;
        continue;
      }
      this.#taken = (this.#taken + size) | 0;
      offload.flags = words[at + 2]!;
      offload.gsoType = words[at + 3]!;
      offload.headerLength = words[at + 4]!;
      offload.gsoSize = words[at + 5]!;
      offload.csumStart = words[at + 6]!;
      offload.csumOffset = words[at + 7]!;
      key.fill(0, CORE_WORDS);
      for (let i = 0; i < CORE_WORDS; i++) key[i] = words[at + KEY_AT + i]!;
      const inUse = wordsInUse(key);
      for (let i = CORE_WORDS; i < inUse; i++) key[i] = words[at + KEY_AT + i]!;
      const share = PORT_TAKEN + (key[W.inPort]! % PORT_SHARES);
      Atomics.store(control, share, (control[share]! + size) | 0);
      Atomics.store(control, TAKEN, this.#taken);
      count++;
      receiver(bytes, (at + KEY_AT + inUse) * 4, words[at + 1]!, offload, key, words[at + 8]!);
    }
    return count;
  }

  /** Gives the memory of what was read back to the writer. */
  release(): void {
    Atomics.store(this.control, FREED, this.#taken);
  }
}
