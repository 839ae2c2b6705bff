import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { GuestMemory } from "./guest-memory.js";
import { RING_BROKEN, RING_EMPTY, ringPartSizes, SplitRing } from "./virtqueue.js";

const SIZE = 8;
const DESC = 0;
const AVAIL = 0x100;
const USED = 0x200;
const BASE = 0x10000;
const LENGTH = 0x8000;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;

interface Descriptor {
  readonly address: number;
  readonly length: number;
  readonly flags?: number;
  readonly next?: number;
}

/** A guest with one ring at the beginning of its 32 KiB of memory. */
class Guest {
  readonly bytes = new Uint8Array(LENGTH);
  readonly view = new DataView(this.bytes.buffer);
  /** In two pieces that touch, and one that does not. */
  readonly memory = new GuestMemory([
    { guest: BASE, bytes: this.bytes.subarray(0, 0x3000) },
    { guest: BASE + 0x3000, bytes: this.bytes.subarray(0x3000, 0x5000) },
    { guest: BASE + 0x7000, bytes: this.bytes.subarray(0x7000) },
  ]);

  ring(usesEventIndex = false, base = 0): SplitRing {
    const [descriptors, available, used] = ringPartSizes(SIZE);
    const parts = {
      descriptors: this.bytes.subarray(DESC, DESC + descriptors),
      available: this.bytes.subarray(AVAIL, AVAIL + available),
      used: this.bytes.subarray(USED, USED + used),
    };
    return new SplitRing(this.memory, parts, SIZE, base, usesEventIndex);
  }

  descriptor(table: number, index: number, d: Descriptor): void {
    const at = table + 16 * index;
    this.view.setBigUint64(at, BigInt(d.address), true);
    this.view.setUint32(at + 8, d.length, true);
    this.view.setUint16(at + 12, d.flags ?? 0, true);
    this.view.setUint16(at + 14, d.next ?? 0, true);
  }

  offer(...heads: readonly number[]): void {
    let index = this.view.getUint16(AVAIL + 2, true);
    for (const head of heads) this.view.setUint16(AVAIL + 4 + 2 * (index++ % SIZE), head, true);
    this.view.setUint16(AVAIL + 2, index, true);
  }

  used(): { readonly head: number; readonly length: number }[] {
    return Array.from({ length: this.view.getUint16(USED + 2, true) }, (_, i) => ({
      head: this.view.getUint32(USED + 4 + 8 * (i % SIZE), true),
      length: this.view.getUint32(USED + 8 + 8 * (i % SIZE), true),
    }));
  }
}

let guest: Guest;
const out = new Uint8Array(LENGTH);
beforeEach(() => {
  guest = new Guest();
});

/** Reads the next buffer. */
function readNext(ring: SplitRing, limit = 0x4000): number[] | number {
  const head = ring.take();
  if (head < 0) return head;
  const length = ring.read(head, out, 5, limit);
  ring.giveBack(head, 0);
  return length < 0 ? length : [...out.subarray(5, 5 + length)];
}

