import { add } from "../../alu.js";
import { jump, jumpGreater, jumpGreaterOrEqual } from "../../control.js";
import { label } from "../../instruction.js";
import { word } from "../../memory.js";
import { r1, r7, r8 } from "../../registers.js";
import { countHere } from "../add-to.js";
import { recirculate as at, LAST_CALL, MAX_RECIRCULATIONS, Operation, processorRow, scratch } from "../layout.js";
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
    ...countHere(processorRow.recirculated),
    word.load(r1, r7, scratch.calls),
    jumpGreater.imm(r1, LAST_CALL, "forward leave"),
    ...enterAs("again"),
    label("forward recirculated too often"),
    ...countHere(processorRow.recirculationDrops),
    jump("forward end"),
  ],
};
