import {
  BUCKET_ENTRIES,
  LEASE_BUCKETS,
  LEASE_ENTRY_SHIFT,
  LEASE_ROWS,
  LEASE_TAG_SHIFT,
  leaseTable,
} from "#bpf/forward/track-layout.js";
import type { LeaseMemory } from "#host/lease-memory.js";
import { C, F_LISTED } from "./connection-layout.js";
import type { ConnectionPool } from "./connection-pool.js";

/**
 * Connections that a program in the kernel follows meanwhile: it finds them in a table by their packets' tuples, judges by their rows, and writes to these what
 * a packet changes: windows, and when they end. So a row tells the truth whoever follows its connection. Only the first rows lie where the kernel sees them.
 */
export class Leases {
  readonly #memory: LeaseMemory;
  readonly #pool: ConnectionPool;

  constructor(memory: LeaseMemory, pool: ConnectionPool) {
    this.#memory = memory;
    this.#pool = pool;
  }

  /** Begins with nothing that is leased; the rows there are go to the memory. `now`: the time that ticks are of, in milliseconds. */
  begin(seed: number, now: number): void {
    const { table, rows } = this.#memory;
    table.fill(0);
    this.#memory.waitForPrograms();
    table[leaseTable.seed >> 2] = seed;
    const offset = BigInt(Math.round((now - this.#memory.monotonic()) * 1e6));
    table[leaseTable.offset >> 2] = Number(BigInt.asUintN(32, offset));
    table[(leaseTable.offset >> 2) + 1] = Number(BigInt.asUintN(32, offset >> 32n));
    this.#pool.share(rows);
  }

  /** Lets the kernel follow a connection that lives for `ticks` from each packet on; or does nothing where there is no room. */
  grant(id: number, ticks: number): void {
    if (id >= LEASE_ROWS) return;
    const w = this.#pool.words(id);
    const at = this.#pool.row(id);
    if ((w[at + C.flags]! & F_LISTED) === 0 && !this.#list(id, w, at)) return;
    Atomics.store(w, at + C.lease, ticks);
  }

  /** On return, the kernel does not follow the connection any more. */
  end(id: number): void {
    Atomics.store(this.#pool.words(id), this.#pool.row(id) + C.lease, 0);
    this.#memory.waitForPrograms();
  }

  /** `end` for all. */
  endAll(): void {
    const count = Math.min(LEASE_ROWS, this.#pool.end);
    for (let id = 0; id < count; id++) this.#pool.words(id)[this.#pool.row(id) + C.lease] = 0;
    this.#memory.waitForPrograms();
  }

  /** Before a connection's row is given back. */
  forget(id: number): void {
    const w = this.#pool.words(id);
    const at = this.#pool.row(id);
    if ((w[at + C.flags]! & F_LISTED) === 0) return;
    for (let direction = 0; direction < 2; direction++) this.#unlist(id, direction, w[at + C.hash + direction]!);
    this.end(id);
  }

  /** Nothing is leased any more, and the memory is not used. */
  close(): void {
    this.#memory.table.fill(0);
    this.endAll();
    this.#pool.share();
    const count = Math.min(LEASE_ROWS, this.#pool.end);
    for (let id = 0; id < count; id++) this.#pool.words(id)[this.#pool.row(id) + C.flags]! &= ~F_LISTED;
  }

  /** Enters both directions. False where one finds no room. */
  #list(id: number, w: Uint32Array, at: number): boolean {
    const { table } = this.#memory;
    const first = this.#find(w[at + C.hash]!, 0);
    if (first < 0) return false;
    table[first] = entryOf(id, 0, w[at + C.hash]!);
    const second = this.#find(w[at + C.hash + 1]!, 0);
    if (second < 0) {
      table[first] = 0;
      return false;
    }
    table[second] = entryOf(id, 1, w[at + C.hash + 1]!);
    w[at + C.flags]! |= F_LISTED;
    return true;
  }

  #unlist(id: number, direction: number, hash: number): void {
    const place = this.#find(hash, entryOf(id, direction, hash));
    if (place >= 0) this.#memory.table[place] = 0;
  }

  /** Where in a hash's bucket this entry is, or -1. */
  #find(hash: number, entry: number): number {
    const { table } = this.#memory;
    const first = (leaseTable.buckets >> 2) + (hash & (LEASE_BUCKETS - 1)) * BUCKET_ENTRIES;
    for (let place = first; place < first + BUCKET_ENTRIES; place++) if (table[place] === entry) return place;
    return -1;
  }
}

/** What who had the memory before has left in it: how tuples are hashed, and what its time is ahead of CLOCK_MONOTONIC's, in milliseconds. Undefined where nobody had. */
export function leftIn({ table }: LeaseMemory): { readonly seed: number; readonly ahead: number } | undefined {
  const seed = table[leaseTable.seed >> 2]!;
  const [low, high] = [table[leaseTable.offset >> 2]!, table[(leaseTable.offset >> 2) + 1]! | 0];
  return seed === 0 ? undefined : { seed, ahead: (high * 2 ** 32 + low) / 1e6 };
}

function entryOf(id: number, direction: number, hash: number): number {
  const tag = hash >>> LEASE_TAG_SHIFT;
  return (((id * 2 + direction) << LEASE_ENTRY_SHIFT) | (tag << 1) | 1) >>> 0;
}
