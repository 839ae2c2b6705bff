import { afterEach, beforeEach, expect, it } from "vitest";
import type { FrameIo } from "#host/frame-io.js";
import type { FrameHandle } from "#host/net.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";

/** A `FrameIo` without ports, and the far side of two devices that can be its ports. */
export interface FrameIoFixture {
  readonly io: FrameIo;
  readonly handles: readonly [FrameHandle, FrameHandle];
  /** A frame comes in at device 0 or 1. */
  deliver(device: number, data: Uint8Array): void;
  /** Frames of `testFrame` that went out of device 0 or 1 since the last call; waits for `count`. */
  sent(device: number, count: number): Uint8Array[];
  setUp(device: number, up: boolean): void;
  /** The device goes, unplugged or deleted. */
  vanish(device: number): void;
  /** What is counted for a frame to a device that is down; `ENETDOWN` unless said. */
  readonly downError?: string;
  close(): void;
}

/** A frame between two made-up stations, recognizable by its source 02:00:00:00:00:02. */
function testFrame(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i & 0xff);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  return bytes;
}

export function isTestFrame(data: Uint8Array): boolean {
  return data[6] === 2 && data[11] === 2 && data[7] === 0;
}

/** The rules that every `FrameIo` keeps. */
export function frameIoContract(open: () => FrameIoFixture): void {
  let fixture: FrameIoFixture;
  let io: FrameIo;
  beforeEach(() => {
    fixture = open();
    io = fixture.io;
  });
  afterEach(() => fixture.close());

  /** Test frames that come in until there are `count`, or a tenth of a second has passed. */
  function receive(count: number): { port: number; data: Uint8Array }[] {
    const seen: { port: number; data: Uint8Array }[] = [];
    const end = performance.now() + 100;
    while (seen.length < count && performance.now() < end) {
      const got = io.receive(64, (port, memory, at, length) => {
        const data = memory.slice(at, at + length);
        if (isTestFrame(data)) seen.push({ port, data });
      });
      if (got === 0) io.wait(10);
    }
    return seen;
  }

  function send(port: number, data: Uint8Array, offload: Offload = plainOffload()): void {
    io.send(port, data, 0, 0, data, 0, data.length, offload);
    io.flush();
  }

  it("carries frames of each port, in order", () => {
    io.attach(4, fixture.handles[0]);
    io.attach(9, fixture.handles[1]);
    for (const length of [60, 1514]) fixture.deliver(0, testFrame(length));
    fixture.deliver(1, testFrame(100));
    const seen = receive(3);
    const lengths = (port: number): number[] => seen.filter((s) => s.port === port).map((s) => s.data.length);
    expect([lengths(4), lengths(9)]).toEqual([[60, 1514], [100]]);
    for (const { data } of seen) expect(data).toEqual(testFrame(data.length));
    send(9, testFrame(77));
    expect(fixture.sent(1, 1)).toEqual([testFrame(77)]);
    expect(fixture.sent(0, 0)).toEqual([]);
  });

  it("joins head and tail, from scratch memory and any other", () => {
    io.attach(1, fixture.handles[0]);
    const whole = testFrame(200);
    io.scratch.set(whole.subarray(0, 50), 8);
    io.send(1, io.scratch, 8, 50, whole, 50, 150, plainOffload());
    io.send(1, whole, 0, 199, whole, 199, 1, plainOffload());
    io.send(1, whole, 0, 200, whole, 0, 0, plainOffload());
    io.flush();
    expect(fixture.sent(0, 3)).toEqual([whole, whole, whole]);
  });

  it("gives no more frames than its budget", () => {
    io.attach(1, fixture.handles[0]);
    for (let i = 0; i < 5; i++) fixture.deliver(0, testFrame(60));
    const first = io.receive(2, () => undefined);
    expect(first).toBeLessThanOrEqual(2);
  });

  it("drops what is longer than the MTU, as it is now, and counts it", () => {
    io.attach(1, fixture.handles[0]);
    send(1, testFrame(1514));
    send(1, testFrame(1519));
    io.setMtu(1, 400);
    send(1, testFrame(500));
    io.setMtu(1, 1500);
    send(1, testFrame(500));
    expect(fixture.sent(0, 2).map((data) => data.length)).toEqual([1514, 500]);
    expect(io.counters(1)).toMatchObject({
      txPackets: 2,
      txBytes: 2014,
      txDropped: 2,
      txErrors: new Map([["oversize", 2]]),
    });
  });

  it("goes on with one port when another is down", () => {
    io.attach(1, fixture.handles[0]);
    io.attach(2, fixture.handles[1]);
    fixture.setUp(0, false);
    send(1, testFrame(60));
    send(2, testFrame(60));
    expect(fixture.sent(1, 1)).toHaveLength(1);
    expect(io.counters(1)).toMatchObject({
      txPackets: 0,
      txDropped: 1,
      txErrors: new Map([[fixture.downError ?? "ENETDOWN", 1]]),
    });
  });

  it("goes on with one port when another vanishes, and takes no harm from what is sent there", () => {
    io.attach(1, fixture.handles[0]);
    io.attach(2, fixture.handles[1]);
    fixture.deliver(0, testFrame(60));
    fixture.vanish(0);
    for (let i = 0; i < 3; i++) send(1, testFrame(60));
    send(2, testFrame(61));
    expect(fixture.sent(1, 1)).toEqual([testFrame(61)]);
    fixture.deliver(1, testFrame(62));
    expect(receive(2).filter((s) => s.port === 2)).toHaveLength(1);
    expect(io.counters(1)).toMatchObject({ txPackets: 0, txDropped: 3 });
    io.detach(1);
    send(2, testFrame(63));
    expect(fixture.sent(1, 1)).toEqual([testFrame(63)]);
  });

  it("loses nothing of one port when another is flooded", () => {
    io.attach(1, fixture.handles[0]);
    io.attach(2, fixture.handles[1]);
    for (let i = 0; i < 3000; i++) fixture.deliver(0, testFrame(1000));
    for (let i = 0; i < 20; i++) fixture.deliver(1, testFrame(60 + i));
    const seen = receive(Number.POSITIVE_INFINITY).filter((s) => s.port === 2);
    expect(seen.map((s) => s.data.length)).toEqual(Array.from({ length: 20 }, (_, i) => 60 + i));
  });

  it("sends or counts each frame of a burst, whatever the device takes, and goes on with the other port", () => {
    io.attach(1, fixture.handles[0]);
    io.attach(2, fixture.handles[1]);
    const burst = testFrame(1000);
    for (let i = 0; i < 5000; i++) io.send(1, burst, 0, 0, burst, 0, burst.length, plainOffload());
    send(2, testFrame(77));
    expect(fixture.sent(1, 1)).toEqual([testFrame(77)]);
    const { txPackets, txDropped } = io.counters(1)!;
    expect(txPackets + txDropped).toBe(5000);
    expect(txPackets).toBeGreaterThan(0);
  });

  it("knows nothing of a port that is not attached, and takes one again", () => {
    send(5, testFrame(60));
    expect(io.counters(5)).toBeUndefined();
    io.attach(5, fixture.handles[0]);
    io.detach(5);
    io.detach(5);
    expect(io.counters(5)).toBeUndefined();
    io.attach(6, fixture.handles[0]);
    fixture.deliver(0, testFrame(60));
    expect(receive(1).map((s) => s.port)).toEqual([6]);
  });
}