describe("reading a split ring", () => {
  it("gathers chains in order, across pieces of memory, and gives them back", () => {
    guest.bytes.set([1, 2, 3], 0x2ffe);
    guest.bytes.set([9], 0x4000);
    guest.descriptor(DESC, 3, { address: BASE + 0x2ffe, length: 3, flags: NEXT, next: 5 });
    guest.descriptor(DESC, 5, { address: BASE + 0x4000, length: 1 });
    guest.offer(3);
    const ring = guest.ring();
    expect(readNext(ring)).toEqual([1, 2, 3, 9]);
    expect(readNext(ring)).toBe(RING_EMPTY);
    expect(guest.used()).toEqual([]);
    expect(ring.publish()).toBe(true);
    expect(guest.used()).toEqual([{ head: 3, length: 0 }]);
  });

  it("follows a table of its own, after direct pieces too", () => {
    guest.bytes.set([7, 8], 0x4000);
    guest.descriptor(DESC, 0, { address: BASE + 0x4001, length: 1, flags: NEXT, next: 1 });
    guest.descriptor(DESC, 1, { address: BASE + 0x1000, length: 48, flags: INDIRECT });
    guest.descriptor(0x1000, 0, { address: BASE + 0x4000, length: 2, flags: NEXT, next: 2 });
    guest.descriptor(0x1000, 2, { address: BASE + 0x4000, length: 1 });
    guest.offer(0);
    expect(readNext(guest.ring())).toEqual([8, 7, 8, 7]);
  });

  it("passes over pieces that are for writing", () => {
    guest.bytes.set([4], 0x4000);
    guest.descriptor(DESC, 0, { address: BASE + 0x4000, length: 1, flags: NEXT, next: 1 });
    guest.descriptor(DESC, 1, { address: BASE + 0x4000, length: 9, flags: WRITE });
    guest.offer(0);
    expect(readNext(guest.ring())).toEqual([4]);
  });

  const hostile: Readonly<Record<string, readonly [number, Descriptor][]>> = {
    "address below its memory": [[DESC, { address: BASE - 1, length: 4 }]],
    "address between its pieces": [[DESC, { address: BASE + 0x6000, length: 4 }]],
    "length beyond its memory": [[DESC, { address: BASE + 0x4fff, length: 2 }]],
    "length beyond what is allowed": [[DESC, { address: BASE, length: 0x4001 }]],
    "length of 4 GiB": [[DESC, { address: BASE, length: 0xffffffff }]],
    "address of 2^64": [[DESC, { address: 0xffffffffffff0000, length: 4 }]],
    "chain to itself": [[DESC, { address: BASE, length: 1, flags: NEXT, next: 0 }]],
    "chain out of its table": [[DESC, { address: BASE, length: 1, flags: NEXT, next: SIZE }]],
    "table within a table": [
      [DESC, { address: BASE + 0x1000, length: 16, flags: INDIRECT }],
      [0x1000, { address: BASE + 0x1000, length: 16, flags: INDIRECT }],
    ],
    "table of no entries": [[DESC, { address: BASE + 0x1000, length: 0, flags: INDIRECT }]],
    "table of half an entry": [[DESC, { address: BASE + 0x1000, length: 24, flags: INDIRECT }]],
    "table outside its memory": [[DESC, { address: BASE + 0x6ff8, length: 16, flags: INDIRECT }]],
    "table that is endless": [[DESC, { address: BASE, length: 0xfffffff0, flags: INDIRECT }]],
    "table that goes on": [[DESC, { address: BASE, length: 16, flags: INDIRECT | NEXT, next: 1 }]],
    "table that goes round": [
      [DESC, { address: BASE + 0x1000, length: 16, flags: INDIRECT }],
      [0x1000, { address: BASE, length: 1, flags: NEXT, next: 0 }],
    ],
  };
  it.each(Object.entries(hostile))("refuses a buffer with %s, and goes on", (_what, descriptors) => {
    for (const [table, d] of descriptors) guest.descriptor(table, 0, d);
    guest.descriptor(DESC, 1, { address: BASE + 0x4000, length: 1 });
    guest.offer(0, 1);
    const ring = guest.ring();
    expect(readNext(ring)).toBe(-1);
    expect(readNext(ring)).toEqual([0]);
    ring.publish();
    expect(guest.used()).toEqual([
      { head: 0, length: 0 },
      { head: 1, length: 0 },
    ]);
  });

  it("sees that an index is impossible", () => {
    guest.view.setUint16(AVAIL + 2, SIZE + 1, true);
    expect(guest.ring().take()).toBe(RING_BROKEN);
    guest.view.setUint16(AVAIL + 2, 1, true);
    guest.view.setUint16(AVAIL + 4, SIZE, true);
    const ring = guest.ring();
    expect(ring.take()).toBe(RING_BROKEN);
    expect(ring.nextAvailable).toBe(0);
  });

  it("goes on past 65535", () => {
    guest.view.setUint16(AVAIL + 2, 0xffff, true);
    guest.view.setUint16(USED + 2, 0xffff, true);
    guest.descriptor(DESC, 2, { address: BASE, length: 1 });
    const ring = guest.ring(true, 0xffff);
    guest.offer(2);
    expect(readNext(ring)).toHaveLength(1);
    expect(ring.nextAvailable).toBe(0);
    ring.publish();
    expect(guest.view.getUint16(USED + 2, true)).toBe(0);
  });
});

describe("filling a split ring", () => {
  const frame = Uint8Array.from({ length: 0x600 }, (_, i) => i + 1);

  it("spreads a frame over merged buffers", () => {
    for (const i of [0, 1, 2])
      guest.descriptor(DESC, i, { address: BASE + 0x4000 + 0x100 * i, length: 5, flags: WRITE });
    guest.offer(0, 1, 2);
    const ring = guest.ring();
    expect(ring.reserve(12, true)).toBe(3);
    expect(ring.write(frame, 0, 7)).toBe(true);
    expect(ring.write(frame, 7, 5)).toBe(true);
    ring.finish(12);
    ring.publish();
    expect(guest.used()).toEqual([
      { head: 0, length: 5 },
      { head: 1, length: 5 },
      { head: 2, length: 2 },
    ]);
    expect([...guest.bytes.subarray(0x4200, 0x4203)]).toEqual([11, 12, 0]);
  });

  it("waits for enough, and takes nothing meanwhile", () => {
    guest.descriptor(DESC, 0, { address: BASE + 0x4000, length: 5, flags: WRITE });
    guest.offer(0);
    const ring = guest.ring();
    expect(ring.reserve(6, true)).toBe(RING_EMPTY);
    expect(ring.nextAvailable).toBe(0);
    expect(ring.reserve(5, true)).toBe(1);
  });

  it("gives back a buffer that cannot take a frame", () => {
    guest.descriptor(DESC, 0, { address: BASE + 0x4000, length: 5, flags: WRITE });
    guest.descriptor(DESC, 1, { address: BASE + 0x4000, length: 50 });
    guest.descriptor(DESC, 2, { address: BASE + 0x4000, length: 6, flags: WRITE });
    guest.offer(0, 1, 2);
    const ring = guest.ring();
    expect([ring.reserve(6, false), ring.reserve(6, false), ring.reserve(6, false)]).toEqual([0, 0, 1]);
    ring.finish(6);
    ring.publish();
    expect(guest.used().map(({ length }) => length)).toEqual([0, 0, 6]);
  });

  it("does not write outside the guest's memory", () => {
    guest.descriptor(DESC, 0, { address: BASE + 0x4ffe, length: 0x100, flags: WRITE });
    guest.offer(0);
    const ring = guest.ring();
    expect(ring.reserve(4, true)).toBe(1);
    expect(ring.write(frame, 0, 4)).toBe(false);
    ring.drop();
    ring.publish();
    expect(guest.used()).toEqual([{ head: 0, length: 0 }]);
  });
});

