import { and, shiftRight } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { jumpNotEqual } from "../control.js";
import type { ProgramItem } from "../instruction.js";
import { byte } from "../memory.js";
import { r0, r1 } from "../registers.js";

const CHECKSUM_PARTIAL = 3;

/** Goes to `otherwise` unless a checksum of the kernel's packet r0 is still to be computed; r1 is lost. */
export function needPartial({ ipSummed }: SkbPlaces, otherwise: string): ProgramItem[] {
  return [
    byte.load(r1, r0, ipSummed.byte),
    shiftRight.imm(r1, ipSummed.bit),
    and.imm(r1, 3),
    jumpNotEqual.imm(r1, CHECKSUM_PARTIAL, otherwise),
  ];
}
