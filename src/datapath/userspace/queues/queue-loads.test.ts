import { expect, it } from "vitest";
import type { QueueCounts } from "#host/frame-io.js";
import { newLoads, QueueLoads } from "./queue-loads.js";

it("a thread's time is divided among its queues by what came, the rest is for none", () => {
  const counts = new Map<number, QueueCounts[]>([
    [1, [{ queue: 0, frames: 50, bytes: 5000 }]],
    [
      2,
      [
        { queue: 0, frames: 0, bytes: 0 },
        { queue: 3, frames: 0, bytes: 0 },
      ],
    ],
  ]);
  const memory = newLoads();
  const loads = new QueueLoads({ queueCounts: (port) => counts.get(port) ?? [] }, memory);
  loads.set(1, [{ queue: 0, cell: 1 }]);
  loads.set(2, [
    { queue: 0, cell: 2 },
    { queue: 3, cell: 3 },
  ]);
  const add = (port: number, at: number, frames: number, bytes: number): void => {
    const c = counts.get(port)![at]!;
    c.frames += frames;
    c.bytes += bytes;
  };
  loads.divide(10, 0);
  expect([...memory.subarray(0, 4)]).toEqual([10, 0, 0, 0]);
  add(1, 0, 10, 600);
  add(2, 1, 30, 1800);
  loads.divide(8, 0);
  expect([...memory.subarray(0, 4)]).toEqual([10, 2, 0, 6]);
  // A large segment costs more than a small frame.
  add(1, 0, 1, 60);
  add(2, 0, 1, 65_000);
  loads.divide(1, 0);
  expect(memory[2]).toBeGreaterThan(10 * (memory[1]! - 2));
  // What other threads handed over is for no queue of this one.
  add(1, 0, 1, 0);
  loads.divide(4, 3);
  expect(memory[0]).toBe(13);
  // A queue that is read no more.
  const before = memory[1]!;
  loads.set(1, []);
  add(1, 0, 100, 100);
  loads.divide(1, 0);
  expect([memory[0], memory[1]]).toEqual([14, before]);
});