describe("notifications", () => {
  beforeEach(() => {
    for (let i = 0; i < SIZE; i++) guest.descriptor(DESC, i, { address: BASE + 0x4000, length: 1 });
  });

  it("follow the flags", () => {
    const ring = guest.ring();
    guest.offer(0, 1);
    ring.giveBack(ring.take(), 0);
    expect([ring.publish(), ring.publish()]).toEqual([true, false]);
    guest.view.setUint16(AVAIL, 1, true);
    ring.giveBack(ring.take(), 0);
    expect(ring.publish()).toBe(false);
    ring.ignore();
    expect(guest.view.getUint16(USED, true)).toBe(1);
    expect(ring.listen()).toBe(false);
    expect(guest.view.getUint16(USED, true)).toBe(0);
    guest.offer(2);
    expect(ring.listen()).toBe(true);
  });

  it("follow event indices, each once", () => {
    const ring = guest.ring(true);
    guest.view.setUint16(AVAIL + 4 + 2 * SIZE, 1, true);
    guest.offer(0, 1, 2);
    const one = (): boolean => {
      ring.giveBack(ring.take(), 0);
      return ring.publish();
    };
    expect([one(), one(), one()]).toEqual([false, true, false]);
    ring.listen();
    expect(guest.view.getUint16(USED + 4 + 8 * SIZE, true)).toBe(3);
  });
});

describe("a guest that writes anything anywhere", () => {
  it("has nothing of ours, and nothing hangs", () => {
    const word = fc.tuple(fc.integer({ min: 0, max: 0x23f }), fc.integer({ min: 0, max: 255 }));
    const likely = fc.record({
      index: fc.integer({ min: 0, max: SIZE - 1 }),
      address: fc.oneof(
        fc.integer({ min: BASE - 8, max: BASE + LENGTH }),
        fc.double({ min: 0, max: 2 ** 53, noNaN: true }),
      ),
      length: fc.oneof(fc.integer({ min: 0, max: 0x2000 }), fc.integer({ min: 0, max: 0xffffffff })),
      flags: fc.integer({ min: 0, max: 7 }),
      next: fc.integer({ min: 0, max: SIZE }),
    });
    const step = fc.oneof(word, likely, fc.constantFrom("read", "fill", "merge", "listen", "publish"));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, usesEventIndex) => {
        const guarded = new Uint8Array(0x3000).fill(0xa5);
        const anybody = new Guest();
        anybody.bytes.fill(0x5a, 0x5000, 0x7000);
        const ring = anybody.ring(usesEventIndex);
        for (const s of steps) {
          if (Array.isArray(s)) anybody.bytes[s[0]] = s[1];
          else if (typeof s === "object") {
            anybody.descriptor(DESC, s.index, { ...s, address: Math.trunc(s.address) });
            anybody.offer(s.index);
          } else if (s === "read") {
            const head = ring.take();
            if (head < 0) continue;
            expect(ring.read(head, guarded, 0x1000, 0x1000)).toBeLessThanOrEqual(0x1000);
            ring.giveBack(head, 0);
          } else if (s === "fill" || s === "merge") {
            const buffers = ring.reserve(1500, s === "merge");
            if (buffers <= 0) continue;
            if (ring.write(guarded, 0, 1500)) ring.finish(1500);
            else ring.drop();
          } else if (s === "listen") ring.listen();
          else ring.publish();
        }
        expect(guarded.subarray(0, 0x1000).every((byte) => byte === 0xa5)).toBe(true);
        expect(guarded.subarray(0x2000).every((byte) => byte === 0xa5)).toBe(true);
        // What lies between its pieces is not the guest's.
        expect(anybody.bytes.subarray(0x5000, 0x7000).every((byte) => byte === 0x5a)).toBe(true);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});
