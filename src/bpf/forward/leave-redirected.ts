import { mov } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { callKernel, jump, jumpAnySet } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, half } from "../memory.js";
import { r0, r1, r6, r8 } from "../registers.js";
import { HeadFlag, operationHead } from "./layout.js";

/**
 * Where a flow sends packets to the fan-out device, leaves those to the ring that traffic control has had come in by the port: XDP in the stack is not for packets that have been redirected so. r1 are the flags of the
 * head r8.
 */
export function leaveRedirected({ redirected }: SkbPlaces): ProgramItem[] {
  if (redirected === undefined) return [];
  return [
    jumpAnySet.imm(r1, HeadFlag.copies, "forward copies"),
    jump("forward no copies"),
    label("forward copies"),
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    byte.load(r1, r0, redirected.byte),
    jumpAnySet.imm(r1, 1 << redirected.bit, "forward leave"),
    half.load(r1, r8, operationHead.flags),
    label("forward no copies"),
  ];
}
