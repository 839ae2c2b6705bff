import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { checksum, finishSum, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { compileActions } from "../compile.js";
import { Frame } from "./frame.js";
import { HeadArena } from "./head-arena.js";
import { rewrite } from "./rewrite.js";

const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

/** The frame after a `set` of these words, for packets of this Ethernet type and protocol. */
function afterSet(
  data: Uint8Array,
  etherType: number,
  protocol: number,
  sets: readonly (readonly number[])[],
): Uint8Array {
  const key = newKey();
  key[W.ethType] = etherType;
  key[W.nw] = protocol;
  const value = newKey();
  const mask = newKey();
  for (const [word, v, m] of sets) {
    value[word!] = v!;
    mask[word!] = m ?? 0xffffffff;
  }
  const frame = new Frame(new HeadArena(new Uint8Array(4096)));
  frame.reset(data, 0, data.length, plainOffload());
  for (const op of compileActions([{ kind: "set", value, mask }], key)) rewrite(frame, op.change!);
  return frame.bytes();
}

function ipv4(protocol: number, payload: readonly number[]): Uint8Array {
  const length = 20 + payload.length;
  const frame = Uint8Array.from([
    ...MACS,
    8,
    0,
    0x45,
    0,
    length >> 8,
    length & 255,
    0,
    0,
    0,
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
    ...payload,
  ]);
  const sum = checksum(frame, 14, 34);
  frame[24] = sum >> 8;
  frame[25] = sum;
  return frame;
}

describe("setting header fields", () => {
  it("leaves a UDP datagram without checksum without one", () => {
    const frame = ipv4(17, [0, 1, 0, 2, 0, 10, 0, 0, 7, 7]);
    const out = afterSet(frame, 0x0800, 17, [[W.nwSrc, 0x01020304]]);
    expect([...out.subarray(26, 30)]).toEqual([1, 2, 3, 4]);
    expect([out[40], out[41]]).toEqual([0, 0]);
    expect(checksum(out, 14, 34)).toBe(0);
  });

  it("keeps a wrong checksum as wrong as it was", () => {
    const frame = ipv4(6, new Array<number>(20).fill(1));
    frame[24]! ^= 0x55;
    const out = afterSet(frame, 0x0800, 6, [[W.nw, 63 << 8, 0xff00]]);
    expect(out[22]).toBe(63);
    expect(checksum(out, 14, 34)).not.toBe(0);
    expect(checksum(out, 14, 34)).toBe(checksum(frame, 14, 34));
  });

  it("leaves the transport alone where the destination is only the next hop of a routing header", () => {
    const tcp = new Array<number>(20).fill(0);
    const routing = [6, 2, 0, 1, 0, 0, 0, 0, ...new Array<number>(16).fill(9)];
    const frame = Uint8Array.from([
      ...MACS,
      0x86,
      0xdd,
      0x60,
      0,
      0,
      0,
      0,
      44,
      43,
      64,
      ...new Array<number>(32).fill(3),
      ...routing,
      ...tcp,
    ]);
    const out = afterSet(frame, 0x86dd, 6, [
      [W.ipv6Dst, 0x20010000],
      [W.ipv6Src, 0x20020000],
    ]);
    const field = 14 + 40 + 24 + 16;
    // The source counts, the destination does not.
    const grown = 0x2002 + 0 + (~0x0303 & 0xffff) * 2;
    const expected = finishSum((~0 & 0xffff) + grown);
    expect((out[field]! << 8) | out[field + 1]!).toBe(expected);
  });

  it("follows options of neighbour discovery, and only those that are there", () => {
    const nd = [135, 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(16).fill(5), 1, 1, 2, 2, 2, 2, 2, 2];
    const frame = Uint8Array.from([
      ...MACS,
      0x86,
      0xdd,
      0x60,
      0,
      0,
      0,
      0,
      nd.length,
      58,
      255,
      ...new Array<number>(32).fill(3),
      ...nd,
    ]);
    const sum = finishSum(sumBytes(frame, 54, frame.length, pseudoSum6(frame, 14, 58, nd.length)));
    frame[56] = sum >> 8;
    frame[57] = sum;
    const out = afterSet(frame, 0x86dd, 58, [
      [W.arpHw, 0x0a0b0c0d],
      [W.arpHw + 1, 0x0e0f1111],
      [W.arpHw + 2, 0x22223333],
    ]);
    expect([...out.subarray(80, 86)]).toEqual([10, 11, 12, 13, 14, 15]);
    expect(out.length).toBe(frame.length);
    expect(finishSum(sumBytes(out, 54, out.length, pseudoSum6(out, 14, 58, nd.length)))).toBe(0);
  });

  it("does nothing to a header that is cut off or another", () => {
    const short = ipv4(6, [0, 1, 0, 2]);
    expect([...afterSet(short, 0x0800, 6, [[W.tp, 0x00050006]])]).toEqual([...short]);
    const udp = ipv4(17, [0, 1, 0, 2, 0, 8, 0, 0]);
    expect([...afterSet(udp, 0x0800, 6, [[W.tp, 0x00050006]])]).toEqual([...udp]);
    const tiny = Uint8Array.from([...MACS, 8, 0, 0x45]);
    expect([...afterSet(tiny, 0x0800, 6, [[W.nwSrc, 1]])]).toEqual([...tiny]);
    const later = ipv4(6, new Array<number>(20).fill(1));
    later[21] = 5;
    expect([...afterSet(later, 0x0800, 6, [[W.tp, 0x00050006]])]).toEqual([...later]);
  });

  it("says what it cannot set", () => {
    expect(() => afterSet(ipv4(6, []), 0x1234, 0, [[W.nwSrc, 1]])).toThrow("cannot set that field");
  });
});
