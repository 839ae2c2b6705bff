import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlowKey, newKey } from "./key.js";
import { KEY_WORDS, VLAN_PRESENT, W } from "./layout.js";
import { OdpKeyTexts } from "./odp-key-texts.js";
import { formatOdpKey } from "./odp-text.js";

/** Words that decide what a text is like, with values that make it so. */
const telling: readonly (readonly [number, readonly number[]])[] = [
  [W.ethType, [0x0800, 0x86dd, 0x0806, 0x8847, 0x894f, 0x8100, 0x1234]],
  [W.nw, [6, 17, 1, 58, 132, 0x40000011, 0x01000006, 0x03000006]],
  [W.tp, [0, 135 << 16, 136 << 16, 0x00500051]],
  [W.vlan0, [0, 0x81000000 | VLAN_PRESENT | 5, 0x88a80000 | VLAN_PRESENT | 0x2006]],
  [W.vlan1, [0, 0x81000000 | VLAN_PRESENT | 7]],
  [W.packetType, [0, 0x00010800]],
  [W.tunDst, [0, 0x0a000001]],
  [W.ctState, [0, 0x22]],
  [W.mpls, [0, 0x00001140]],
];

const aimed = fc.tuple(...telling.map(([, values]) => fc.constantFrom(...values)));
const anyWords = fc.array(fc.tuple(fc.nat(KEY_WORDS - 1), fc.constantFrom(0, 1, 0xff, 0xffff0000, 0xdeadbeef)), {
  maxLength: 8,
});
const key = fc.tuple(aimed, anyWords).map(([values, words]) => {
  const made = newKey();
  for (const [word, value] of words) made[word] = value;
  for (const [i, value] of values.entries()) made[telling[i]![0]] = value;
  // Longer options there are none.
  made[W.tunMetadataPresent + 1] = made[W.tunMetadataPresent + 1]! & 0x1c;
  return made;
});
const maskWord = fc.constantFrom(0, 0, 0xffffffff, 0xffffffff, 0xffff0000, 0xffff);
const mask = fc
  .array(maskWord, { minLength: KEY_WORDS, maxLength: KEY_WORDS })
  .map((words) => Uint32Array.from(words) as FlowKey);

describe("OdpKeyTexts", () => {
  it("writes what formatOdpKey does, of keys that are alike and of others", () => {
    const options = fc.record({
      verbose: fc.boolean(),
      portName: fc.constantFrom(
        () => undefined,
        (port: number) => (port % 2 === 0 ? `p${port}` : undefined),
      ),
    });
    fc.assert(
      fc.property(fc.array(key, { minLength: 2, maxLength: 12 }), mask, options, fc.nat(), (keys, under, how, seed) => {
        const texts = new OdpKeyTexts(how);
        for (const [i, one] of keys.entries()) {
          expect(texts.format(one, under)).toBe(formatOdpKey(one, under, how));
          // The same but for some addresses and numbers.
          const other = one.slice();
          for (const word of [W.nwSrc, W.nwDst, W.eth, W.eth + 1, W.eth + 2, W.recircId, W.inPort, W.tp]) {
            if (((seed >>> (word & 15)) & 1) === 1) other[word] = Math.imul(seed + i + word, 0x9e3779b1);
          }
          expect(texts.format(other, under)).toBe(formatOdpKey(other, under, how));
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("keeps to what formatOdpKey writes where a mask has more kinds of keys than are kept", () => {
    const texts = new OdpKeyTexts({});
    const under = newKey().fill(0xffffffff);
    for (let round = 0; round < 2; round++) {
      for (let type = 0x600; type < 0x700; type++) {
        const one = newKey();
        one[W.ethType] = type;
        one[W.inPort] = type & 7;
        expect(texts.format(one, under)).toBe(formatOdpKey(one, under));
      }
    }
  });
});
