import { describe, expect, it } from "vitest";
import { mov } from "./alu.js";
import {
  CAPTURE_RESUMED,
  CAPTURE_TAGGED,
  type CaptureQueue,
  captureBegun,
  captureProgram,
  captureRecord,
  captureState,
  dropProgram,
  resumeRecord,
  type SkbPlaces,
} from "./capture-program.js";
import type { ProgramItem } from "./instruction.js";
import { ArrayMap } from "./interpreter/array-map.js";
import { kernelFunctions } from "./interpreter/kernel-functions.js";
import { Machine } from "./interpreter/machine.js";
import { RingMap } from "./interpreter/ring-map.js";
import { Skb, type SkbSettings } from "./interpreter/skb.js";
import { mapType } from "./map-spec.js";
import { loadMapValue } from "./memory.js";
import { r1, r6, r7 } from "./registers.js";

const TCX_DROP = 2n;
const SIZE = 4096;
const places: SkbPlaces = {
  ...{ csumStart: 136, csumOffset: 138, data: 208, head: 200, networkHeader: 182, transportHeader: 180 },
  ...{ ipSummed: { byte: 128, bit: 5 }, encapsulation: { byte: 129, bit: 0 } },
};
const queue = (id: number, slot: number): CaptureQueue => ({ id, slot, ring: "ring", state: "state", size: SIZE });

