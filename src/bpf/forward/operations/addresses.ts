import { add, mov } from "../../alu.js";
import { callHelper, jump } from "../../control.js";
import { helper } from "../../helpers.js";
import { r1, r2, r3, r4, r5, r6, r8 } from "../../registers.js";
import { Operation } from "../layout.js";
import type { OperationCode } from "./operation-code.js";

/** Writes both Ethernet addresses. */
export const setAddresses: OperationCode = {
  code: Operation.setAddresses,
  items: () => [
    mov.reg(r1, r6),
    mov.imm(r2, 0),
    mov.reg(r3, r8),
    add.imm(r3, 4),
    mov.imm(r4, 12),
    mov.imm(r5, 0),
    callHelper(helper.skbStoreBytes),
    jump("forward changed"),
  ],
};
