import { add, mov, mul } from "#bpf/alu.js";
import { callHelper, exit } from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { double, word } from "#bpf/memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r9, r10 } from "#bpf/registers.js";

type Below = (bound: number) => number;

/** r9 takes in what is in r0, so that all results can be compared at the end. */
const note: readonly ProgramItem[] = [mul.imm(r9, 31), add.reg(r9, r0)];

function call(id: number, ...values: readonly (number | readonly ProgramItem[])[]): ProgramItem[] {
  const rest = values.flatMap((value, i) =>
    typeof value === "number" ? [mov.imm((i + 2) as Register, value)] : value,
  );
  return [mov.reg(r1, r6), ...rest, callHelper(id), ...note];
}

const stack = (register: Register): ProgramItem[] => [mov.reg(register, r10), add.imm(register, -32)];

function noteStack(): ProgramItem[] {
  return [0, 8, 16, 24].flatMap((at) => [double.load(r0, r10, at - 32), ...note]);
}

function step(below: Below): ProgramItem[] {
  const offset = below(90);
  switch (below(11)) {
    case 0:
      return [...call(helper.skbLoadBytes, offset, stack(r3), 1 + below(32)), ...noteStack()];
    case 1:
      return call(helper.skbStoreBytes, below(200), stack(r3), 1 + below(32), below(5));
    case 2:
      return call(helper.skbVlanPush, [0x0081, 0xa888, 0x1234][below(3)]!, below(0x10000));
    case 3:
      return call(helper.skbVlanPop);
    case 4: {
      const size = below(5);
      const from = size === 2 ? below(0x10000) : size === 0 ? below(2) : below(0x7fffffff);
      return call(helper.l3CsumReplace, offset, from, size === 2 ? below(0x10000) : below(0x7fffffff), size);
    }
    case 5: {
      const size = below(5);
      const flags = size | (below(2) << 4) | (below(2) << 5) | (below(4) === 0 ? 0x40 : 0);
      const from = size === 2 ? below(0x10000) : size === 0 ? below(2) : below(0x7fffffff);
      return call(helper.l4CsumReplace, offset, from, size === 2 ? below(0x10000) : below(0x7fffffff), flags);
    }
    case 6:
      return [
        ...stack(r1),
        mov.imm(r2, 4 * below(5)),
        mov.reg(r3, r10),
        add.imm(r3, -16),
        mov.imm(r4, 4 * below(5)),
        mov.imm(r5, below(0x10000)),
        callHelper(helper.csumDiff),
        ...note,
      ];
    case 7:
      return call(helper.skbChangeTail, below(200), below(8) === 0 ? 1 : 0);
    case 8:
      return call(helper.skbChangeHead, below(32), 0);
    case 9:
      return call(
        helper.skbAdjustRoom,
        (below(12) - 6) * 4,
        below(3),
        [0, 0, 1, 0x20, 0x12, 0x0a, 0x80, 0x1000, 0x08][below(9)]!,
      );
    default:
      return call(helper.skbPullData, below(150));
  }
}

/** A program of helpers that change its packet; what they gave is in its verdict. The same numbers give the same program. */
export function randomSkbProgram(below: Below): ProgramItem[] {
  return [
    mov.reg(r6, r1),
    mov.imm(r9, 7),
    ...[0, 8, 16, 24].map((at) => double.storeImm(r10, at - 32, below(0x7fffffff))),
    ...Array.from({ length: 1 + below(6) }, () => step(below)).flat(),
    // Length, protocol, and the tag beside the packet.
    ...[0, 16, 20, 24, 28].flatMap((at) => [word.load(r0, r6, at), ...note]),
    mov.reg(r0, r9),
    exit(),
  ];
}