class Capture {
  readonly #machine = new Machine({
    maps: [
      { name: "ring", type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: SIZE },
      { name: "state", type: mapType.array, keySize: 4, valueSize: captureState.size, entries: 1 },
      { name: "own", type: mapType.array, keySize: 4, valueSize: 512, entries: 1 },
    ],
    kernelFunctions: kernelFunctions(places),
  });
  readonly ring: RingMap = this.#machine.map("ring", RingMap);
  readonly #queues: readonly CaptureQueue[];

  constructor(...queues: readonly CaptureQueue[]) {
    this.#queues = queues;
  }

  get state(): DataView {
    return new DataView(this.#machine.map("state", ArrayMap).bytes.buffer);
  }

  /** The memory of a program that captures. */
  get own(): DataView {
    return new DataView(this.#machine.map("own", ArrayMap).bytes.buffer);
  }

  receive(bytes: Uint8Array, settings?: SkbSettings): void {
    this.run(captureProgram(this.#queues, places), bytes, settings);
  }

  run(items: ProgramItem[], bytes: Uint8Array, settings?: SkbSettings): void {
    expect(this.#machine.run(items, new Skb(bytes, settings))).toBe(TCX_DROP);
  }

  /** Records as header and frame. */
  read(): { view: DataView; frame: Uint8Array }[] {
    return this.ring.drain().map((record) => ({
      view: new DataView(record.buffer, record.byteOffset),
      frame: record.subarray(captureRecord.size),
    }));
  }
}

const frame = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

describe("the capture program", () => {
  it("puts a frame and its offload state into the ring", () => {
    const capture = new Capture(queue(7, 3));
    capture.receive(frame(1514), {
      linear: 100,
      gsoSize: 1448,
      checksum: { state: 3, start: 34, offset: 16 },
    });
    const [record] = capture.read();
    expect(record!.frame).toEqual(frame(1514));
    const { view } = record!;
    expect(view.getUint32(captureRecord.length, true)).toBe(1514);
    expect(view.getUint32(captureRecord.port, true)).toBe(7);
    expect(view.getUint16(captureRecord.csumStart, true)).toBe(34);
    expect(view.getUint16(captureRecord.csumOffset, true)).toBe(16);
    expect(view.getUint16(captureRecord.gsoSize, true)).toBe(1448);
    expect(view.getUint8(captureRecord.checksum)).toBe(3);
    expect(view.getUint8(captureRecord.tagged)).toBe(0);
    expect(capture.state.getUint32(captureState.entered(3), true)).toBe(1);
    expect(capture.state.getUint32(captureState.entered(3) + 4, true)).toBe(1514);
  });

  it("puts the tag back that lies beside a packet", () => {
    const capture = new Capture(queue(1, 1));
    capture.receive(frame(60), { tag: { tpid: 0x88a8, tci: 0x6123 } });
    const [{ frame: tagged, view }] = capture.read() as [{ frame: Uint8Array; view: DataView }];
    expect([...tagged]).toEqual([...frame(12), 0x88, 0xa8, 0x61, 0x23, ...frame(48, 12)]);
    expect(view.getUint32(captureRecord.length, true)).toBe(64);
    expect(view.getUint8(captureRecord.tagged)).toBe(1);
  });

  it("wakes its reader only where it sleeps", () => {
    const capture = new Capture(queue(1, 1));
    capture.receive(frame(60));
    capture.state.setUint32(captureState.sleeping, 1, true);
    capture.receive(frame(60));
    capture.receive(frame(60));
    expect(capture.ring.wakeups).toEqual([1, 2, 1]);
  });

  it("counts what finds no room, and leaves a queue that waits too long only a part of it", () => {
    const capture = new Capture(queue(1, 1), queue(2, 2));
    for (let i = 0; i < 8; i++) capture.receive(frame(1000), { hash: 0 });
    const lost = Number(capture.state.getBigUint64(captureState.lost(1), true));
    // Three of 1016 bytes and their heads fit at all; that two wait is enough to be refused the third.
    expect(lost).toBe(5);
    capture.receive(frame(500), { hash: 0xffff_ffff });
    const records = capture.read();
    expect(records.map(({ view }) => view.getUint32(captureRecord.port, true))).toEqual([1, 1, 1, 2]);
    expect(Number(capture.state.getBigUint64(captureState.lost(2), true))).toBe(0);
  });

  it("keeps a flow in one of several queues, by its hash", () => {
    const capture = new Capture(queue(10, 1), queue(11, 2), queue(12, 3));
    for (const hash of [0, 0x5555_0000, 0x6000_0000, 0xaaaa_0000, 0xb000_0000, 0xffff_ffff])
      capture.receive(frame(60), { hash });
    expect(capture.read().map(({ view }) => view.getUint32(captureRecord.port, true))).toEqual([
      10, 10, 11, 11, 12, 12,
    ]);
  });
});

describe("the program that captures what has been begun with", () => {
  it("puts what is known of the packet before the frame", () => {
    const capture = new Capture(queue(7, 3));
    const own = loadMapValue(r7, "own");
    const begun = { key: 16, recirculations: 8 };
    const memory = capture.own;
    memory.setUint32(8, 5, true);
    for (let i = 0; i < resumeRecord.words; i++) memory.setUint32(16 + 4 * i, 1000 + i, true);
    for (const tag of [undefined, { tpid: 0x8100, tci: 0x2005 }]) {
      capture.run([mov.reg(r6, r1), own, ...captureBegun([queue(7, 3)], places, begun)], frame(60), tag ? { tag } : {});
      const [{ view, frame: rest }] = capture.read() as [{ view: DataView; frame: Uint8Array }];
      const known = new Uint32Array(rest.slice(0, 4 * resumeRecord.words).buffer);
      expect([...known]).toEqual(Array.from({ length: resumeRecord.words }, (_, i) => 1000 + i));
      expect(view.getUint32(captureRecord.size + resumeRecord.recirculations, true)).toBe(5);
      expect(view.getUint8(captureRecord.tagged)).toBe(CAPTURE_RESUMED | (tag ? CAPTURE_TAGGED : 0));
      const whole = tag ? [...frame(12), 0x81, 0, 0x20, 5, ...frame(48, 12)] : [...frame(60)];
      expect([...rest.subarray(resumeRecord.size)]).toEqual(whole);
      expect(view.getUint32(captureRecord.length, true)).toBe(whole.length);
    }
  });
});

describe("the program that drops", () => {
  it("drops", () => {
    expect(new Machine().run(dropProgram(), new Skb(frame(60)))).toBe(TCX_DROP);
  });
});
