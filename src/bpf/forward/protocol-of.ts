import { mov } from "../alu.js";
import { callHelper, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { r0, r1, r2, r3, r6 } from "../registers.js";

/** 0x8100, as the helper takes it. */
const VLAN = 0x0081;

/** Has an empty tag wait beside the packet r6; one that does already goes into the packet. */
export function pushEmptyTag(): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    mov.imm(r2, VLAN),
    mov.imm(r3, 0),
    callHelper(helper.skbVlanPush),
    jumpNotEqual.imm(r0, 0, "forward lost"),
  ];
}

/** Takes away the tag that waits beside the packet, an empty one, and has the kernel read anew from the packet what it is of: a tag that it begins with then waits beside it. */
export function readProtocol(): ProgramItem[] {
  const popTag = [mov.reg(r1, r6), callHelper(helper.skbVlanPop), jumpNotEqual.imm(r0, 0, "forward lost")];
  return [...pushEmptyTag(), ...popTag, ...popTag];
}
