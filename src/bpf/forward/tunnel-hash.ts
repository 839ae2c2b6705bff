import { add32, and, mov, mov32, mul32, or32, shiftLeft32, shiftRight32, toBigEndian, xor32 } from "../alu.js";
import { jump, jumpEqual, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { r0, r1, r2, r7 } from "../registers.js";
import { scratch } from "./layout.js";
import type { KeyWords } from "./parse.js";

/** What the hash of packets ends with. */
const FINAL = 42;

/** r0 becomes `connectionHash` of the key in the scratch memory r7; r1 and r2 are lost. */
export function connectionHash(words: KeyWords): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  const addWords = (first: number, count: number): ProgramItem[] =>
    Array.from({ length: count }, (_, i) => [
      word.load(r1, r7, at(first + i)),
      toBigEndian(r1, 32),
      ...murmurAdd,
    ]).flat();
  return [
    mov.imm(r0, 0),
    word.load(r1, r7, at(words.ethType)),
    jumpEqual.imm(r1, 0x86dd, "hash ipv6"),
    jumpEqual.imm(r1, 0x0800, "hash ipv4"),
    jumpEqual.imm(r1, 0x0806, "hash ipv4"),
    jumpNotEqual.imm(r1, 0x8035, "hash finish"),
    label("hash ipv4"),
    ...addWords(words.nwSrc, 2),
    jump("hash protocol"),
    label("hash ipv6"),
    ...addWords(words.ipv6Src, 8),
    label("hash protocol"),
    word.load(r1, r7, at(words.nw)),
    and.imm(r1, 0xff),
    ...murmurAdd,
    word.load(r1, r7, at(words.nw)),
    and.imm(r1, 0xff),
    ...[6, 17, 132, 1, 58].map((protocol) => jumpEqual.imm(r1, protocol, "hash ports")),
    jump("hash finish"),
    label("hash ports"),
    ...addWords(words.tp, 1),
    label("hash finish"),
    xor32.imm(r0, FINAL),
    ...murmurFinish(),
  ];
}

/** `r0 ^= r0 >>> bits`. */
function murmurFold(bits: number): ProgramItem[] {
  return [mov32.reg(r1, r0), shiftRight32.imm(r1, bits), xor32.reg(r0, r1)];
}

/** MurmurHash3's end, of a hash r0 whose last number has been put in by an exclusive or. */
export function murmurFinish(): ProgramItem[] {
  return [
    ...murmurFold(16),
    mul32.imm(r0, 0x85ebca6b),
    ...murmurFold(13),
    mul32.imm(r0, 0xc2b2ae35),
    ...murmurFold(16),
  ];
}

/** A step of MurmurHash3's 32-bit body: the hash r0 takes r1 in. */
export const murmurAdd: readonly ProgramItem[] = [
  mul32.imm(r1, 0xcc9e2d51),
  mov32.reg(r2, r1),
  shiftLeft32.imm(r1, 15),
  shiftRight32.imm(r2, 17),
  or32.reg(r1, r2),
  mul32.imm(r1, 0x1b873593),
  xor32.reg(r0, r1),
  mov32.reg(r2, r0),
  shiftLeft32.imm(r0, 13),
  shiftRight32.imm(r2, 19),
  or32.reg(r0, r2),
  mul32.imm(r0, 5),
  add32.imm(r0, 0xe6546b64),
];
