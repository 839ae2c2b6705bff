import { expect, it } from "vitest";
import { add, mov } from "#bpf/alu.js";
import { callHelper, exit, jump, jumpEqual } from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { Skb } from "#bpf/interpreter/skb.js";
import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { double, loadMap, word } from "#bpf/memory.js";
import { programType } from "#bpf/program-spec.js";
import { r0, r1, r2, r3, r4, r6, r10 } from "#bpf/registers.js";
import { createMap } from "#host/linux/bpf/map.js";
import { loadProgram, VerifierError } from "#host/linux/bpf/program.js";
import * as sys from "#host/linux/syscalls.js";
import { HostError } from "#util/errors.js";
import { describeWith, root } from "../support/needs.js";

const hash: MapSpec = { name: "hash", type: mapType.hash, keySize: 8, valueSize: 8, entries: 4 };
const ring: MapSpec = { name: "ring", type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: 4096 };

const lookUp = (): ProgramItem[] => [
  double.storeImm(r10, -8, 1),
  loadMap(r1, "hash"),
  mov.reg(r2, r10),
  add.imm(r2, -8),
  callHelper(helper.mapLookupElem),
];
const over = (): ProgramItem[] => [word.load(r2, r1, 76), word.load(r0, r2, 60), exit()];

/** Programs with a mistake, what the kernel says of each, and what the interpreter does. */
const mistakes: readonly (readonly [string, () => ProgramItem[], kernel: string, interpreter: string])[] = [
  [
    "reads behind the packet",
    over,
    "instruction 1, r0 = *(u32 *)(r2 +60): invalid access to packet, off=60 size=4, R2(id=0,off=60,r=0); R2 offset is outside of the packet, emitted at bpf-verifier.test.ts:",
    "instruction 1, r0 = *(u32 *)(r2 +60): reads 4 bytes at the packet+60, of 60 bytes",
  ],
  [
    "reads a register that nobody has set",
    () => [mov.reg(r0, r3), exit()],
    "instruction 0, r0 = r3: R3 !read_ok",
    "instruction 0, r0 = r3: r3 has no value",
  ],
  [
    "uses what a call has destroyed",
    () => [callHelper(helper.ktimeGetNs), mov.reg(r0, r1), exit()],
    "instruction 1, r0 = r1: R1 !read_ok",
    "instruction 1, r0 = r1: r1 has no value",
  ],
  [
    "writes below the stack",
    () => [double.storeImm(r10, -520, 0), mov.imm(r0, 0), exit()],
    "instruction 0, *(u64 *)(r10 -520) = 0: invalid write to stack R10 off=-520 size=8",
    "instruction 0, *(u64 *)(r10 -520) = 0: writes 8 bytes at the stack-8, of 512 bytes",
  ],
  [
    "does not ask whether it has found something",
    () => [...lookUp(), double.load(r0, r0, 0), exit()],
    "instruction 6, r0 = *(u64 *)(r0 +0): R0 invalid mem access 'map_value_or_null'",
    "instruction 6, r0 = *(u64 *)(r0 +0): reads 8 bytes at a null pointer",
  ],
  [
    "keeps what it has taken of a ring",
    () => [
      loadMap(r1, "ring"),
      mov.imm(r2, 16),
      mov.imm(r3, 0),
      callHelper(helper.ringbufReserve),
      jumpEqual.imm(r0, 0, "end"),
      label("end"),
      mov.imm(r0, 0),
      exit(),
    ],
    "(behind label end): Unreleased reference",
    "ends without having given back what it reserved of a ring",
  ],
  [
    "uses an address after the packet has moved",
    () => [
      mov.reg(r6, r1),
      mov.imm(r2, 4),
      mov.imm(r3, 0),
      word.load(r4, r6, 76),
      double.store(r10, -8, r4),
      callHelper(helper.skbChangeHead),
      double.load(r4, r10, -8),
      word.load(r0, r4, 0),
      exit(),
    ],
    "instruction 7, r0 = *(u32 *)(r4 +0): R4 invalid mem access 'scalar'",
    "instruction 7, r0 = *(u32 *)(r4 +0): reads 4 bytes at an address of the packet, which has moved since",
  ],
  ["never ends", () => [label("top"), jump("top"), exit()], "unreachable insn 1", "the program takes too many steps"],
];

describeWith([root], "a program that the verifier refuses", () => {
  it.each(mistakes)("%s: the error says what, where and why", (_title, items, kernel) => {
    const maps = Object.fromEntries([hash, ring].map((map) => [map.name, createMap(map)]));
    try {
      loadProgram({ type: programType.schedCls, name: "weft_mistake", items, symbols: { maps } });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HostError);
      const { cause } = error as HostError;
      expect(cause).toBeInstanceOf(VerifierError);
      expect((cause as Error).message).toContain(kernel);
      expect((cause as Error).message).toMatch(/bpf-verifier\.test\.ts:\d+/);
    } finally {
      for (const fd of Object.values(maps)) sys.close(fd);
    }
  });
});

it.each(mistakes)("the interpreter refuses a program that %s, too", (_title, items, _kernel, interpreter) => {
  const machine = new Machine({ maps: [hash, ring] });
  expect(() => machine.run(items(), new Skb(new Uint8Array(60)))).toThrow(interpreter);
});
