import { add, mov, shiftLeft, shiftRight, toBigEndian } from "../../alu.js";
import { callHelper, jump, jumpEqual, jumpLessOrEqual, jumpNotEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import { label, type ProgramItem } from "../../instruction.js";
import { byte, half, word } from "../../memory.js";
import { r0, r1, r2, r3, r4, r6, r7, r10 } from "../../registers.js";
import { scratch } from "../layout.js";
import type { KeyWords } from "../parse.js";
import { skb } from "../skb.js";
import { STACK_FREE } from "../stack.js";

const LOADED = STACK_FREE - 8;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;

/** Loads `count` bytes of the packet at r2 to `LOADED`. */
function load(count: number): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    mov.reg(r3, r10),
    add.imm(r3, LOADED),
    mov.imm(r4, count),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
  ];
}

/** r3 becomes the length of the headers of a large segment, a tag in the metadata aside: all that each of its packets has. */
export function headersLength(name: string, words: KeyWords): ProgramItem[] {
  return [
    mov.imm(r3, 8),
    byte.load(r1, r7, scratch.key + 4 * words.nw),
    jumpNotEqual.imm(r1, TCP, `${name} headers`),
    word.load(r2, r7, scratch.transport),
    add.imm(r2, 12),
    ...load(1),
    byte.load(r3, r10, LOADED),
    shiftRight.imm(r3, 4),
    shiftLeft.imm(r3, 2),
    label(`${name} headers`),
    word.load(r1, r7, scratch.transport),
    add.reg(r3, r1),
  ];
}

/**
 * r3 becomes the length of the packet: without what pads a short frame, and of a large segment that of the packets it becomes. `name` tells its labels from
 * others. What is below `LOADED` on the stack is left alone.
 */
export function packetLength(name: string, words: KeyWords): ProgramItem[] {
  const at = (part: string): string => `${name} ${part}`;
  return [
    word.load(r1, r6, skb.gsoSize),
    jumpEqual.imm(r1, 0, at("whole")),
    ...headersLength(name, words),
    word.load(r1, r6, skb.gsoSize),
    add.reg(r3, r1),
    jump(at("bound")),
    label(at("whole")),
    word.load(r1, r7, scratch.key + 4 * words.ethType),
    word.load(r2, r7, scratch.network),
    jumpEqual.imm(r1, IPV4, at("ipv4")),
    jumpEqual.imm(r1, IPV6, at("ipv6")),
    word.load(r3, r6, skb.length),
    jump(at("tag")),
    label(at("ipv4")),
    add.imm(r2, 2),
    ...load(2),
    mov.imm(r2, 0),
    jump(at("sum")),
    label(at("ipv6")),
    add.imm(r2, 4),
    ...load(2),
    mov.imm(r2, 40),
    label(at("sum")),
    half.load(r3, r10, LOADED),
    toBigEndian(r3, 16),
    add.reg(r3, r2),
    word.load(r2, r7, scratch.network),
    add.reg(r3, r2),
    label(at("bound")),
    word.load(r1, r6, skb.length),
    jumpLessOrEqual.reg(r3, r1, at("tag")),
    mov.reg(r3, r1),
    label(at("tag")),
    word.load(r1, r6, skb.vlanPresent),
    jumpEqual.imm(r1, 0, at("done")),
    add.imm(r3, 4),
    label(at("done")),
  ];
}
