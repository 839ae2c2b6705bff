import { add, and, mov, mul, or, shiftLeft, shiftRight, xor } from "../alu.js";
import { jump, jumpEqual, jumpGreater, jumpGreaterOrEqual, jumpNotEqual, mayGoto } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, loadImm64, loadMapValue, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r7, r8, r9, r10 } from "../registers.js";
import {
  CACHE_ENTRIES,
  FLOW_TAG_SLOT,
  FORWARD_SLOTS,
  forwardMaps,
  MAX_MASK_WORDS,
  MAX_MASKS,
  MAX_WIDE_MASK_WORDS,
  maskEntry,
  maskList,
  PROGRAM_KEY_WORDS,
  scratch,
  WIDE_FLOW_KEY_SIZE,
} from "./layout.js";
import { lookupElement } from "./memory.js";
import type { KeyWords } from "./parse.js";
import { PROCESSOR, STACK_FREE } from "./stack.js";

const HINT = STACK_FREE - 8;
const FLOW_KEY = HINT - WIDE_FLOW_KEY_SIZE;

/**
 * Finds the flow; r0 becomes its value. `scratch.tried` says how many masks of the port's list were tried, the cache's one aside, which comes first. Where there is none it goes to
 * "forward leave".
 */
export function lookup(words: KeyWords, processors: number): ProgramItem[] {
  return [
    label("forward lookup"),
    ...findHint(words, processors),
    double.store(r10, HINT, r1),
    byte.load(r8, r1, 0),
    ...findList(),
    word.load(r1, r1, 0),
    jumpEqual.imm(r1, 0, "forward leave"),
    // A number that the verifier does not know, in a loop of which it need not see the end: else it follows each turn by itself, which takes most of the time to load.
    word.storeImm(r7, scratch.tried, 0),
    word.load(r9, r7, scratch.tried),
    label("forward try"),
    mayGoto("forward leave"),
    ...tryMask(),
    jumpNotEqual.imm(r0, 0, "forward hit"),
    ...findList(),
    word.load(r2, r1, 0),
    jumpGreaterOrEqual.reg(r9, r2, "forward leave"),
    jumpGreaterOrEqual.imm(r9, MAX_MASKS, "forward leave"),
    add.reg(r1, r9),
    byte.load(r8, r1, maskList.masks),
    add.imm(r9, 1),
    jump("forward try"),
    label("forward hit"),
    double.load(r1, r10, HINT),
    byte.store(r1, 0, r8),
    word.store(r7, scratch.tried, r9),
  ];
}

/** r1 becomes the list of the port that the packet came in by; r2 is lost. */
function findList(): ProgramItem[] {
  return [
    word.load(r2, r7, scratch.slot),
    jumpGreater.imm(r2, FORWARD_SLOTS - 1, "forward leave"),
    mul.imm(r2, maskList.size),
    loadMapValue(r1, forwardMaps.lists),
    add.reg(r1, r2),
  ];
}

/** Odd, of 64 bits without a pattern. */
const FACTOR = 0x9e3779b97f4a7c15n;

/**
 * r1 becomes the packet's place in this processor's cache: by its addresses and ports, of IPv6 the ends of the addresses, and the recirculation id, since where a packet comes back it finds other flows. A product's
 * upper bits depend on all lower ones of its factors.
 */
function findHint(words: KeyWords, processors: number): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  const pairs = [
    words.eth,
    words.ethType - 1,
    words.vlan0,
    words.nwSrc - 1,
    words.nwDst,
    words.ipv6Src + 3,
    words.ipv6Label - 1,
  ];
  return [
    loadImm64(r2, FACTOR),
    word.load(r0, r7, at(words.tp)),
    shiftLeft.imm(r0, 32),
    word.load(r1, r7, at(words.recircId)),
    word.load(r3, r7, scratch.slot),
    add.reg(r1, r3),
    or.reg(r0, r1),
    ...pairs.flatMap((pair) => [mul.reg(r0, r2), double.load(r1, r7, at(pair)), xor.reg(r0, r1)]),
    mul.reg(r0, r2),
    shiftRight.imm(r0, 64 - Math.log2(CACHE_ENTRIES)),
    double.load(r2, r10, PROCESSOR),
    jumpGreater.imm(r2, processors - 1, "forward leave"),
    mul.imm(r2, CACHE_ENTRIES),
    loadMapValue(r1, forwardMaps.cache),
    add.reg(r1, r2),
    add.reg(r1, r0),
  ];
}

/** Looks the packet up under the mask r8. */
function tryMask(): ProgramItem[] {
  return [
    and.imm(r8, MAX_MASKS - 1),
    loadMapValue(r1, forwardMaps.masks),
    mov.reg(r2, r8),
    mul.imm(r2, maskEntry.size),
    add.reg(r1, r2),
    word.load(r5, r1, 0),
    jumpGreater.imm(r5, MAX_MASK_WORDS, "forward wide"),
    ...tryIn(forwardMaps.flows, MAX_MASK_WORDS, "forward find"),
    jump("forward tried mask"),
    label("forward wide"),
    ...tryIn(forwardMaps.wideFlows, MAX_WIDE_MASK_WORDS, "forward find wide"),
    label("forward tried mask"),
  ];
}

/** Builds the key under the mask at r1, which has r5 of `most` words, and looks it up in a map. */
function tryIn(map: string, most: number, found: string): ProgramItem[] {
  return [
    ...Array.from({ length: (4 + 4 * most) / 8 }, (_, i) => double.storeImm(r10, FLOW_KEY + 8 * i, 0)),
    word.load(r3, r7, scratch.slot),
    shiftLeft.imm(r3, FLOW_TAG_SLOT),
    or.reg(r3, r8),
    word.store(r10, FLOW_KEY, r3),
    ...Array.from({ length: most }, (_, i) => [
      jumpEqual.imm(r5, i, found),
      word.load(r3, r1, maskEntry.offset(i)),
      and.imm(r3, 4 * (PROGRAM_KEY_WORDS - 1)),
      mov.reg(r4, r7),
      add.reg(r4, r3),
      word.load(r4, r4, scratch.key),
      word.load(r3, r1, maskEntry.bits(i)),
      and.reg(r4, r3),
      word.store(r10, FLOW_KEY + 4 + 4 * i, r4),
    ]).flat(),
    label(found),
    ...lookupElement(map, FLOW_KEY),
  ];
}
