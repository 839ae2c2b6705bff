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

const strings = "\0sk_buff\0len\0data\0ip_summed\0bpf_copy\0int\0colour\0red\0blue\0u32\0big\0sock\0.data\0";
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
  [at("bpf_copy"), info(12, 1), 9],
  // 8: pointer to the forward, 9: int bpf_copy(struct sk_buff *data, u32 len), 10: typedef int u32, 11: const of it
  [0, info(2, 0), 6],
  [0, info(13, 2), 1, at("data"), 8, at("len"), 11],
  [at("u32"), info(8, 0), 1],
  [0, info(10, 0), 10],
  // 12: signed enum, 13: enum of 64 bits, 14: u32[6], 15: a variable of it, 16: a section, 17: forward without an end, 18: float, 19 and 20: tags
  [at("colour"), info(6, 2, true), 4, at("red"), 0xffffffff, at("blue"), 7],
  [at("big"), info(19, 1), 8, at("red"), 2, 1],
  [0, info(3, 0), 0, 11, 1, 6],
  [at("data"), info(14, 0), 14, 1],
  [at(".data"), info(15, 1), 24, 15, 0, 24],
  [at("sock"), info(7, 0, true), 0],
  [at("int"), info(16, 0), 4],
  [at("red"), info(17, 0), 5, 0xffffffff],
  [at("red"), info(18, 0), 5],
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

  it("tells types", () => {
    expect(btf.size).toBe(21);
    expect(btf.type(0)).toEqual({ kind: "void" });
    expect(btf.type(1)).toEqual({ kind: "int", name: "int", size: 4, bits: 32, isSigned: false });
    expect(btf.type(2)).toEqual({
      kind: "struct",
      name: "",
      size: 8,
      members: [
        { name: "data", type: 1, bitOffset: 0, bits: 0 },
        { name: "ip_summed", type: 1, bitOffset: 37, bits: 2 },
      ],
    });
    expect(btf.type(14)).toEqual({ kind: "array", type: 11, count: 6 });
    expect(btf.type(15)).toEqual({ kind: "variable", name: "data", type: 14 });
    expect(btf.type(16)).toEqual({
      kind: "section",
      name: ".data",
      size: 24,
      variables: [{ type: 15, offset: 0, size: 24 }],
    });
    expect(btf.type(17)).toEqual({ kind: "forward", name: "sock", isUnion: true });
    expect(btf.type(18)).toEqual({ kind: "float", name: "int", size: 4 });
    expect(btf.type(19)).toEqual({ kind: "declaration_tag", name: "red", type: 5, component: -1 });
    expect(btf.type(20)).toEqual({ kind: "type_tag", name: "red", type: 5 });
    expect(() => btf.type(21)).toThrow("BTF has no type 21");
    expect([btf.find("typedef", "u32"), btf.find("variable", "data"), btf.find("struct", "u32")]).toEqual([
      10,
      15,
      undefined,
    ]);
  });

  it("tells prototypes and the values of enumerations", () => {
    const parameters = [
      { name: "data", type: 8 },
      { name: "len", type: 11 },
    ];
    expect(btf.prototype("bpf_copy")).toEqual({ kind: "prototype", returns: 1, parameters });
    expect(btf.prototype("sk_buff")).toBeUndefined();
    expect(btf.enumerators("colour")).toEqual([
      { name: "red", value: -1n },
      { name: "blue", value: 7n },
    ]);
    expect(btf.enumerators("big")).toEqual([{ name: "red", value: 0x1_0000_0002n }]);
    expect(btf.enumerators("int")).toBeUndefined();
  });

  it("looks behind names, qualifiers and announcements", () => {
    expect(btf.resolve(11)).toEqual(btf.type(1));
    expect(btf.resolve(6)).toEqual(btf.type(5));
    expect(btf.resolve(17)).toEqual(btf.type(17));
    expect([1, 5, 6, 8, 11, 14, 15, 12, 17, 7, 0].map((id) => btf.sizeOf(id))).toEqual([
      4,
      16,
      16,
      8,
      4,
      24,
      24,
      4,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("refuses types that contain themselves", () => {
    const round = new Btf(
      build(
        [
          [at("u32"), info(8, 0), 1],
          [0, info(3, 0), 0, 2, 1, 6],
          [at("sk_buff"), info(4, 1), 8, 0, 3, 0],
        ],
        strings,
      ),
    );
    expect(() => round.resolve(1)).toThrow("has no end");
    expect(() => round.sizeOf(2)).toThrow("has no end");
    expect(round.member("sk_buff", "len")).toBeUndefined();
  });

  it("refuses what is no BTF, cut short or of an unknown kind", () => {
    const good = build(types, strings);
    expect(() => new Btf(new Uint8Array(30))).toThrow(WireError);
    expect(() => new Btf(good.subarray(0, good.length - 1))).toThrow("BTF is cut short");
    expect(() => new Btf(build([[0, info(31, 0), 0]], strings))).toThrow("BTF type kind 31 is not known");
  });

  it("refuses every part of a whole", () => {
    const good = build(types, strings);
    for (let length = 0; length < good.length; length++) {
      expect(() => new Btf(good.subarray(0, length)), `${length} bytes`).toThrow(WireError);
    }
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
          mutant.prototype("bpf_copy");
          mutant.enumerators("colour");
          for (let id = 0; id < mutant.size; id++) mutant.sizeOf(id);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { seed: 22, numRuns: 1000 },
    );
  });
});
