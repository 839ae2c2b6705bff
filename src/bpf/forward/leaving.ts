import { mov } from "../alu.js";
import { exit } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { r0, r9 } from "../registers.js";
import { countLost } from "./count.js";
import { markRunning } from "./entry.js";

/** What a tcx program returns to drop a packet. */
export const TCX_DROP = 2;

/**
 * Where a packet leaves: "forward lost" counts it as dropped and drops it, "forward end" drops it (or what is left of it), "forward done" ends the program with the
 * verdict r9.
 */
export function leaving(): ProgramItem[] {
  return [
    label("forward lost"),
    ...countLost(),
    label("forward end"),
    mov.imm(r9, TCX_DROP),
    label("forward done"),
    ...markRunning(),
    mov.reg(r0, r9),
    exit(),
  ];
}
