import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import { Btf } from "./btf.js";

/** Builds BTF bytes: types as lists of 32-bit words, names as a string section that begins with a zero. */
function build(types: number[][], strings: string): Uint8Array {
  const text = new TextEncoder().encode(strings);
  const words = types.flat();
  const bytes = new Uint8Array(24 + words.length * 4 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  view.setUint32(4, 24, true);
  view.setUint32(12, words.length * 4, true);
  view.setUint32(16, words.length * 4, true);
  view.setUint32(20, text.length, true);
  for (const [i, word] of words.entries()) view.setUint32(24 + 4 * i, word, true);
  bytes.set(text, 24 + words.length * 4);
  return bytes;
}

const strings = "\0sk_buff\0len\0data\0ip_summed\0bpf_copy\0int\0";
const at = (name: string): number => strings.indexOf(`\0${name}\0`) + 1;
const info = (kind: number, members: number, bitFields = false): number =>
  ((bitFields ? 0x80000000 : 0) | (kind << 24) | members) >>> 0;

const types = [
  [at("int"), info(1, 0), 4, 32],
  // 2: an unnamed structure with a bit-field, 3: const of it, 4: an unnamed union that holds 3
  [0, info(4, 2, true), 8, at("data"), 1, 0, at("ip_summed"), 1, (2 << 24) | 37],
  [0, info(10, 0), 2],
  [0, info(5, 1), 8, 0, 3, 0],
  // 5: the structure, 6: an empty forward of the same name, 7: the function
  [at("sk_buff"), info(4, 2), 16, at("len"), 1, 0, 0, 4, 64],
  [at("sk_buff"), info(7, 0), 0],
  [at("bpf_copy"), info(12, 1), 0],
];

describe("BTF", () => {
  const btf = new Btf(build(types, strings));

  it("finds functions by their whole name", () => {
    expect(btf.functionId("bpf_copy")).toBe(7);
    for (const name of ["bpf_cop", "copy", "sk_buff", "none"]) expect(btf.functionId(name)).toBeUndefined();
  });

  it("finds members, also through unnamed structures, unions and qualifiers", () => {
    expect(btf.member("sk_buff", "len")).toEqual({ byte: 0, bit: 0, bits: 0 });
    expect(btf.member("sk_buff", "data")).toEqual({ byte: 8, bit: 0, bits: 0 });
    expect(btf.member("sk_buff", "ip_summed")).toEqual({ byte: 12, bit: 5, bits: 2 });
    expect(btf.member("sk_buff", "none")).toBeUndefined();
    expect(btf.member("none", "len")).toBeUndefined();
  });

  it("refuses what is no BTF, cut short or of an unknown kind", () => {
    const good = build(types, strings);
    expect(() => new Btf(new Uint8Array(30))).toThrow(WireError);
    expect(() => new Btf(good.subarray(0, good.length - 1))).toThrow("BTF is cut short");
    expect(() => new Btf(build([[0, info(31, 0), 0]], strings))).toThrow("BTF type kind 31 is not known");
  });

  it("takes any bytes or throws WireError", () => {
    const good = build(types, strings);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (index, value) => {
        const bytes = good.slice();
        bytes[index] = value;
        try {
          const mutant = new Btf(bytes);
          mutant.member("sk_buff", "ip_summed");
          mutant.functionId("bpf_copy");
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { seed: 22, numRuns: 2000 },
    );
  });
});
