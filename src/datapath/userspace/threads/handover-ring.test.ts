import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import { HandoverReader, HandoverWriter, newHandoverMemory } from "./handover-ring.js";

interface Sent {
  readonly port: number;
  readonly bytes: readonly number[];
  readonly gsoSize: number;
  readonly recirculations: number;
  /** Words of Geneve options. */
  readonly options: number;
}

function write(writer: HandoverWriter, { port, bytes, gsoSize, recirculations, options }: Sent): boolean {
  const key = newKey();
  key[W.inPort] = port;
  key[W.recircId] = bytes.length;
  key[W.tunMetadataPresent + 1] = 4 * options;
  key.fill(options, W.tunMetadata, W.tunMetadata + options);
  const frame = {
    offload: { ...plainOffload(), gsoSize },
    copyTo: (out: Uint8Array, at: number, size: number) => out.set(bytes.slice(0, size), at),
  };
  return writer.add(frame, bytes.length, key, recirculations);
}

function read(reader: HandoverReader, budget: number): Sent[] {
  const packets: Sent[] = [];
  reader.read(budget, (memory, at, length, offload, key, recirculations) => {
    expect(key[W.recircId]).toBe(length);
    const bytes = [...memory.subarray(at, at + length)];
    const options = key[W.tunMetadataPresent + 1]! / 4;
    expect(key.subarray(W.tunMetadata).filter((word) => word !== 0)).toEqual(new Uint32Array(options).fill(options));
    packets.push({ port: key[W.inPort]!, bytes, gsoSize: offload.gsoSize, recirculations, options });
  });
  reader.release();
  return packets;
}

describe("packets handed from thread to thread", () => {
  it("arrive whole, once and in order, or were refused; also by ends that are replaced", () => {
    const packet = fc.record({
      port: fc.nat(600),
      bytes: fc.array(fc.nat(255), { maxLength: 900 }),
      gsoSize: fc.nat(1500),
      recirculations: fc.nat(6),
      options: fc.oneof(fc.constant(0), fc.nat(63)),
    });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ packet }) },
      { weight: 1, arbitrary: fc.record({ read: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.record({ replaced: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const memory = newHandoverMemory(8192);
        let writer = new HandoverWriter(memory);
        let reader = new HandoverReader(memory);
        const waiting: Sent[] = [];
        for (const s of steps) {
          if ("packet" in s) {
            if (write(writer, s.packet)) waiting.push(s.packet);
          } else if ("read" in s) expect(read(reader, s.read)).toEqual(waiting.splice(0, s.read));
          else if (s.replaced) writer = new HandoverWriter(memory);
          else reader = new HandoverReader(memory);
          expect(reader.isEmpty).toBe(waiting.length === 0);
        }
        expect(read(reader, 1000)).toEqual(waiting);
        // Whatever happened, there is room again.
        expect(write(writer, { port: 1, bytes: [1, 2, 3], gsoSize: 0, recirculations: 0, options: 0 })).toBe(true);
      }),
      { seed: 61, numRuns: 300 },
    );
  });

  it("are not taken once more after the reader died of one", () => {
    const memory = newHandoverMemory(8192);
    const writer = new HandoverWriter(memory);
    const packets = [1, 2, 3].map((port) => ({ port, bytes: [port], gsoSize: 0, recirculations: 0, options: 0 }));
    for (const packet of packets) expect(write(writer, packet)).toBe(true);
    const dying = (): number =>
      new HandoverReader(memory).read(9, (_memory, _at, _length, _offload, key) => {
        if (key[W.inPort] === 2) throw new Error("of this one");
      });
    expect(dying).toThrow("of this one");
    expect(read(new HandoverReader(memory), 9)).toEqual(packets.slice(2));
  });

  it("of one port leave room for another's", () => {
    const memory = newHandoverMemory(1 << 16);
    const writer = new HandoverWriter(memory);
    const flood = { port: 1, bytes: Array.from({ length: 60 }, () => 0), gsoSize: 0, recirculations: 0, options: 0 };
    let taken = 0;
    while (write(writer, flood)) taken++;
    expect(taken).toBeGreaterThan(50);
    expect(write(writer, { ...flood, port: 2 })).toBe(true);
    expect(write(writer, flood)).toBe(false);
  });

  it("go on where the counts of words overflow", () => {
    const memory = newHandoverMemory(8192);
    new Int32Array(memory).fill(0x7fffff80, 0, 3);
    const writer = new HandoverWriter(memory);
    const reader = new HandoverReader(memory);
    for (let i = 0; i < 20; i++) {
      const packet = { port: i, bytes: [i], gsoSize: 0, recirculations: 0, options: 0 };
      expect(write(writer, packet)).toBe(true);
      expect(read(reader, 1)).toEqual([packet]);
    }
  });
});
