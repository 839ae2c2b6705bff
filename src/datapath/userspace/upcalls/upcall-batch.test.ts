import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { Upcall } from "../../datapath.js";
import type { Program } from "../ops.js";
import { CONTROL_INTS } from "../threads/thread-protocol.js";
import { WorkBatch, WorkReader } from "../threads/work-batch.js";
import { ReceivedUpcalls, UpcallPacket } from "./received-upcalls.js";
import { UpcallBatch } from "./upcall-batch.js";

/** What tells an upcall: its number, which is in its key and in its bytes, and how long it is. */
interface Sent {
  readonly number: number;
  readonly length: number;
}

function add(batch: UpcallBatch, { number, length }: Sent): boolean {
  const key = newKey();
  key[W.inPort] = number;
  key[W.tp] = number;
  const isTunnelled = number % 3 === 0;
  if (isTunnelled) key[W.tunMetadataPresent + 1] = 1;
  if (isTunnelled) key[W.tunMetadata] = number;
  const copyTo = (out: Uint8Array, at: number, size: number): unknown => out.fill(number, at, at + size);
  return batch.add({ offload: { ...plainOffload(), gsoSize: number & 0xffff }, copyTo }, length, key, undefined, 2);
}

describe("upcalls that have been sent", () => {
  it("are executed where they still are, whatever came and was handled since", () => {
    const packet = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 14, max: 1500 }) },
      fc.integer({ min: 1, max: 70_000 }),
    );
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.array(packet, { maxLength: 60 }) }) },
      { weight: 3, arbitrary: fc.constant("take" as const) },
      { weight: 3, arbitrary: fc.record({ handle: fc.nat(5), some: fc.nat(40) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (steps) => {
        const batch = new UpcallBatch(new Int32Array(CONTROL_INTS));
        const work = new WorkBatch();
        const reader = new WorkReader();
        const program: Program = [];
        let last = 0;
        let packed: Sent[] = [];
        const origin = { handled: () => {}, released: (chunk: number) => work.release(chunk) };
        const waiting: { from: ReceivedUpcalls; upcalls: Upcall[]; sent: Sent[] }[] = [];
        const expected: Sent[] = [];
        const executed: Sent[] = [];
        const obey = (): void => {
          const { buffer, programs } = work.take();
          reader.read(buffer, programs, {
            put: () => expect.unreachable(),
            execute: () => expect.unreachable(),
            executeKept(chunk, place) {
              expect(batch.kept(chunk, place, false).key).toBeUndefined();
              const { memory, at, length, key: kept, offload, recirculations } = batch.kept(chunk, place, true);
              const key = kept!;
              const number = key[W.tp]!;
              expect(memory.subarray(at, at + length).every((byte) => byte === (number & 0xff))).toBe(true);
              expect([key[W.inPort], offload.gsoSize, recirculations]).toEqual([number, number & 0xffff, 2]);
              expect(key[W.tunMetadata]).toBe(number % 3 === 0 ? number : 0);
              executed.push({ number, length });
            },
            release: (chunk) => batch.release(chunk),
          });
        };
        for (const each of steps) {
          if (each === "take") {
            if (batch.isEmpty) continue;
            const from = new ReceivedUpcalls(batch.take(), origin);
            const upcalls: Upcall[] = [];
            for (let at = from.next(-1); at >= 0; at = from.next(at)) {
              from.waits();
              upcalls.push(from.read(at));
            }
            expect(upcalls.map(({ key, packet: p }) => ({ number: key[W.tp], length: p.data.length }))).toEqual(packed);
            waiting.push({ from, upcalls, sent: packed });
            packed = [];
          } else if ("add" in each) {
            for (const length of each.add) {
              const sent = { number: ++last, length };
              if (add(batch, sent)) packed.push(sent);
            }
          } else {
            const one = waiting[each.handle % Math.max(1, waiting.length)];
            if (one === undefined) continue;
            for (let i = 0; i < each.some && one.upcalls.length > 0; i++) {
              const { packet: p, key } = one.upcalls.shift()!;
              if (!(p instanceof UpcallPacket)) throw new Error("of no batch");
              expect(p.isWith(origin, key)).toBe(true);
              expect([p.isWith(undefined, key), p.isWith(origin, key.slice())]).toEqual([false, false]);
              work.executeKept(p, program);
              expected.push(one.sent.shift()!);
              one.from.handled();
              if (one.upcalls.length === 0) expect(p.isWith(origin, key)).toBe(false);
            }
            if (one.upcalls.length === 0) waiting.splice(waiting.indexOf(one), 1);
            obey();
          }
        }
        expect(executed).toEqual(expected);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it("have their keys without being asked for them where the packet has no Ethernet", () => {
    const batch = new UpcallBatch(new Int32Array(CONTROL_INTS));
    const key = newKey();
    key[W.packetType] = 0x10800;
    batch.add({ offload: plainOffload(), copyTo: () => {} }, 20, key, undefined);
    const { chunk, from } = batch.take();
    expect(batch.kept(chunk, from, false).key).toEqual(key);
  });
});
