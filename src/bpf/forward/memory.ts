import { add, mov, mul, shiftRight, sub } from "../alu.js";
import { callHelper, jumpEqual, jumpGreater } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { double, loadMap, loadMapValue, word } from "../memory.js";
import { r0, r1, r2, r6, r7, r8, r9, r10 } from "../registers.js";
import { forwardMaps, LAST_OPERATION, MAX_OPERATIONS, operationHead, processorRow, scratch } from "./layout.js";
import { INDEX, PROCESSOR, ROW } from "./stack.js";

/** Looks up the key on the stack; r0 becomes its value's address or 0. */
export function lookupElement(map: string, key: number): ProgramItem[] {
  return [loadMap(r1, map), mov.reg(r2, r10), add.imm(r2, key), callHelper(helper.mapLookupElem)];
}

/** r6 becomes the packet (the program's r1), r7 the scratch memory; this processor's number and row are noted on the stack. Where that cannot be, it goes to `otherwise`. */
export function findMemory(processors: number, otherwise: string): ProgramItem[] {
  return [
    mov.reg(r6, r1),
    callHelper(helper.getSmpProcessorId),
    jumpGreater.imm(r0, processors - 1, otherwise),
    double.store(r10, PROCESSOR, r0),
    mul.imm(r0, processorRow.size),
    loadMapValue(r1, forwardMaps.processors),
    add.reg(r1, r0),
    double.store(r10, ROW, r1),
    word.storeImm(r10, INDEX, 0),
    ...lookupElement(forwardMaps.scratch, INDEX),
    jumpEqual.imm(r0, 0, otherwise),
    mov.reg(r7, r0),
  ];
}

/** r8 becomes the address of the operation at `scratch.operation`, r9 how many were done before it. */
export function findOperation(otherwise: string): ProgramItem[] {
  return [
    word.load(r1, r7, scratch.operation),
    jumpGreater.imm(r1, LAST_OPERATION, otherwise),
    mul.imm(r1, operationHead.size),
    loadMapValue(r8, forwardMaps.operations),
    add.reg(r8, r1),
    word.load(r1, r7, scratch.left),
    jumpGreater.imm(r1, MAX_OPERATIONS, otherwise),
    mov.imm(r9, MAX_OPERATIONS),
    sub.reg(r9, r1),
  ];
}

/** Notes in the scratch memory that the operation at r8 is to be done, which r9 counts already. */
export function noteOperation(): ProgramItem[] {
  return [
    mov.reg(r1, r8),
    loadMapValue(r2, forwardMaps.operations),
    sub.reg(r1, r2),
    shiftRight.imm(r1, Math.log2(operationHead.size)),
    word.store(r7, scratch.operation, r1),
    mov.imm(r1, MAX_OPERATIONS + 1),
    sub.reg(r1, r9),
    word.store(r7, scratch.left, r1),
  ];
}
