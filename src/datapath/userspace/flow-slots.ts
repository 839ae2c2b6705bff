import type { FlowStats } from "../datapath.js";

/** 64-bit numbers of one flow: packets, bytes, used, tcp flags. */
const SLOT_SIZE = 4;

const CHUNK_SLOTS = 8192;

/** Counters of some thousand flows: shared memory for each thread that counts, by the thread's seat. */
export interface SlotChunk {
  readonly number: number;
  readonly memories: readonly Float64Array[];
}

/** What is counted on a flow elsewhere than in threads. */
export interface SlotPart {
  /** Packets find the flow there now. */
  readonly isThere: boolean;
  packets(): number;
  read(): FlowStats;
}

/** A flow's counters: in each thread's memory of `chunk` four numbers from `at` on, and what `part` says. They add up. */
export interface Slot {
  readonly chunk: SlotChunk;
  readonly at: number;
  part: SlotPart | undefined;
}

/**
 * Counters of flows in shared memory, which grows by chunks. Every thread that forwards counts in memory of its own, by its seat; that stays when the thread
 * goes, and whoever has the seat next counts on, so nothing is ever moved. A slot is zero when taken. Only one thread takes and frees
 * slots; it frees one only when no forwarding thread knows the flow any more.
 */
export class FlowSlots {
  readonly #chunks: { readonly number: number; readonly memories: Float64Array[] }[] = [];
  readonly #free: Slot[] = [];
  readonly #onChunk: (chunk: SlotChunk) => void;
  #seats = 1;

  /** `onChunk` is told of every new chunk before one of its slots is given out. */
  constructor(onChunk: (chunk: SlotChunk) => void = () => {}) {
    this.#onChunk = onChunk;
  }

  get chunks(): readonly SlotChunk[] {
    return this.#chunks;
  }

  take(): Slot {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop()!;
    const { memories } = slot.chunk;
    // They are few numbers, and `fill` is a call.
    for (let i = 0; i < memories.length; i++) {
      const memory = memories[i]!;
      for (let at = slot.at; at < slot.at + SLOT_SIZE; at++) memory[at] = 0;
    }
    return slot;
  }

  free(slot: Slot): void {
    slot.part = undefined;
    this.#free.push(slot);
  }

  /** Has memory for so many seats at least. */
  reserve(seats: number): void {
    this.#seats = Math.max(this.#seats, seats);
    for (const { memories } of this.#chunks) while (memories.length < this.#seats) memories.push(newMemory());
  }

  #grow(): void {
    const chunk = { number: this.#chunks.length, memories: Array.from({ length: this.#seats }, newMemory) };
    this.#chunks.push(chunk);
    this.#onChunk(chunk);
    for (let i = CHUNK_SLOTS - 1; i >= 0; i--) this.#free.push({ chunk, at: i * SLOT_SIZE, part: undefined });
  }
}

function newMemory(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(CHUNK_SLOTS * SLOT_SIZE * 8));
}

/** Packets so far. */
export function readPackets({ chunk: { memories }, at, part }: Slot): number {
  let packets = memories[0]![at]! + (part === undefined ? 0 : part.packets());
  for (let i = 1; i < memories.length; i++) packets += memories[i]![at]!;
  return packets;
}

/** The counters as they are now. */
export function readSlot({ chunk: { memories }, at, part }: Slot): FlowStats {
  const stats = part === undefined ? { packets: 0, bytes: 0, used: 0, tcpFlags: 0 } : { ...part.read() };
  for (const memory of memories) {
    stats.packets += memory[at]!;
    stats.bytes += memory[at + 1]!;
    stats.used = Math.max(stats.used, memory[at + 2]!);
    stats.tcpFlags |= memory[at + 3]!;
  }
  return stats;
}
