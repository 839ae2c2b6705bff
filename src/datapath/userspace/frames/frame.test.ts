import { describe, expect, it } from "vitest";
import { plainOffload } from "#wire/virtio-net.js";
import { Frame } from "./frame.js";
import { HeadArena } from "./head-arena.js";
import { popVlan, pushVlan } from "./headers.js";

const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);

function frameOf(arena = new HeadArena(new Uint8Array(4096)), data = bytes): Frame {
  const frame = new Frame(arena);
  const memory = new Uint8Array(data.length + 10);
  memory.set(data, 5);
  frame.reset(memory, 5, data.length, plainOffload());
  return frame;
}

describe("a frame being forwarded", () => {
  it("is not copied until it is changed, and then only as far as needed", () => {
    const frame = frameOf();
    expect([frame.headLength, frame.tailLength]).toEqual([0, 200]);
    expect(frame.writable(12)).toBe(true);
    expect([frame.headLength, frame.tailLength]).toEqual([12, 188]);
    expect([...frame.bytes()]).toEqual([...bytes]);
    expect(frame.writable(150)).toBe(true);
    expect([...frame.bytes()]).toEqual([...bytes]);
    expect(frame.writable(201)).toBe(false);
  });

  it("takes more tags than there is headroom, and gives them back", () => {
    const frame = frameOf();
    for (let i = 0; i < 40; i++) expect(pushVlan(frame, 0x8100, i)).toBe(true);
    expect(frame.length).toBe(200 + 160);
    expect(frame.u16(14)).toBe(39);
    for (let i = 39; i >= 0; i--) {
      expect(frame.u16(14)).toBe(i);
      expect(popVlan(frame)).toBe(true);
    }
    expect([...frame.bytes()]).toEqual([...bytes]);
  });

  it("leaves alone what was sent, also when the arena is used up", () => {
    const arena = new HeadArena(new Uint8Array(300));
    const frame = frameOf(arena);
    const sent: { view: Uint8Array; copy: number[] }[] = [];
    for (let i = 0; i < 20; i++) {
      expect(frame.writable(14)).toBe(true);
      frame.putU16(0, i);
      const view = frame.head.subarray(frame.headAt, frame.headAt + frame.headLength);
      sent.push({ view, copy: [...view] });
      frame.share();
    }
    for (const { view, copy } of sent) expect([...view]).toEqual(copy);
  });

  it("copies: neither sees what becomes of the other", () => {
    const arena = new HeadArena(new Uint8Array(4096));
    const frame = frameOf(arena);
    frame.writable(14);
    const other = new Frame(arena);
    other.copy(frame);
    other.writable(2);
    other.putU16(0, 0xffff);
    frame.writable(2);
    frame.putU16(0, 0x1111);
    expect([frame.u16(0), other.u16(0), other.u8(100)]).toEqual([0x1111, 0xffff, 100]);
  });
});
