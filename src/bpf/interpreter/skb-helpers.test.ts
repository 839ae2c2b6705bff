import { describe, expect, it } from "vitest";
import { add, mov } from "../alu.js";
import { callHelper, exit } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r6, r10 } from "../registers.js";
import { Machine } from "./machine.js";
import { Skb, type SkbSettings } from "./skb.js";

const frame = Uint8Array.from({ length: 60 }, (_, i) => (i === 12 ? 8 : i === 13 ? 0 : i));

function call(id: number, ...values: number[]): ProgramItem[] {
  return [mov.reg(r1, r6), ...values.map((value, i) => mov.imm((i + 2) as Register, value)), callHelper(id)];
}

/** Runs calls on a packet; the result is that of the last. */
function run(calls: ProgramItem[], settings?: SkbSettings): { skb: Skb; result: number } {
  const skb = new Skb(frame, settings);
  const result = new Machine().run([mov.reg(r6, r1), ...calls, exit()], skb);
  return { skb, result: Number(BigInt.asIntN(32, result)) };
}

describe("helpers on packets", () => {
  it("send copies as the packet is at that time, and the packet itself in the end", () => {
    const { skb, result } = run([
      ...call(helper.cloneRedirect, 5, 0),
      ...call(helper.skbVlanPush, 0x0081, 7),
      ...call(helper.cloneRedirect, 6, 1),
      mov.imm(r1, 9),
      mov.imm(r2, 0),
      callHelper(helper.redirectPeer),
    ]);
    expect(result).toBe(7);
    expect(skb.redirection).toEqual({ ifindex: 9, flags: 0, by: "bpf_redirect_peer" });
    expect(skb.clones.map(({ ifindex, flags, tag }) => ({ ifindex, flags, tag }))).toEqual([
      { ifindex: 5, flags: 0, tag: undefined },
      { ifindex: 6, flags: 1, tag: { tpid: 0x8100, tci: 7 } },
    ]);
  });

  it("move tags between the packet and what lies beside it", () => {
    const { skb } = run(call(helper.skbVlanPush, 0xa888, 0x2003), { tag: { tpid: 0x8100, tci: 5 } });
    expect(skb.tag).toEqual({ tpid: 0x88a8, tci: 0x2003 });
    expect([...skb.bytes.subarray(12, 18)]).toEqual([0x81, 0, 0, 5, 8, 0]);
    const popped = run([...call(helper.skbVlanPush, 0xa888, 0x2003), ...call(helper.skbVlanPop)], {
      tag: { tpid: 0x8100, tci: 5 },
    });
    expect(popped.skb.tag).toEqual({ tpid: 0x8100, tci: 5 });
    expect(popped.skb.bytes).toEqual(frame);
  });

  it("reach what lies in fragments only when it is pulled", () => {
    const read = (...before: ProgramItem[]): ProgramItem[] => [...before, word.load(r2, r6, 76), word.load(r0, r2, 50)];
    expect(() => run(read(), { linear: 40 })).toThrow("reads 4 bytes at the packet+50, of 40 bytes");
    expect(run(read(...call(helper.skbPullData, 54)), { linear: 40 }).result).toBe(0x35343332);
    const load = [
      mov.reg(r1, r6),
      mov.imm(r2, 50),
      mov.reg(r3, r10),
      add.imm(r3, -8),
      mov.imm(r4, 4),
      callHelper(helper.skbLoadBytes),
      word.load(r0, r10, -8),
    ];
    expect(run(load, { linear: 40 }).result).toBe(0x35343332);
  });

  it("leave a checksum that is only half done to whoever finishes it", () => {
    const sum = (skb: Skb): number => (skb.bytes[50]! << 8) | skb.bytes[51]!;
    const checksum = { state: 3, start: 34, offset: 16 };
    const replace = (flags: number): ProgramItem[] => call(helper.l4CsumReplace, 50, 0x0100, 0x0300, 2 | flags);
    // Ports are not in the sum yet; addresses are, uncomplemented.
    expect(sum(run(replace(0), { checksum }).skb)).toBe(0x3233);
    expect(sum(run(replace(0x10), { checksum }).skb)).toBe(0x3235);
    expect(sum(run(replace(0x10)).skb)).toBe(0x3231);
  });

  it("tell what is in the context", () => {
    const read = (at: number): ProgramItem[] => [word.load(r0, r6, at)];
    const settings = { mark: 7, priority: 9, hash: 11, ifindex: 13, queueMapping: 2, gsoSize: 1448, gsoSegments: 3 };
    expect([0, 8, 12, 16, 32, 40, 68, 164, 176].map((at) => run(read(at), settings).result)).toEqual([
      60, 7, 2, 8, 9, 13, 11, 3, 1448,
    ]);
    const { skb } = run([...[8, 32, 52].map((at) => word.storeImm(r6, at, at)), mov.imm(r0, 0)]);
    expect([skb.mark, skb.priority, ...skb.cb]).toEqual([8, 32, 0, 52, 0, 0, 0]);
  });

  it("put hashes and types of packets", () => {
    const { skb, result } = run([
      ...call(helper.setHash, 99),
      ...call(helper.skbChangeType, 3),
      ...call(helper.getHashRecalc),
    ]);
    expect([result, skb.packetType]).toEqual([99, 3]);
    expect(run(call(helper.cloneRedirect, 0, 0))).toMatchObject({ result: -22, skb: { clones: [] } });
  });
});
