import { add, mov } from "../alu.js";
import { callHelper, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { r0, r1, r2, r3, r4, r5, r6, r10 } from "../registers.js";

/** 0x8100, as the helper takes it. */
const VLAN = 0x0081;
/** Where the type is that follows a frame's first tag. */
const TYPE_BEHIND_TAG = 16;

const isDone = jumpNotEqual.imm(r0, 0, "forward lost");
const pushTag = [mov.reg(r1, r6), mov.imm(r2, VLAN), mov.imm(r3, 0), callHelper(helper.skbVlanPush), isDone];
const popTag = [mov.reg(r1, r6), callHelper(helper.skbVlanPop), isDone];

/*
 * No helper says what a packet is of (skb->protocol). But the kernel reads it from the packet when a tag is taken out of it, so one is put in, behind another that waits beside the packet, and both are taken off again.
 */

/** Has the kernel read anew what the packet r6 is of, beside which no tag waits: a tag that it begins with then does. */
export function readProtocol(): ProgramItem[] {
  return [...pushTag, ...pushTag, ...popTag, ...popTag];
}

/** Writes the Ethernet type on the stack into the packet r6, beside which no tag waits, and has the kernel take it to be of that. */
export function changeProtocol(type: number): ProgramItem[] {
  return [
    ...pushTag,
    ...pushTag,
    mov.reg(r1, r6),
    mov.imm(r2, TYPE_BEHIND_TAG),
    mov.reg(r3, r10),
    add.imm(r3, type),
    mov.imm(r4, 2),
    mov.imm(r5, 0),
    callHelper(helper.skbStoreBytes),
    isDone,
    ...popTag,
    ...popTag,
  ];
}
