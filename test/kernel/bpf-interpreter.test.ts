import { expect, it } from "vitest";
import { disassemble } from "#bpf/disassemble.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { Skb } from "#bpf/interpreter/skb.js";
import type { MapSpec } from "#bpf/map-spec.js";
import { programType } from "#bpf/program-spec.js";
import { createMap } from "#host/linux/bpf/map.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";
import { RANDOM_PACKET, RandomProgram, randomMap } from "../support/random-bpf.js";
import { randomMapProgram, randomMaps } from "../support/random-map-program.js";
import { randomSkbProgram } from "../support/random-skb-program.js";
import { seededNumbers } from "../support/seeded-numbers.js";

const PROGRAMS = 300;
const MAP_PROGRAMS = 200;
const HELPER_PROGRAMS = 1000;

/** What the kernel makes of a packet, and what the interpreter does. */
function both(
  items: readonly ProgramItem[],
  data: Uint8Array,
  maps: readonly MapSpec[] = [],
): readonly [object, object] {
  const fds = maps.map((map) => [map.name, createMap(map)] as const);
  try {
    const symbols = { maps: Object.fromEntries(fds) };
    const program = loadProgram({ type: programType.schedCls, name: "weft_random", items, symbols });
    const real = testRun(program, data);
    sys.close(program);
    const skb = new Skb(data);
    const verdict = Number(BigInt.asUintN(32, new Machine({ maps }).run(items, skb)));
    return [
      { verdict, data: skb.bytes },
      { verdict: real.verdict, data: real.data },
    ];
  } finally {
    for (const [, fd] of fds) sys.close(fd);
  }
}

/** A TCP segment, or what looks like one, with 0 to 2 VLAN tags. */
function frame(below: (bound: number) => number): Uint8Array {
  const bytes = Uint8Array.from({ length: 100 }, () => below(256));
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0, 0, 86]);
  const tags = [[0x81, 0, 0, below(256)], [0x88, 0xa8, 0x20, below(256), 0x81, 0, 0, 9], []][below(3)]!;
  return Uint8Array.from([...bytes.subarray(0, 12), ...tags, ...bytes.subarray(12)]);
}

describeWith([root], "the interpreter and the kernel", () => {
  it(`come to the same by ${PROGRAMS} random programs`, () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const below = seededNumbers(seed);
      const items = new RandomProgram(below).items();
      const data = Uint8Array.from({ length: RANDOM_PACKET }, () => below(256));
      const [ours, theirs] = both(items, data, [randomMap]);
      expect(ours, `seed ${seed}\n${disassemble(items)}`).toEqual(theirs);
    }
  }, 120_000);

  it(`keep the same in maps by ${MAP_PROGRAMS} random programs`, () => {
    for (let seed = 1; seed <= MAP_PROGRAMS; seed++) {
      const items = randomMapProgram(seededNumbers(seed));
      const [ours, theirs] = both(items, new Uint8Array(60), randomMaps);
      expect(ours, `seed ${seed}\n${disassemble(items)}`).toEqual(theirs);
    }
  }, 120_000);

  it(`do the same to packets by ${HELPER_PROGRAMS} random programs of helpers`, () => {
    for (let seed = 1; seed <= HELPER_PROGRAMS; seed++) {
      const below = seededNumbers(seed);
      const items = randomSkbProgram(below);
      const data = frame(below);
      const [ours, theirs] = both(items, data);
      expect(ours, `seed ${seed}\n${disassemble(items)}`).toEqual(theirs);
    }
  }, 120_000);
});
