import { add, mov, sub } from "../../alu.js";
import {
  callHelper,
  callKernel,
  jump,
  jumpAnySet,
  jumpEqual,
  jumpGreater,
  jumpLessOrEqual,
  jumpNotEqual,
} from "../../control.js";
import { helper } from "../../helpers.js";
import { label } from "../../instruction.js";
import { byte, double, half, word } from "../../memory.js";
import { r0, r1, r2, r3, r6, r8 } from "../../registers.js";
import { branch, Operation } from "../layout.js";
import { needPartial } from "../partial.js";
import { skb } from "../skb.js";
import { goOnward } from "../tail-call.js";
import type { OperationCode } from "./operation-code.js";

/** Where the transport header is as long as nobody has said. */
const NOT_SET = 0xffff;
const TAG = 4;

/** Keeps the beginning of the packet, its tags counted. Of a large segment that is an ordinary packet. */
export const cut: OperationCode = {
  code: Operation.cut,
  items: () => [
    word.load(r2, r8, branch.value),
    word.load(r1, r6, skb.vlanPresent),
    jumpEqual.imm(r1, 0, "forward cut"),
    sub.imm(r2, TAG),
    label("forward cut"),
    word.load(r1, r6, skb.length),
    jumpLessOrEqual.reg(r1, r2, "forward next"),
    mov.reg(r1, r6),
    mov.imm(r3, 0),
    callHelper(helper.skbChangeTail),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    jump("forward next"),
  ],
};

/**
 * The first operation of a list: leaves packets to the ring that the kernel does not cut to the length, and counts the others. It does so to none that a guest has put into a tunnel, nor before what it takes for the
 * transport header, nor before the end of a checksum that is still to be computed.
 */
export const mayCut: OperationCode = {
  code: Operation.mayCut,
  items: ({ kernelSkb: at }) => [
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    byte.load(r1, r0, at.encapsulation.byte),
    jumpAnySet.imm(r1, 1 << at.encapsulation.bit, "forward leave"),
    // These places are told from where the packet's memory begins.
    double.load(r2, r0, at.data),
    double.load(r1, r0, at.head),
    sub.reg(r2, r1),
    word.load(r1, r8, branch.value),
    add.reg(r2, r1),
    half.load(r1, r0, at.networkHeader),
    jumpGreater.reg(r1, r2, "forward leave"),
    half.load(r1, r0, at.transportHeader),
    jumpEqual.imm(r1, NOT_SET, "forward cut transport"),
    jumpGreater.reg(r1, r2, "forward leave"),
    label("forward cut transport"),
    ...needPartial(at, "forward cut all"),
    half.load(r1, r0, at.csumStart),
    half.load(r3, r0, at.csumOffset),
    add.reg(r1, r3),
    add.imm(r1, 2),
    jumpGreater.reg(r1, r2, "forward leave"),
    label("forward cut all"),
    ...goOnward("counted"),
  ],
};
