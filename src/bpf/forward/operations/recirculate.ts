import { add } from "../../alu.js";
import { jump, jumpGreater, jumpGreaterOrEqual } from "../../control.js";
import { label } from "../../instruction.js";
import { double, word } from "../../memory.js";
import { r1, r2, r7, r8, r10 } from "../../registers.js";
import { recirculate as at, LAST_CALL, MAX_RECIRCULATIONS, Operation, processorRow, scratch } from "../layout.js";
import { ROW } from "../stack.js";
import { enterAs } from "../tail-call.js";
import type { OperationCode } from "./operation-code.js";

/** Has the packet go through the flows once more. */
export const recirculate: OperationCode = {
  code: Operation.recirculate,
  items: ({ words }) => [
    word.load(r1, r7, scratch.recirculations),
    jumpGreaterOrEqual.imm(r1, MAX_RECIRCULATIONS, "forward recirculated too often"),
    add.imm(r1, 1),
    word.store(r7, scratch.recirculations, r1),
    word.storeImm(r7, scratch.dirty, 1),
    word.load(r1, r8, at.id),
    word.store(r7, scratch.key + 4 * words.recircId, r1),
    word.load(r1, r8, at.port),
    word.store(r7, scratch.key + 4 * words.inPort, r1),
    double.load(r1, r10, ROW),
    double.load(r2, r1, processorRow.recirculated),
    add.imm(r2, 1),
    double.store(r1, processorRow.recirculated, r2),
    word.load(r1, r7, scratch.calls),
    jumpGreater.imm(r1, LAST_CALL, "forward leave"),
    ...enterAs("again"),
    label("forward recirculated too often"),
    double.load(r1, r10, ROW),
    double.load(r2, r1, processorRow.recirculationDrops),
    add.imm(r2, 1),
    double.store(r1, processorRow.recirculationDrops, r2),
    jump("forward end"),
  ],
};
