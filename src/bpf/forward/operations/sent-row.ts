import { add, mul } from "../../alu.js";
import { jumpGreater } from "../../control.js";
import type { ProgramItem } from "../../instruction.js";
import { double, loadMapValue } from "../../memory.js";
import { r1, r2, r10 } from "../../registers.js";
import { FORWARD_SLOTS, forwardMaps, sentRow } from "../layout.js";
import { PROCESSOR } from "../stack.js";

/** r1, a slot, becomes the address of that port's row of what was sent, this processor's; r2 is lost. Without one it goes to `otherwise`. */
export function findSentRow(processors: number, otherwise: string): ProgramItem[] {
  return [
    jumpGreater.imm(r1, FORWARD_SLOTS - 1, otherwise),
    double.load(r2, r10, PROCESSOR),
    jumpGreater.imm(r2, processors - 1, otherwise),
    mul.imm(r2, FORWARD_SLOTS),
    add.reg(r2, r1),
    mul.imm(r2, sentRow.size),
    loadMapValue(r1, forwardMaps.sent),
    add.reg(r1, r2),
  ];
}
