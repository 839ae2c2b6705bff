import { add, and, mov, mov32, shiftLeft, shiftRight, sub, sub32, toBigEndian } from "../alu.js";
import {
  jumpEqual,
  jumpLessOrEqual,
  jumpNotEqual,
  jumpSignedGreater32,
  jumpSignedGreaterOrEqual32,
  jumpSignedLess32,
} from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, half, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r8, r9, r10 } from "../registers.js";
import { scratch } from "./layout.js";
import type { TrackPlaces } from "./track-layout.js";
import { headerAt, place, TCP } from "./track-packet.js";

const SIDE = 16;
const MOST_SKEW = 0xffff + 1500;
const MOST_SCALE = 14;

/** Places on the stack that are free by now. */
const FROM_SHIFT = place.grown;
const ACKNOWLEDGMENT = place.grown + 4;
const END = place.grownPorts;

/**
 * Judges a TCP packet of the connection at r9 as `followTcp` of the conntrack layer does one that only acknowledges or carries data, and follows it. Goes to
 * `other`, having changed nothing, where it lies outside of the windows. r8 is lost, `place.operation` has it.
 */
export function followTcp({ row, side, scaled, liberal }: TrackPlaces, other: string): ProgramItem[] {
  return [
    word.load(r1, r10, place.protocol),
    jumpNotEqual.imm(r1, TCP, "track followed"),
    // r3 becomes this side, r4 the other one.
    word.load(r1, r10, place.direction),
    shiftLeft.imm(r1, 4),
    and.imm(r1, SIDE),
    mov.reg(r3, r9),
    add.reg(r3, r1),
    mov.imm(r2, SIDE),
    sub.reg(r2, r1),
    mov.reg(r4, r9),
    add.reg(r4, r2),
    ...[r3, r4].map((register) => add.imm(register, 4 * row.sides)),
    ...headerAt(r5, scratch.transport, other),
    // How far windows are shifted: r0 theirs, r1 its own.
    word.load(r1, r3, 4 * side.state),
    word.load(r0, r4, 4 * side.state),
    mov.reg(r2, r1),
    and.reg(r2, r0),
    ...[r0, r1].flatMap((register) => [shiftRight.imm(register, 8), and.imm(register, 15)]),
    mov.reg(r8, r2),
    and.imm(r8, scaled),
    jumpNotEqual.imm(r8, 0, "track scaled"),
    mov.imm(r0, 0),
    and.imm(r2, liberal),
    jumpEqual.imm(r2, 0, "track unscaled"),
    mov.imm(r0, MOST_SCALE),
    label("track unscaled"),
    mov.reg(r1, r0),
    label("track scaled"),
    word.store(r10, FROM_SHIFT, r1),
    // What it may reach back to.
    word.load(r8, r4, 4 * side.window),
    shiftLeft.reg(r8, r0),
    // Where it begins (r0) and ends (r2); without payload that is where its side is.
    byte.load(r2, r5, 12),
    shiftRight.imm(r2, 4),
    shiftLeft.imm(r2, 2),
    word.load(r0, r10, place.size),
    sub.reg(r0, r2),
    mov.reg(r2, r0),
    word.load(r0, r5, 4),
    toBigEndian(r0, 32),
    jumpNotEqual.imm(r2, 0, "track payload"),
    word.load(r0, r3, 4 * side.low),
    label("track payload"),
    add.reg(r2, r0),
    mov32.reg(r2, r2),
    word.store(r10, END, r2),
    word.load(r1, r3, 4 * side.high),
    sub32.reg(r1, r2),
    jumpSignedLess32.imm(r1, 0, other),
    word.load(r1, r3, 4 * side.low),
    sub32.reg(r1, r8),
    sub32.reg(r0, r1),
    jumpSignedLess32.imm(r0, 0, other),
    // What it acknowledges.
    word.load(r0, r5, 8),
    toBigEndian(r0, 32),
    word.store(r10, ACKNOWLEDGMENT, r0),
    word.load(r1, r4, 4 * side.low),
    sub32.reg(r1, r0),
    jumpSignedLess32.imm(r1, -MOST_SKEW, other),
    mov.imm(r2, MOST_SKEW),
    word.load(r8, r10, FROM_SHIFT),
    and.imm(r8, 15),
    shiftLeft.reg(r2, r8),
    jumpSignedGreater32.reg(r1, r2, other),
    // It is followed: r8 is how far, r2 its window.
    half.load(r2, r5, 14),
    toBigEndian(r2, 16),
    word.load(r1, r3, 4 * side.window),
    jumpLessOrEqual.reg(r2, r1, "track narrow"),
    word.store(r3, 4 * side.window, r2),
    label("track narrow"),
    word.load(r0, r10, END),
    word.load(r1, r3, 4 * side.low),
    sub32.reg(r1, r0),
    jumpSignedGreaterOrEqual32.imm(r1, 0, "track repeated"),
    word.store(r3, 4 * side.low, r0),
    label("track repeated"),
    shiftLeft.reg(r2, r8),
    jumpNotEqual.imm(r2, 0, "track open"),
    mov.imm(r2, 1),
    label("track open"),
    word.load(r0, r10, ACKNOWLEDGMENT),
    add.reg(r0, r2),
    mov32.reg(r0, r0),
    word.load(r1, r4, 4 * side.high),
    mov.reg(r2, r0),
    sub32.reg(r2, r1),
    jumpSignedLess32.imm(r2, 0, "track followed"),
    word.store(r4, 4 * side.high, r0),
    label("track followed"),
  ];
}
