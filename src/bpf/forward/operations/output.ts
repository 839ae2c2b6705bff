import { mov } from "../../alu.js";
import { callHelper, jump } from "../../control.js";
import { helper } from "../../helpers.js";
import { word } from "../../memory.js";
import { r0, r1, r2, r3, r6, r8, r9 } from "../../registers.js";
import { Operation } from "../layout.js";
import type { OperationCode } from "./operation-code.js";

/** Sends a copy. */
export const output: OperationCode = {
  code: Operation.output,
  items: () => [
    mov.reg(r1, r6),
    word.load(r2, r8, 4),
    mov.imm(r3, 0),
    callHelper(helper.cloneRedirect),
    jump("forward next"),
  ],
};

/** Sends the packet itself. */
export const lastOutput: OperationCode = {
  code: Operation.lastOutput,
  items: () => [
    word.load(r1, r8, 4),
    mov.imm(r2, 0),
    callHelper(helper.redirect),
    mov.reg(r9, r0),
    jump("forward done"),
  ],
};
