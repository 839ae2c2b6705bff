import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { Upcall } from "../datapath.js";
import { UpcallQueue } from "./upcall-queue.js";

function from(port: number, byte = 0): Upcall {
  const key = newKey();
  key[W.inPort] = port;
  return { kind: "miss", packet: { data: Uint8Array.of(byte), offload: plainOffload() }, key, cookie: undefined };
}

function drain(queue: UpcallQueue<number>): string[] {
  const seen: string[] = [];
  for (let e = queue.take(); e !== undefined; e = queue.take()) {
    seen.push(`${e.upcall.key[W.inPort]}.${e.upcall.packet.data[0]}`);
  }
  return seen;
}

describe("upcalls that wait", () => {
  it("have their turn port by port, each port's in order", () => {
    const queue = new UpcallQueue<number>();
    for (let i = 0; i < 3; i++) queue.add(from(1, i), 0);
    for (let i = 0; i < 2; i++) queue.add(from(2, i), 0);
    queue.add(from(3), 0);
    expect(queue.size).toBe(6);
    expect(drain(queue)).toEqual(["1.0", "2.0", "3.0", "1.1", "2.1", "1.2"]);
    expect(queue.size).toBe(0);
  });

  it("do not put a port that begins behind all of another's", () => {
    const queue = new UpcallQueue<number>();
    for (let i = 0; i < 200; i++) queue.add(from(1, i), 0);
    for (let i = 0; i < 100; i++) queue.take();
    queue.add(from(2, 7), 0);
    expect(drain(queue).slice(0, 2)).toEqual(["1.100", "2.7"]);
  });

  it("of one port are taken at once, and it may begin again in its turn", () => {
    const queue = new UpcallQueue<number>();
    for (let i = 0; i < 3; i++) queue.add(from(1, i), 0);
    queue.add(from(2), 0);
    queue.take();
    expect(queue.takePort(1).map((e) => e.upcall.packet.data[0])).toEqual([1, 2]);
    queue.add(from(1, 9), 0);
    expect(queue.size).toBe(2);
    expect(drain(queue)).toEqual(["2.0", "1.9"]);
  });

  it("are all taken once, however many turns there are", () => {
    const queue = new UpcallQueue<number>();
    let taken = 0;
    for (let i = 0; i < 5000; i++) {
      queue.add(from(i % 7), 0);
      if (i % 3 === 0 && queue.take()) taken++;
    }
    expect(taken + drain(queue).length).toBe(5000);
  });
});
