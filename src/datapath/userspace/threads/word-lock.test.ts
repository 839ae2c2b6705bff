import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { WordLock } from "./word-lock.js";

/** Counts without atomic operations, under the lock, which it implements as ours does. */
const other = `
const { workerData } = require("node:worker_threads");
const w = new Int32Array(workerData);
for (let i = 0; i < 20000; i++) {
  if (Atomics.compareExchange(w, 0, 0, 1) !== 0) while (Atomics.exchange(w, 0, 2) !== 0) Atomics.wait(w, 0, 2);
  w[1] = w[1] + 1;
  if (Atomics.exchange(w, 0, 0) === 2) Atomics.notify(w, 0, 1);
}`;

describe("a lock of one word", () => {
  it("lets one thread at a time pass", async () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const lock = new WordLock(words, 0);
    const worker = new Worker(other, { eval: true, workerData: words.buffer });
    const ended = new Promise((resolve) => worker.on("exit", resolve));
    await new Promise((resolve) => worker.on("online", resolve));
    for (let i = 0; i < 20_000; i++) {
      lock.take();
      words[1] = words[1]! + 1;
      lock.release();
    }
    await ended;
    expect([...words]).toEqual([0, 40_000]);
  });

  it("is taken over from a holder that has died", () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const lock = new WordLock(words, 0);
    lock.take();
    lock.take();
    lock.release();
    expect(words[0]).toBe(0);
  });
});
