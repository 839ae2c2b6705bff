import { mov } from "../alu.js";
import { exit } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { r0 } from "../registers.js";
import { leaving, TCX_DROP } from "./leaving.js";
import { findMemory, findOperation } from "./memory.js";

/**
 * A part: a program of its own that does one kind of operation (`ForwardPart`). `items` have the packet in r6, the scratch memory in r7, the operation in r8, and how many were done before it in r9. They
 * go on with `goOnward`, `enterAs("again")` (having raised `scratch.recirculations`) or `enterAs("up")`, or end at "forward end" or "forward lost".
 */
export function partProgram(processors: number, items: readonly ProgramItem[]): ProgramItem[] {
  return [
    ...findMemory(processors, "forward nowhere"),
    ...findOperation("forward lost"),
    ...items,
    ...leaving(),
    label("forward nowhere"),
    mov.imm(r0, TCX_DROP),
    exit(),
  ];
}
