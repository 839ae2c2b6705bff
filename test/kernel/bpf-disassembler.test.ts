import { expect, it } from "vitest";
import { add, add32, mov, movSigned, signedDiv32 } from "#bpf/alu.js";
import {
  callFunction,
  callHelper,
  exit,
  jump,
  jumpFar,
  jumpNotEqual,
  jumpSignedLess32,
  mayGoto,
} from "#bpf/control.js";
import { formatInstruction } from "#bpf/disassemble.js";
import { helper } from "#bpf/helpers.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { byte, double, loadImm64, word } from "#bpf/memory.js";
import { place } from "#bpf/place.js";
import { programType } from "#bpf/program-spec.js";
import { r0, r1, r2, r3, r6, r10 } from "#bpf/registers.js";
import { createMap } from "#host/linux/bpf/map.js";
import { verifierLog } from "#host/linux/bpf/program.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";
import { RandomProgram, randomMap } from "../support/random-bpf.js";
import { seededNumbers } from "../support/seeded-numbers.js";

/** What the verifier's log calls each instruction that it looks at, by slot. */
function kernelText(items: readonly ProgramItem[], maps: Record<string, number> = {}): Map<number, string> {
  const log = verifierLog({ type: programType.schedCls, name: "weft_text", items, symbols: { maps } });
  const lines = log.matchAll(/^(\d+): \([0-9a-f]{2}\) (.*?)\s*(?:;.*)?$/gm);
  return new Map([...lines].map(([, slot, text]) => [Number(slot), text!]));
}

/** Compares what the verifier calls instructions with what we do; how many it has named. Addresses of maps are its own. */
function compare(items: readonly ProgramItem[], maps: Record<string, number> = {}): number {
  const slots = place(items);
  const theirs = [...kernelText(items, maps)].filter(([slot]) => slots[slot]!.reference?.kind !== "map");
  const ours = theirs.map(([slot]) => [slot, formatInstruction(slots[slot]!)]);
  expect(ours).toEqual(theirs);
  return theirs.length;
}

describeWith([root], "the disassembler and the verifier's log", () => {
  it("call the instructions of random programs the same", () => {
    const map = createMap(randomMap);
    try {
      let named = 0;
      for (let seed = 1; seed <= 100; seed++) {
        named += compare(new RandomProgram(seededNumbers(seed)).items(), { [randomMap.name]: map });
      }
      expect(named).toBeGreaterThan(5000);
    } finally {
      sys.close(map);
    }
  });

  it("call the rarer ones the same", () => {
    const items = [
      mov.reg(r6, r1),
      double.storeImm(r10, -8, -5),
      loadImm64(r2, 0xfedcba9876543210n),
      loadImm64(r3, 7n),
      byte.loadSigned(r1, r10, -8),
      movSigned(r1, r1, 32),
      signedDiv32.imm(r1, -3),
      mov.imm(r0, -5),
      double.compareExchange(r10, -8, r2),
      word.loadAcquire(r2, r10, -8),
      byte.storeRelease(r10, -3, r2),
      jumpSignedLess32.imm(r1, -2, "on"),
      label("on"),
      word.storeImm(r10, -16, 9),
      word.storeImm(r10, -12, 0),
      label("top"),
      mayGoto("out"),
      double.load(r2, r10, -16),
      add.imm(r2, -1),
      double.store(r10, -16, r2),
      jumpNotEqual.imm(r2, 0, "top"),
      label("out"),
      jumpFar("call"),
      label("call"),
      mov.imm(r1, 1),
      callFunction("function"),
      callHelper(helper.ktimeGetNs),
      jump("end"),
      label("end"),
      mov.imm(r0, -1),
      exit(),
      label("function"),
      add32.reg(r1, r1),
      mov.reg(r0, r1),
      exit(),
    ];
    expect(compare(items)).toBeGreaterThan(28);
  });
});
