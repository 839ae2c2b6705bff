import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { u16, u32 } from "#util/big-endian.js";
import { foldSum, pseudoSum4, pseudoSum6, sumBytes } from "./checksum.js";
import { isEncapsulatedGso, planSegmentation, writeSegment } from "./segmentation.js";
import { type Offload, plainOffload } from "./virtio-net.js";

const ethernet = (type: number): number[] => [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type >> 8, type & 0xff];
const ipv4 = (protocol: number, id = 100): number[] => [
  0x45,
  0,
  0,
  0,
  id >> 8,
  id & 0xff,
  0x40,
  0,
  64,
  protocol,
  0,
  0,
  10,
  0,
  0,
  1,
  10,
  0,
  0,
  2,
];
const ipv6 = (next: number): number[] => [0x60, 0, 0, 0, 0, 0, next, 64, ...Array.from({ length: 32 }, (_, i) => i)];
/** Port 4789 and a VNI; `sum` is the outer checksum field. */
const vxlan = (sum: number): number[] => [0xc0, 0, 0x12, 0xb5, 0, 0, sum >> 8, sum & 0xff, 8, 0, 0, 0, 0, 0, 7, 0];
const tcp = (flags: number): number[] => [
  0,
  80,
  0,
  81,
  0xff,
  0xff,
  0xff,
  0,
  0,
  0,
  0,
  1,
  0x50,
  flags,
  0x20,
  0,
  0,
  0,
  0,
  0,
];

function frame(headers: number[], payload: number, transport: number, csumOffset: number, gsoSize: number) {
  const data = Uint8Array.from([...headers, ...Array.from({ length: payload }, (_, i) => (i * 7) & 0xff)]);
  const offload: Offload = { ...plainOffload(), flags: 1, gsoType: 1, gsoSize, csumStart: transport, csumOffset };
  return { data, offload };
}

/** The frame's segments, cut at an odd place of dirty memory. */
function cut({ data, offload }: { data: Uint8Array; offload: Offload }): Uint8Array[] {
  const memory = new Uint8Array(data.length + 3);
  memory.set(data, 3);
  const plan = planSegmentation(memory, 3, data.length, offload)!;
  const out = new Uint8Array(70_000).fill(0xa5);
  return Array.from({ length: plan.count }, (_, i) => {
    const length = writeSegment(memory, 3, data.length, plan, i, out, 5);
    return out.slice(5, 5 + length);
  });
}

const right4 = (b: Uint8Array, ip: number): boolean => foldSum(sumBytes(b, ip, ip + 20)) === 0xffff;
const right = (b: Uint8Array, ip: number, at: number, protocol: number): boolean =>
  foldSum(sumBytes(b, at, b.length, (b[ip]! >> 4 === 4 ? pseudoSum4 : pseudoSum6)(b, ip, protocol, b.length - at))) ===
  0xffff;

const tunnel = (sum: number, flags = 0x10): number[] => [
  ...ethernet(0x0800),
  ...ipv4(17),
  ...vxlan(sum),
  ...ethernet(0x0800),
  ...ipv4(6, 0xffff),
  ...tcp(flags),
];

