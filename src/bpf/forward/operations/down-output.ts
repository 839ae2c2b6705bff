import { jump } from "../../control.js";
import { word } from "../../memory.js";
import { r1, r8 } from "../../registers.js";
import { addTo, countHere } from "../add-to.js";
import { downOutput as at, Operation, processorRow, sentRow } from "../layout.js";
import type { OperationCode } from "./operation-code.js";
import { findSentRow } from "./sent-row.js";

/** Sends nothing, since the port is down, and counts that. */
export const downOutput: OperationCode = {
  code: Operation.downOutput,
  items: ({ processors }) => [
    word.load(r1, r8, at.slot),
    ...findSentRow(processors, "forward next"),
    ...addTo(r1, sentRow.down, "one"),
    ...countHere(processorRow.downDrops),
    jump("forward next"),
  ],
};
