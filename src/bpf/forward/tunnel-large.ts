import { add, and, mov, shiftRight } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { callKernel, jumpAnySet, jumpEqual, jumpGreater, jumpLess, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, half, word } from "../memory.js";
import { r0, r1, r2, r3, r6, r7, r8 } from "../registers.js";
import { LOOKED_AT, operationHead, scratch } from "./layout.js";
import type { KeyWords } from "./parse.js";
import { skb } from "./skb.js";

const MAX_IP = 0xffff;
const TCP = 6;
/** A TCP header at most; the parser makes sure that it lies within what was looked at. */
const ROOM = 60;

/**
 * Where a flow puts large segments into a tunnel (the head r8 says how many bytes go in front of them at most), goes to `otherwise` with those that the kernel would not cut up there: all but TCP without tags, that
 * are in no tunnel yet, whose parts the outer ports take, and whose outer packet is not too long either.
 */
export function checkLarge(words: KeyWords, places: SkbPlaces, otherwise: string): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  return [
    half.load(r3, r8, operationHead.pushed),
    jumpEqual.imm(r3, 0, "large fits"),
    word.load(r1, r6, skb.length),
    add.reg(r1, r3),
    jumpGreater.imm(r1, MAX_IP, otherwise),
    word.load(r1, r7, at(words.vlan0)),
    jumpNotEqual.imm(r1, 0, otherwise),
    word.load(r1, r7, at(words.nw)),
    and.imm(r1, 0xff),
    jumpNotEqual.imm(r1, TCP, otherwise),
    word.load(r1, r7, scratch.transport),
    jumpGreater.imm(r1, LOOKED_AT - ROOM, otherwise),
    mov.reg(r2, r7),
    add.reg(r2, r1),
    byte.load(r2, r2, scratch.frame + 12),
    shiftRight.imm(r2, 4),
    add.reg(r2, r2),
    add.reg(r2, r2),
    add.reg(r1, r2),
    word.load(r2, r6, skb.gsoSize),
    add.reg(r1, r2),
    word.load(r2, r8, operationHead.limit),
    jumpGreater.reg(r1, r2, otherwise),
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    byte.load(r1, r0, places.encapsulation.byte),
    jumpAnySet.imm(r1, 1 << places.encapsulation.bit, otherwise),
    label("large fits"),
  ];
}

/** Goes to `otherwise` with a packet that a flow puts into a tunnel (r1 is not less than 0x10000 then) and that has more tags than are known to the part that does it. */
export function checkPushed(words: KeyWords, otherwise: string): ProgramItem[] {
  return [
    jumpLess.imm(r1, 0x10000, "pushed fits"),
    word.load(r1, r7, scratch.key + 4 * words.ethType),
    jumpEqual.imm(r1, 0x8100, otherwise),
    jumpEqual.imm(r1, 0x88a8, otherwise),
    label("pushed fits"),
  ];
}
