import { add, and, mov, or } from "../../alu.js";
import { callHelper, jump, jumpEqual, jumpGreater, jumpNotEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import { label, type ProgramItem } from "../../instruction.js";
import { byte, double, half, word } from "../../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r10 } from "../../registers.js";
import { setWord as at, Operation, scratch } from "../layout.js";
import { STACK_FREE } from "../stack.js";
import type { OperationCode } from "./operation-code.js";

/** Its offset in the header. */
const IPV4_CHECKSUM = 10;

const PLACE = STACK_FREE - 8;
const OLD = PLACE - 8;
const NEW = OLD - 8;

/** The arguments of a helper that updates a checksum at r2. */
const oldAndNew = (): ProgramItem[] => [mov.reg(r1, r6), half.load(r3, r10, OLD), half.load(r4, r10, NEW)];

/** Changes 16 bits of a header, and the checksums over it. */
export const setWord: OperationCode = {
  code: Operation.setWord,
  items: () => [
    byte.load(r1, r8, at.base),
    mov.imm(r2, 0),
    jumpGreater.imm(r1, 4, "forward word frame"),
    and.imm(r1, 4),
    mov.reg(r2, r7),
    add.reg(r2, r1),
    word.load(r2, r2, scratch.network),
    label("forward word frame"),
    byte.load(r1, r8, at.offset),
    add.reg(r2, r1),
    double.store(r10, PLACE, r2),
    mov.reg(r1, r6),
    mov.reg(r3, r10),
    add.imm(r3, OLD),
    mov.imm(r4, 2),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    half.load(r1, r10, OLD),
    half.load(r2, r8, at.keep),
    and.reg(r1, r2),
    half.load(r2, r8, at.value),
    or.reg(r1, r2),
    half.store(r10, NEW, r1),
    byte.load(r1, r8, at.ipv4),
    jumpEqual.imm(r1, 0, "forward word transport"),
    word.load(r2, r7, scratch.network),
    add.imm(r2, IPV4_CHECKSUM),
    ...oldAndNew(),
    mov.imm(r5, 2),
    callHelper(helper.l3CsumReplace),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    label("forward word transport"),
    byte.load(r1, r8, at.checksum),
    jumpEqual.imm(r1, 0, "forward word store"),
    word.load(r2, r7, scratch.transport),
    add.reg(r2, r1),
    ...oldAndNew(),
    half.load(r5, r8, at.flags),
    callHelper(helper.l4CsumReplace),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    label("forward word store"),
    mov.reg(r1, r6),
    double.load(r2, r10, PLACE),
    mov.reg(r3, r10),
    add.imm(r3, NEW),
    mov.imm(r4, 2),
    byte.load(r5, r8, at.storeFlags),
    callHelper(helper.skbStoreBytes),
    jump("forward changed"),
  ],
};
