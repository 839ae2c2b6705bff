import { describe, expect, it } from "vitest";
import { setWord } from "#bpf/forward/layout.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "../userspace/compile.js";
import { encodeMatch, type ForwardMatch } from "./encode-match.js";
import { encodeRewrite } from "./encode-rewrite.js";
import { KnownNeighbour } from "./known-neighbour.js";

const [SOLICIT, ADVERT] = [135 << 16, 136 << 16];
const [SOURCE, TARGET] = [1 << 16, 2 << 16];
const KIND: readonly [word: number, bits: number] = [W.tp, 0x00ff00ff];
const OPTION: readonly [word: number, bits: number] = [W.l4, 0x00ff0000];

/** Where in the transport header the words lie that these sets change, one after the other; or why nothing is. */
function placesOf(text: string, ...known: readonly (readonly [word: number, bits: number, value: number])[]): unknown {
  const [key, mask] = [newKey(), newKey()];
  const fields: readonly (readonly [number, number, number])[] = [
    [W.inPort, 0xffffffff, 1],
    [W.ethType, 0xffff, 0x86dd],
    [W.nw, 0xff0000ff, 58],
    ...known,
  ];
  for (const [word, bits, value] of fields) {
    mask[word]! |= bits;
    key[word]! |= value;
  }
  const shape = shapeOf(mask);
  const values: number[] = [];
  shape.gather(key, values, 0);
  const match = encodeMatch(shape, values, 0) as ForwardMatch;
  const neighbour = KnownNeighbour.of(match);
  const places: number[][] = [];
  for (const { change } of compileActions(parseDatapathActions(text), key)) {
    if (change === undefined) continue;
    const units = encodeRewrite(change, match, () => neighbour);
    if (typeof units === "string") return units;
    neighbour.note(change);
    places.push(units.map((unit) => unit[setWord.offset]!));
    for (const unit of units) expect([unit[setWord.base], unit[setWord.checksum]]).toEqual([4, 2]);
  }
  return places;
}

describe("KnownNeighbour", () => {
  const target = [8, 10, 12, 14, 16, 18, 20, 22];
  const address = [26, 28, 30];
  const unknown = (layer: string): string => `sets fields of ${layer}, it is not known whether they are there`;

  it("knows where the target is, in solicitations and advertisements alone", () => {
    expect(placesOf("set(nd(target=fe80::1))", [...KIND, SOLICIT])).toEqual([target]);
    expect(placesOf("set(nd(target=fe80::1))", [...KIND, ADVERT])).toEqual([target]);
    expect(placesOf("set(nd(target=fe80::1))", [...KIND, 137 << 16])).toEqual([[]]);
    expect(placesOf("set(nd(target=fe80::1))", [...KIND, SOLICIT | 1])).toEqual([[]]);
    expect(placesOf("set(nd(target=fe80::1))", [W.tp, 0x00ff0000, SOLICIT])).toBe(unknown("nd_target"));
  });

  it("knows which option there is by its type, or by an address in it", () => {
    const sll = "set(nd(sll=02:00:00:00:00:01))";
    const tll = "set(nd(tll=02:00:00:00:00:01))";
    expect(placesOf(sll, [...KIND, SOLICIT])).toBe(unknown("nd_sll"));
    expect(placesOf(`${sll},${tll}`, [...KIND, SOLICIT], [...OPTION, SOURCE])).toEqual([address, []]);
    expect(placesOf(`${sll},${tll}`, [...KIND, SOLICIT], [...OPTION, TARGET])).toEqual([[], address]);
    expect(placesOf(`${sll},${tll}`, [...KIND, SOLICIT], [...OPTION, 0])).toEqual([[], []]);
    expect(placesOf(sll, [...KIND, SOLICIT], [W.arpHw + 1, 0xffff0000, 0x00050000])).toEqual([address]);
    expect(placesOf(sll, [...KIND, SOLICIT], [W.arpHw + 1, 0xffff0000, 0])).toBe(unknown("nd_sll"));
    expect(placesOf(tll, [...KIND, ADVERT], [W.arpHw + 2, 0xffffffff, 5])).toEqual([address]);
  });

  it("follows changes of the message's type", () => {
    const sets = "set(icmpv6(type=136)),set(nd(target=fe80::1))";
    expect(placesOf(sets, [...KIND, SOLICIT])).toEqual([[0], target]);
    expect(placesOf("set(icmpv6(type=1)),set(nd(target=fe80::1))", [...KIND, SOLICIT])).toEqual([[0], []]);
    // What came as something else may be too short.
    expect(placesOf(sets, [...KIND, 128 << 16])).toBe(unknown("nd_target"));
  });
});
