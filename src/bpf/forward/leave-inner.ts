import { mov, sub } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { callKernel, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, word } from "../memory.js";
import { r0, r1, r2, r3, r6, r7 } from "../registers.js";
import { scratch } from "./layout.js";
import { needPartial } from "./partial.js";

/** Leaves a packet to the ring whose checksum that is still to be computed is not that of the transport header which was found: it is in a tunnel. */
export function leaveInner(skb: SkbPlaces, passed: string): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    ...needPartial(skb, passed),
    half.load(r1, r0, skb.csumStart),
    double.load(r2, r0, skb.data),
    double.load(r3, r0, skb.head),
    sub.reg(r2, r3),
    sub.reg(r1, r2),
    word.load(r2, r7, scratch.transport),
    jumpNotEqual.reg(r1, r2, "forward leave"),
    label(passed),
  ];
}
