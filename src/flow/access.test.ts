import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clearField,
  copyField,
  fieldsEqual,
  getBitsAt,
  getField,
  getFieldBig,
  getFieldBytes,
  isFieldExact,
  isFieldZero,
  readFieldBytes,
  setBitsAt,
  setField,
  setFieldBig,
  setFieldBytes,
  subfield,
  unwildcard,
  wordMask,
} from "./access.js";
import type { Field } from "./fields/field.js";
import { field, fields } from "./fields/table.js";
import { type FlowKey, newKey } from "./key.js";
import { KEY_WORDS } from "./layout.js";

/** A field's bits the slow way: the key as one long number. */
function slow(key: FlowKey, f: Field): bigint {
  let all = 0n;
  for (const w of key) all = (all << 32n) | BigInt(w);
  const below = BigInt((KEY_WORDS - f.word - f.words) * 32 + f.shift);
  return (all >> below) & ((1n << BigInt(f.bits)) - 1n);
}

const located = fields.filter((f) => f.bits > 0);
const aField = fc.constantFrom(...located);
const aKey = fc.uint32Array({ minLength: KEY_WORDS, maxLength: KEY_WORDS });
const aValue = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

describe("field access", () => {
  it("reads and writes exactly a field's bits", () => {
    fc.assert(
      fc.property(aField, aKey, aValue, (f, key, value) => {
        const low = value & ((1n << BigInt(f.bits)) - 1n);
        expect(getFieldBig(key, f)).toBe(slow(key, f));
        const written = key.slice();
        setFieldBig(written, f, value);
        expect(slow(written, f)).toBe(low);
        const bytes = key.slice();
        setFieldBytes(bytes, f, Uint8Array.from(Buffer.from(value.toString(16).padStart(32, "0"), "hex")));
        expect(bytes).toEqual(written);
        expect(BigInt(`0x${Buffer.from(getFieldBytes(written, f)).toString("hex")}`)).toBe(low);
        if (f.bits <= 53) {
          expect(getField(key, f)).toBe(Number(slow(key, f)));
          const number = key.slice();
          setField(number, f, Number(low));
          expect(number).toEqual(written);
        }
        copyField(written, key, f);
        expect(written).toEqual(key);
      }),
      { numRuns: 2000, seed: 20_031 },
    );
  });

  it("reads and writes parts of a field", () => {
    fc.assert(
      fc.property(
        aField,
        aKey,
        fc.nat(127),
        fc.integer({ min: 1, max: 32 }),
        fc.nat(0xffffffff),
        (f, key, a, b, value) => {
          const low = a % f.bits;
          const count = Math.min(b, f.bits - low);
          const mask = 2 ** count - 1;
          expect(getBitsAt(key, f, low, count)).toBe(Number((slow(key, f) >> BigInt(low)) & BigInt(mask)));
          const part = subfield(f, low, count);
          expect(getField(key, part)).toBe(getBitsAt(key, f, low, count));
          const written = key.slice();
          setBitsAt(written, f, low, count, value);
          const same = key.slice();
          setField(same, part, (value & mask) >>> 0);
          expect(written).toEqual(same);
          expect(getBitsAt(written, f, low, count)).toBe((value & mask) >>> 0);
        },
      ),
      { numRuns: 2000, seed: 20_031 },
    );
  });

  it("treats masks alike", () => {
    for (const f of located) {
      const mask = newKey();
      expect([isFieldZero(mask, f), isFieldExact(mask, f)]).toEqual([true, false]);
      unwildcard(mask, f);
      expect([isFieldZero(mask, f), isFieldExact(mask, f)]).toEqual([false, true]);
      expect(slow(mask, f)).toBe((1n << BigInt(f.bits)) - 1n);
      const ones = newKey().fill(0xffffffff);
      clearField(ones, f);
      expect(ones.every((w, i) => w === ~mask[i]! >>> 0)).toBe(true);
      expect(fieldsEqual(ones, newKey(), f)).toBe(true);
      expect(fieldsEqual(mask, newKey(), f)).toBe(false);
    }
  });

  it("pads on the left", () => {
    const key = newKey();
    setField(key, field("ipv6_label"), 0x12345);
    const out = new Uint8Array(6).fill(0xee);
    readFieldBytes(key, field("ipv6_label"), out, 1, 4);
    expect([...out]).toEqual([0xee, 0, 1, 0x23, 0x45, 0xee]);
    setFieldBytes(key, field("ipv6_label"), Uint8Array.of(9, 9), 0, 2);
    expect(getField(key, field("ipv6_label"))).toBe(0x0909);
  });

  it("knows the mask of each word", () => {
    const eth = field("eth_dst");
    expect([eth.word, eth.words, wordMask(eth, 0), wordMask(eth, 1)]).toEqual([64, 2, 0xffffffff, 0xffff0000]);
    const src = field("eth_src");
    expect([src.word, src.words, wordMask(src, 0), wordMask(src, 1)]).toEqual([65, 2, 0x0000ffff, 0xffffffff]);
  });
});
