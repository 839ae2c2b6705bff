import type { FlowStats } from "../datapath.js";

/** 64-bit numbers of one flow: packets, bytes, used, tcp flags. */
const SLOT_SIZE = 4;

const CHUNK_SLOTS = 8192;

/** A flow's counters: four numbers of `memory` from `at` on. */
export interface Slot {
  readonly chunk: number;
  readonly memory: Float64Array;
  readonly at: number;
}

/**
 * Counters of flows in shared memory, which grows by chunks. A slot is zero when taken. Only one thread takes and frees slots;
 * it frees one only when the forwarding thread no longer knows the flow.
 */
export class FlowSlots {
  readonly #chunks: Float64Array[] = [];
  readonly #free: Slot[] = [];
  readonly #onChunk: (chunk: number, memory: SharedArrayBuffer) => void;

  /** `onChunk` is told of every new chunk before one of its slots is given out. */
  constructor(onChunk: (chunk: number, memory: SharedArrayBuffer) => void = () => {}) {
    this.#onChunk = onChunk;
  }

  take(): Slot {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop()!;
    slot.memory.fill(0, slot.at, slot.at + SLOT_SIZE);
    return slot;
  }

  free(slot: Slot): void {
    this.#free.push(slot);
  }

  /** The chunks there are, for a forwarding thread that starts anew. */
  chunks(): SharedArrayBuffer[] {
    return this.#chunks.map((c) => c.buffer as SharedArrayBuffer);
  }

  #grow(): void {
    const chunk = this.#chunks.length;
    const memory = new Float64Array(new SharedArrayBuffer(CHUNK_SLOTS * SLOT_SIZE * 8));
    this.#chunks.push(memory);
    this.#onChunk(chunk, memory.buffer as SharedArrayBuffer);
    for (let i = CHUNK_SLOTS - 1; i >= 0; i--) this.#free.push({ chunk, memory, at: i * SLOT_SIZE });
  }
}

/** The counters as they are now. */
export function readSlot(memory: Float64Array, at: number): FlowStats {
  return { packets: memory[at]!, bytes: memory[at + 1]!, used: memory[at + 2]!, tcpFlags: memory[at + 3]! };
}
