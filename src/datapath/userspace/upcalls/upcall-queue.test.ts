import { describe, expect, it } from "vitest";
import { UpcallQueue } from "./upcall-queue.js";

function drain(queue: UpcallQueue<string>): string[] {
  const seen: string[] = [];
  while (queue.take()) seen.push(`${queue.source}.${queue.place}`);
  return seen;
}

describe("upcalls that wait", () => {
  it("have their turn port by port, each port's in order", () => {
    const queue = new UpcallQueue<string>();
    for (let i = 0; i < 3; i++) queue.add(1, "a", i);
    for (let i = 0; i < 2; i++) queue.add(2, "b", i);
    queue.add(3, "c", 0);
    expect(queue.size).toBe(6);
    expect(drain(queue)).toEqual(["a.0", "b.0", "c.0", "a.1", "b.1", "a.2"]);
    expect(queue.size).toBe(0);
  });

  it("do not put a port that begins behind all of another's", () => {
    const queue = new UpcallQueue<string>();
    for (let i = 0; i < 200; i++) queue.add(1, "a", i);
    for (let i = 0; i < 100; i++) queue.take();
    queue.add(2, "b", 7);
    expect(drain(queue).slice(0, 2)).toEqual(["a.100", "b.7"]);
  });

  it("of one port are taken at once, and it may begin again in its turn", () => {
    const queue = new UpcallQueue<string>();
    for (let i = 0; i < 3; i++) queue.add(1, "a", i);
    queue.add(2, "b", 0);
    queue.take();
    expect(queue.takePort(1).map(({ place }) => place)).toEqual([1, 2]);
    queue.add(1, "a", 9);
    expect(queue.size).toBe(2);
    expect(drain(queue)).toEqual(["b.0", "a.9"]);
  });

  it("are all taken once and in order, however many turns there are", () => {
    const queue = new UpcallQueue<string>();
    const taken: string[] = [];
    for (let i = 0; i < 20_000; i++) {
      queue.add(i % 2, String(i % 2), i);
      if (i % 8 !== 0 && queue.take()) taken.push(`${queue.source}.${queue.place}`);
    }
    taken.push(...drain(queue));
    for (const port of [0, 1]) {
      const places = taken.filter((t) => t.startsWith(`${port}.`)).map((t) => Number(t.slice(2)));
      expect(places).toEqual(Array.from({ length: 10_000 }, (_, i) => 2 * i + port));
    }
  });
});
