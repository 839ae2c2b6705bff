import { add, mov, xor } from "../../alu.js";
import { callHelper, jump, jumpGreater, jumpNotEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import type { ProgramItem } from "../../instruction.js";
import { half, word } from "../../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r8, r9, r10 } from "../../registers.js";
import { fanOut as at, FAN_OUT_LONGEST, fanTrailer, Operation } from "../layout.js";
import { skb } from "../skb.js";
import { STACK_FREE } from "../stack.js";
import type { OperationCode } from "./operation-code.js";

const LENGTH = STACK_FREE - 8;
const TRAILER = LENGTH - 8;
/** BPF_F_INGRESS: the packet comes in by the device. */
const INGRESS = 1;

/** Makes the packet as long as was noted, or so much longer; r0 is not 0 where that cannot be. */
function changeLength(by: number): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    word.load(r2, r10, LENGTH),
    ...(by === 0 ? [] : [add.imm(r2, by)]),
    mov.imm(r3, 0),
    callHelper(helper.skbChangeTail),
  ];
}

/**
 * Puts the trailer behind the packet, by which the device's program finds the set. Goes to "forward next", where the list has outputs one by one, with large segments and what is too long, and where there is no
 * memory for it. The length without it is noted.
 */
function withTrailer(): ProgramItem[] {
  return [
    word.load(r1, r6, skb.gsoSize),
    jumpNotEqual.imm(r1, 0, "forward next"),
    word.load(r1, r6, skb.length),
    jumpGreater.imm(r1, FAN_OUT_LONGEST, "forward next"),
    word.store(r10, LENGTH, r1),
    ...changeLength(fanTrailer.size),
    jumpNotEqual.imm(r0, 0, "forward next"),
    half.load(r1, r8, at.set),
    half.store(r10, TRAILER + fanTrailer.set, r1),
    xor.imm(r1, 0xffff),
    half.store(r10, TRAILER + fanTrailer.inverse, r1),
    mov.reg(r1, r6),
    word.load(r2, r10, LENGTH),
    mov.reg(r3, r10),
    add.imm(r3, TRAILER),
    mov.imm(r4, fanTrailer.size),
    mov.imm(r5, 0),
    callHelper(helper.skbStoreBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
  ];
}

/** Sends a copy to each device of a set, and goes on behind the outputs that stand for it. */
export const fanOut: OperationCode = {
  code: Operation.fanOut,
  items: () => [
    ...withTrailer(),
    mov.reg(r1, r6),
    word.load(r2, r8, at.ifindex),
    mov.imm(r3, INGRESS),
    callHelper(helper.cloneRedirect),
    ...changeLength(0),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    jump("forward go to"),
  ],
};

/** Sends the packet itself to each device of a set. */
export const lastFanOut: OperationCode = {
  code: Operation.lastFanOut,
  items: () => [
    ...withTrailer(),
    word.load(r1, r8, at.ifindex),
    mov.imm(r2, INGRESS),
    callHelper(helper.redirect),
    mov.reg(r9, r0),
    jump("forward done"),
  ],
};
