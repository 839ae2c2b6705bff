import { expect, it } from "vitest";
import { disassemble } from "#bpf/disassemble.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { Skb } from "#bpf/interpreter/skb.js";
import { createMap, loadProgram, programType } from "#host/linux/bpf.js";
import { testRun } from "#host/linux/program-run.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";
import { RANDOM_PACKET, RandomProgram, randomMap } from "../support/random-bpf.js";
import { seededNumbers } from "../support/seeded-numbers.js";

const PROGRAMS = 300;

function packet(below: (bound: number) => number): Uint8Array {
  return Uint8Array.from({ length: RANDOM_PACKET }, () => below(256));
}

function table(): number {
  return createMap({ ...randomMap, entries: randomMap.entries });
}

describeWith([root], "the interpreter and the kernel", () => {
  it(`come to the same by ${PROGRAMS} random programs`, () => {
    for (let seed = 1; seed <= PROGRAMS; seed++) {
      const numbers = seededNumbers(seed);
      const items = new RandomProgram(numbers).items();
      const data = packet(numbers);
      const map = table();
      try {
        const symbols = { maps: { [randomMap.name]: map } };
        const fd = loadProgram({ type: programType.schedCls, name: "weft_random", items, symbols });
        const real = testRun(fd, data);
        sys.close(fd);
        const machine = new Machine({ maps: [randomMap] });
        const skb = new Skb(data);
        const verdict = Number(BigInt.asUintN(32, machine.run(items, skb)));
        const ours = { verdict, data: skb.bytes };
        expect(ours, `seed ${seed}\n${disassemble(items)}`).toEqual({ verdict: real.verdict, data: real.data });
      } finally {
        sys.close(map);
      }
    }
  }, 120_000);
});