describe("segmentation within tunnels", () => {
  it("tells tunnelled frames from plain ones", () => {
    const at = (headers: number[], csumStart: number): boolean =>
      isEncapsulatedGso(Uint8Array.from([...headers, ...new Array(64).fill(0)]), 0, { ...plainOffload(), csumStart });
    expect(at([...ethernet(0x0800), ...ipv4(6)], 34)).toBe(false);
    expect(at([...ethernet(0x8100), 0, 5, 0x08, 0x00, ...ipv4(6)], 38)).toBe(false);
    expect(at([...ethernet(0x86dd), ...ipv6(6)], 54)).toBe(false);
    expect(at([...ethernet(0x86dd), ...ipv6(60), 6, 0, 1, 4, 0, 0, 0, 0], 62)).toBe(false);
    expect(at(tunnel(0), 84)).toBe(true);
    expect(at(ethernet(0x8847), 38)).toBe(true);
  });

  it("cuts TCP in VXLAN, with and without the outer checksum", () => {
    for (const sum of [0, 0x1234]) {
      const whole = frame(tunnel(sum, 0x99), 2500, 84, 16, 1000);
      const segments = cut(whole);
      expect(segments.map((s) => s.length)).toEqual([1104, 1104, 604]);
      for (const [i, s] of segments.entries()) {
        expect([u16(s, 16), u16(s, 38), u16(s, 66)]).toEqual([s.length - 14, s.length - 34, s.length - 64]);
        expect([u16(s, 18), u16(s, 68)]).toEqual([100 + i, (0xffff + i) & 0xffff]);
        expect(u32(s, 88)).toBe((0xffffff00 + 1000 * i) >>> 0);
        expect([right4(s, 14), right4(s, 64)]).toEqual([true, true]);
        if (sum === 0) {
          expect([u16(s, 40), u16(s, 100)]).toEqual([0, foldSum(pseudoSum4(s, 64, 6, s.length - 84))]);
        } else {
          expect([right(s, 14, 34, 17), right(s, 64, 84, 6)]).toEqual([true, true]);
        }
      }
      // CWR only in the first, FIN and PSH only in the last.
      expect(segments.map((s) => s[97])).toEqual([0x90, 0x10, 0x19]);
      const payload = segments.flatMap((s) => [...s.subarray(104)]);
      expect(payload).toEqual([...whole.data.subarray(104)]);
    }
  });

  it("cuts UDP and IPv6 in GRE, whose checksum it keeps right", () => {
    const gre = [0x80, 0, 0x86, 0xdd, 0x55, 0x55, 0, 0];
    const headers = [...ethernet(0x0800), ...ipv4(47), ...gre, ...ipv6(17), 0, 7, 0, 9, 0, 0, 0, 0];
    const segments = cut(frame(headers, 100, 82, 6, 60));
    expect(segments.map((s) => s.length)).toEqual([150, 130]);
    for (const s of segments) {
      expect([u16(s, 46), u16(s, 86)]).toEqual([s.length - 82, s.length - 82]);
      expect(right(s, 42, 82, 17)).toBe(true);
      expect(foldSum(sumBytes(s, 34, s.length))).toBe(0xffff);
    }
  });

  it("cuts a plain frame as well", () => {
    const segments = cut(frame([...ethernet(0x0800), ...ipv4(6), ...tcp(0x10)], 3000, 34, 16, 1448));
    expect(segments.map((s) => s.length)).toEqual([1502, 1502, 158]);
    for (const s of segments) {
      expect(right4(s, 14)).toBe(true);
      expect(u16(s, 50)).toBe(foldSum(pseudoSum4(s, 14, 6, s.length - 34)));
    }
  });

  it("refuses what makes no sense", () => {
    const { data, offload } = frame(tunnel(0), 2500, 84, 16, 1000);
    const plan = (change: Partial<Offload>, length = data.length) =>
      planSegmentation(data, 0, length, { ...offload, ...change });
    expect(plan({})).toBeDefined();
    expect(plan({ gsoSize: 0 })).toBeUndefined();
    expect(plan({ csumStart: 80 })).toBeUndefined();
    expect(plan({ csumStart: 60_000 })).toBeUndefined();
    expect(plan({}, 104)).toBeUndefined();
    expect(plan({ csumOffset: 6 })).toBeUndefined();
  });

  it("never leaves its memory, whatever the bytes", () => {
    const { data, offload } = frame(tunnel(1), 300, 84, 16, 100);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(103), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = data.slice();
        for (const [index, value] of changes) bytes[index] = value;
        isEncapsulatedGso(bytes, 0, offload);
        const plan = planSegmentation(bytes, 0, bytes.length, offload);
        if (!plan) return;
        const out = new Uint8Array(1000).fill(0xa5);
        for (let i = 0; i < plan.count; i++) {
          const length = writeSegment(bytes, 0, bytes.length, plan, i, out, 100);
          expect(length).toBeLessThanOrEqual(plan.headers + plan.size);
        }
        expect(out.subarray(0, 100).every((value) => value === 0xa5)).toBe(true);
      }),
      { seed: 23, numRuns: 2000 },
    );
  });
});
