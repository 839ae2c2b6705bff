import { describe, expect, it } from "vitest";
import { BUCKET_ENTRIES, LEASE_BUCKETS, LEASE_ROW_WORDS, LEASE_ROWS, leaseTable } from "#bpf/forward/track-layout.js";
import { C, F_LISTED } from "./connection-layout.js";
import { ConnectionPool } from "./connection-pool.js";
import { Leases } from "./leases.js";

const FIRST = leaseTable.buckets >> 2;

function bed() {
  const pool = new ConnectionPool();
  let waits = 0;
  const memory = {
    rows: new Uint32Array(LEASE_ROWS * LEASE_ROW_WORDS).fill(7),
    table: new Uint32Array(leaseTable.size >> 2).fill(9),
    waitForPrograms: () => void waits++,
    monotonic: () => 1000,
  };
  const early = [pool.take(), pool.take()];
  pool.words(early[1]!)[pool.row(early[1]!) + C.mark] = 5;
  const leases = new Leases(memory, pool, 0xabcd1234, 400);
  const take = (original: number, reply: number): number => {
    const id = pool.take();
    pool.words(id)[pool.row(id) + C.hash] = original;
    pool.words(id)[pool.row(id) + C.hash + 1] = reply;
    return id;
  };
  const entries = (): number[] => [...memory.table.subarray(FIRST)].filter((entry) => entry !== 0);
  const row = (id: number, word: number): number => memory.rows[id * LEASE_ROW_WORDS + word]!;
  return { pool, leases, memory, take, entries, row, waits: () => waits };
}

describe("Leases", () => {
  it("begins with an empty table, the time that ticks are of, and the rows there are", () => {
    const { memory, entries, row } = bed();
    expect(entries()).toEqual([]);
    expect(memory.table[leaseTable.seed >> 2]).toBe(0xabcd1234);
    const view = new DataView(memory.table.buffer);
    expect(view.getBigInt64(leaseTable.offset, true)).toBe(-600_000_000n);
    expect(row(1, C.mark)).toBe(5);
  });

  it("enters both directions once, and takes a connection back by its row alone", () => {
    const { leases, take, entries, row, pool, waits } = bed();
    const id = take(0x123, 0x456);
    leases.grant(id, 300);
    expect(entries().length).toBe(2);
    expect(row(id, C.lease)).toBe(300);
    const before = waits();
    leases.end(id);
    expect(row(id, C.lease)).toBe(0);
    expect(waits()).toBe(before + 1);
    leases.grant(id, 200);
    expect(entries().length).toBe(2);
    leases.forget(id);
    expect(entries()).toEqual([]);
    pool.give(id);
  });

  it("knows entries of one bucket apart, and leases none that finds no room", () => {
    const { leases, take, entries, row } = bed();
    const ids = Array.from({ length: 3 }, (_, i) => take(5 + LEASE_BUCKETS * 2 * i, 5));
    for (const id of ids) leases.grant(id, 1);
    expect(entries().length).toBe(BUCKET_ENTRIES);
    expect(row(ids[2]!, C.lease)).toBe(0);
    leases.forget(ids[0]!);
    leases.grant(ids[2]!, 1);
    expect(entries().length).toBe(BUCKET_ENTRIES);
    expect(row(ids[2]!, C.lease)).toBe(1);
    leases.endAll();
    expect([1, 2].map((i) => row(ids[i]!, C.lease))).toEqual([0, 0]);
  });

  it("enters nothing where only one direction finds room", () => {
    const { leases, take, entries, row } = bed();
    for (const id of [take(5, 5), take(5, 5)]) leases.grant(id, 1);
    const id = take(6, 5);
    leases.grant(id, 1);
    expect(entries().length).toBe(BUCKET_ENTRIES);
    expect(row(id, C.lease)).toBe(0);
  });

  it("leaves rows behind the first ones alone, and lets go of the memory", () => {
    const { leases, take, pool, memory, entries } = bed();
    const ids = Array.from({ length: LEASE_ROWS }, (_, i) => take(i, i + 1));
    const last = ids.at(-1)!;
    leases.grant(last, 1);
    expect(entries()).toEqual([]);
    const first = ids[0]!;
    pool.words(first)[pool.row(first) + C.mark] = 77;
    leases.grant(first, 9);
    leases.close();
    expect(entries()).toEqual([]);
    memory.rows.fill(0xffffffff);
    const [w, at] = [pool.words(first), pool.row(first)];
    expect([w[at + C.mark], w[at + C.lease], w[at + C.flags]! & F_LISTED]).toEqual([77, 0, 0]);
  });
});
