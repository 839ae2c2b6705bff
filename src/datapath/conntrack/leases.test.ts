import { describe, expect, it } from "vitest";
import { BUCKET_ENTRIES, LEASE_BUCKETS, LEASE_ROW_WORDS, LEASE_ROWS, leaseTable } from "#bpf/forward/track-layout.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { CtState, W } from "#flow/layout.js";
import { finishSum, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { Frame } from "../userspace/frames/frame.js";
import { HeadArena } from "../userspace/frames/head-arena.js";
import { C, F_LISTED } from "./connection-layout.js";
import { ConnectionPool } from "./connection-pool.js";
import { Conntrack } from "./conntrack.js";
import { type CtStep, ctStepOf } from "./ct-step.js";
import { describeConnection } from "./describe-connection.js";
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
  const leases = new Leases(memory, pool);
  leases.begin(0xabcd1234, 400);
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

describe("a memory that somebody has left", () => {
  const step = (text: string): CtStep => {
    const action = parseDatapathActions(text)[0]!;
    if (action.kind !== "ct") throw new Error(text);
    return ctStepOf(action);
  };
  const put = (table: Conntrack, bytes: Uint8Array, how: CtStep): number => {
    const key = newKey();
    extractKey(bytes, 0, bytes.length, newKey(), key, newLayers());
    const frame = new Frame(new HeadArena(new Uint8Array(1 << 16)));
    frame.reset(bytes, 0, bytes.length, plainOffload());
    table.track(frame, key, how);
    return key[W.ctState]!;
  };
  const memory = {
    rows: new Uint32Array(LEASE_ROWS * LEASE_ROW_WORDS),
    table: new Uint32Array(leaseTable.size >> 2),
    waitForPrograms: () => undefined,
    now: 50_000,
    monotonic: () => memory.now,
  };
  const [request, reply] = [udp(1, 2), udp(2, 1)];

  it("gives its connections to the next, who counts time from elsewhere", () => {
    const first = new Conntrack(() => 0.25);
    first.setTime(1000);
    first.lease(memory, 1000);
    put(first, request, step("ct(commit,zone=9,mark=3)"));
    put(first, reply, step("ct(zone=9)"));
    put(first, request, step("ct(commit,zone=8)"));
    const [before] = [describeConnection(first, 0)];
    const rows = memory.rows.slice();
    memory.now += 10_000;
    const next = new Conntrack(() => 0.75);
    next.setTime(200);
    next.lease(memory, 200);
    expect(next.count).toBe(2);
    expect([next.limits.count(8), next.limits.count(9)]).toEqual([1, 1]);
    expect(describeConnection(next, 0)).toEqual({ ...before, timeout: before.timeout - 10 });
    // What the kernel follows, it follows on.
    expect(memory.rows[C.lease]).toBe(rows[C.lease]);
    expect(put(next, reply, step("ct(zone=9)"))).toBe(CtState.trk | CtState.est | CtState.rpl);
    put(next, udp(3, 4), step("ct(commit,zone=9)"));
    expect(next.count).toBe(3);
    next.remove(0);
    expect(put(next, reply, step("ct(zone=9)"))).toBe(CtState.trk | CtState.new);
    expect([...memory.table.subarray(FIRST)].filter((entry) => entry !== 0)).toEqual([]);
  });

  it("and whoever gets them forgets them as their time ends, however long there was none", () => {
    memory.table.fill(0);
    memory.rows.fill(0);
    memory.now = 50_000;
    const first = new Conntrack(() => 0.5);
    first.setTime(10_300_000);
    first.lease(memory, 10_300_000);
    put(first, request, step("ct(commit,zone=4)"));
    put(first, reply, step("ct(zone=4)"));
    memory.now += 1000;
    const next = new Conntrack(() => 0.5);
    next.lease(memory, 7);
    expect([next.pool.count, next.limits.count(4)]).toEqual([1, 1]);
    for (let time = 1000; time < 400_000; time += 1000) {
      next.setTime(time);
      next.sweep(8);
    }
    expect([next.pool.count, next.limits.count(4)]).toEqual([0, 0]);
  });

  it("but not what is broken or over", () => {
    memory.table.fill(0);
    memory.rows.fill(0);
    const first = new Conntrack(() => 0.5);
    first.setTime(0);
    first.lease(memory, 0);
    for (const zone of [1, 2, 3]) {
      put(first, request, step(`ct(commit,zone=${zone})`));
      put(first, reply, step(`ct(zone=${zone})`));
    }
    memory.rows[LEASE_ROW_WORDS + C.original]! ^= 1;
    memory.now += 20_000;
    first.setTime(20_000);
    put(first, reply, step("ct(zone=3)"));
    memory.now += 15_000;
    const next = new Conntrack(() => 0.5);
    next.lease(memory, 7);
    expect(next.count).toBe(1);
    expect(describeConnection(next, 2)).toMatchObject({ zone: 3 });
    put(next, udp(5, 6), step("ct(commit)"));
    put(next, udp(7, 8), step("ct(commit)"));
    expect([next.count, next.pool.end]).toEqual([3, 3]);
  });
});

/** A UDP datagram without a checksum between hosts of these numbers; the lower one's port is 1000, the other's 53. */
function udp(from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(60);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17]);
  bytes.set([10, 0, 0, from, 10, 0, 0, to], 26);
  view.setUint16(24, finishSum(sumBytes(bytes, 14, 34, 0)));
  view.setUint16(34, from < to ? 1000 : 53);
  view.setUint16(36, from < to ? 53 : 1000);
  view.setUint16(38, 26);
  return bytes;
}
