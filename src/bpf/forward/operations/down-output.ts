import { add } from "../../alu.js";
import { jump } from "../../control.js";
import { double, word } from "../../memory.js";
import { r1, r2, r8, r10 } from "../../registers.js";
import { downOutput as at, Operation, processorRow, sentRow } from "../layout.js";
import { ROW } from "../stack.js";
import type { OperationCode } from "./operation-code.js";
import { findSentRow } from "./sent-row.js";

/** Sends nothing, since the port is down, and counts that. */
export const downOutput: OperationCode = {
  code: Operation.downOutput,
  items: ({ processors }) => [
    word.load(r1, r8, at.slot),
    ...findSentRow(processors, "forward next"),
    double.load(r2, r1, sentRow.down),
    add.imm(r2, 1),
    double.store(r1, sentRow.down, r2),
    double.load(r1, r10, ROW),
    double.load(r2, r1, processorRow.downDrops),
    add.imm(r2, 1),
    double.store(r1, processorRow.downDrops, r2),
    jump("forward next"),
  ],
};
