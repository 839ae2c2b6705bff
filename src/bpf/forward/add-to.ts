import { add } from "../alu.js";
import type { ProgramItem } from "../instruction.js";
import { double } from "../memory.js";
import { type Register, r1, r2, r10 } from "../registers.js";
import { ROW } from "./stack.js";

/** Adds to a 64-bit number at `base + at`; r2 is lost. */
export function addTo(base: Register, at: number, what: Register | "one"): ProgramItem[] {
  return [double.load(r2, base, at), what === "one" ? add.imm(r2, 1) : add.reg(r2, what), double.store(base, at, r2)];
}

/** Adds one to a total of this processor, a member of `processorRow`; r1 and r2 are lost. */
export function countHere(member: number): ProgramItem[] {
  return [double.load(r1, r10, ROW), ...addTo(r1, member, "one")];
}
