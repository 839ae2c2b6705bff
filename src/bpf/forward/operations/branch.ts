import { add, and, or } from "../../alu.js";
import { callHelper, jump, jumpLess, jumpLessOrEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import { label, type ProgramItem } from "../../instruction.js";
import { byte, double, word } from "../../memory.js";
import { r0, r1, r2, r3, r7, r8, r10 } from "../../registers.js";
import { branch, CHOSEN, MAX_OPERATIONS, Operation, scratch } from "../layout.js";
import { ROW } from "../stack.js";
import { enterAs, goOnward } from "../tail-call.js";
import { packetLength } from "./length.js";
import type { OperationCode } from "./operation-code.js";

/** Notes that the operation of the list is to be done next that the one at r8 names. */
export function noteTarget(): ProgramItem[] {
  return [
    byte.load(r1, r8, branch.target),
    word.load(r2, r7, scratch.list),
    add.reg(r1, r2),
    add.imm(r1, 1),
    word.store(r7, scratch.operation, r1),
    word.storeImm(r7, scratch.left, MAX_OPERATIONS),
  ];
}

/** Goes on elsewhere, through a tail call: within the program the verifier would follow each way to each place on its own. */
export const goTo: OperationCode = {
  code: Operation.goTo,
  items: () => [label("forward go to"), ...noteTarget(), ...enterAs("onward")],
};

/** Goes on with the next operation by chance, else to the target. */
export const sample: OperationCode = {
  code: Operation.sample,
  items: () => [
    callHelper(helper.getPrandomU32),
    word.load(r1, r8, branch.value),
    jumpLess.reg(r0, r1, "forward next"),
    jump("forward go to"),
  ],
};

/**
 * The first operation of a list: by chance the packet goes into the ring, chosen, and else is counted and goes on with the next one. So a sample that sends packets up costs those
 * that it does not take next to nothing.
 */
export const sampleUp: OperationCode = {
  code: Operation.sampleUp,
  items: ({ words }) => [
    callHelper(helper.getPrandomU32),
    word.load(r1, r8, branch.value),
    jumpLess.reg(r0, r1, "forward chosen"),
    ...goOnward("counted"),
    label("forward chosen"),
    word.load(r1, r7, scratch.recirculations),
    or.imm(r1, CHOSEN),
    word.store(r7, scratch.recirculations, r1),
    word.load(r1, r8, branch.port),
    word.store(r7, scratch.key + 4 * words.inPort, r1),
    word.storeImm(r7, scratch.dirty, 1),
    jump("forward leave"),
  ],
};

/** Goes on with the next operation for a packet that is not longer, else to the target. */
export const checkLength: OperationCode = {
  code: Operation.checkLength,
  items: ({ words }) => [
    ...packetLength("forward check", words),
    word.load(r1, r8, branch.value),
    jumpLessOrEqual.reg(r3, r1, "forward next"),
    jump("forward go to"),
  ],
};

/** Adds to a total of this processor: what happens to some of a flow's packets only. */
export const countSome: OperationCode = {
  code: Operation.countSome,
  items: () => [
    double.load(r1, r10, ROW),
    byte.load(r2, r8, branch.target),
    and.imm(r2, 0x78),
    add.reg(r1, r2),
    word.load(r3, r8, branch.value),
    double.load(r2, r1, 0),
    add.reg(r2, r3),
    double.store(r1, 0, r2),
    jump("forward next"),
  ],
};
