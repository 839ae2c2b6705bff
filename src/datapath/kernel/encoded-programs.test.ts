import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "../userspace/compile.js";
import { encodeMatch, type ForwardMatch } from "./encode-match.js";
import { encodeProgram, type KernelPort, type ProgramPlaces } from "./encode-program.js";
import { EncodedPrograms } from "./encoded-programs.js";

function match(fields: Readonly<Record<number, number>>): ForwardMatch {
  const [key, mask] = [newKey(), newKey()];
  for (const [word, value] of Object.entries({ [W.inPort]: 1, ...fields })) {
    key[Number(word)] = value;
    mask[Number(word)] = 0xffffffff;
  }
  const shape = shapeOf(mask);
  const values: number[] = [];
  shape.gather(key, values, 0);
  return encodeMatch(shape, values, 0) as ForwardMatch;
}

const texts = [
  "2",
  "2,3",
  "pop_vlan,2",
  "push_vlan(vid=7,pcp=3),2",
  "set(eth(dst=02:00:00:00:00:12)),2",
  "set(eth(src=02:00:00:00:00:11,dst=02:00:00:00:00:12)),2",
  "set(ipv4(ttl=5)),2",
  "recirc(0x5)",
  "trunc(20),2",
];

/** Matches of few masks, which differ in what programs depend on, and in what they do not. */
const matches = [1, 2].flatMap((port) =>
  [0, 0x81000000 | VLAN_PRESENT | 5, 0x81000000 | VLAN_PRESENT | 6].flatMap((tag) =>
    [0x0800, 0x86dd].flatMap((type) =>
      [6, 17].flatMap((protocol) => [
        match({ [W.inPort]: port, [W.vlan0]: tag, [W.ethType]: type, [W.nw]: protocol, [W.nwSrc]: port * 3 }),
        match({
          [W.inPort]: port,
          [W.vlan0]: tag,
          [W.ethType]: type,
          [W.eth]: protocol,
          [W.eth + 1]: 7,
          [W.eth + 2]: 9,
        }),
      ]),
    ),
  ),
);

describe("EncodedPrograms", () => {
  const ports = new Map<number, KernelPort>([
    [2, { ifindex: 12, mtu: 1500 }],
    [3, { ifindex: 13, mtu: 1400 }],
  ]);
  const places: ProgramPlaces = {
    port: (number) => ports.get(number),
    tunnel: () => undefined,
    meter: () => "none",
  };

  it("gives what encodeProgram does, whatever flows have had the program before", () => {
    const encoded = new EncodedPrograms(places);
    for (const text of texts) {
      const program = compileActions(parseDatapathActions(text), newKey());
      for (let round = 0; round < 2; round++) {
        for (const one of matches) expect(encoded.encode(program, one)).toEqual(encodeProgram(program, one, places));
      }
    }
  });

  it("encodes once what does not depend on where flows differ", () => {
    const encoded = new EncodedPrograms(places);
    for (const text of ["2", "set(eth(src=02:00:00:00:00:11,dst=02:00:00:00:00:12)),2"]) {
      const program = compileActions(parseDatapathActions(text), newKey());
      const [a, b] = [1, 2].map((address) => encoded.encode(program, match({ [W.nwSrc]: address })));
      expect(a).toBe(b);
    }
  });

  it("forgets what it knows where that is not true any more", () => {
    const encoded = new EncodedPrograms(places);
    const program = compileActions(parseDatapathActions("2"), newKey());
    const before = encoded.encode(program, match({}));
    ports.set(2, { ifindex: 22, mtu: 1500 });
    expect(encoded.encode(program, match({}))).toBe(before);
    encoded.clear();
    expect(encoded.encode(program, match({}))).toEqual(encodeProgram(program, match({}), places));
    expect(encoded.encode(program, match({}))).not.toEqual(before);
  });
});
