import { add, and, mov, mul, or } from "../alu.js";
import { callHelper, jump, jumpEqual, jumpGreater, jumpGreaterOrEqual, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, loadMapValue, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../registers.js";
import {
  CACHE_ENTRIES,
  flowTag,
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
import { INDEX, STACK_FREE } from "./stack.js";

const HINT = STACK_FREE - 8;
const FLOW_KEY = HINT - WIDE_FLOW_KEY_SIZE;

/**
 * Finds the flow; r0 becomes its value. `scratch.tried` says how many masks of the port's list were tried, the cache's one aside, which comes first. Where there is none it goes to
 * "forward leave".
 */
export function lookup(slot: number, words: KeyWords): ProgramItem[] {
  return [
    label("forward lookup"),
    mov.reg(r1, r6),
    callHelper(helper.getHashRecalc),
    add.imm(r0, slot),
    // Where a packet comes back it finds other flows.
    word.load(r1, r7, scratch.key + 4 * words.recircId),
    mul.imm(r1, RECIRCULATION_FACTOR),
    add.reg(r0, r1),
    and.imm(r0, CACHE_ENTRIES - 1),
    word.store(r10, INDEX, r0),
    ...lookupElement(forwardMaps.cache, INDEX),
    jumpEqual.imm(r0, 0, "forward leave"),
    double.store(r10, HINT, r0),
    word.load(r8, r0, 0),
    loadMapValue(r1, forwardMaps.lists, slot * maskList.size),
    word.load(r1, r1, 0),
    jumpEqual.imm(r1, 0, "forward leave"),
    mov.imm(r9, 0),
    label("forward try"),
    ...tryMask(slot),
    jumpNotEqual.imm(r0, 0, "forward hit"),
    loadMapValue(r1, forwardMaps.lists, slot * maskList.size),
    word.load(r2, r1, 0),
    jumpGreaterOrEqual.reg(r9, r2, "forward leave"),
    jumpGreaterOrEqual.imm(r9, MAX_MASKS, "forward leave"),
    add.reg(r1, r9),
    byte.load(r8, r1, maskList.masks),
    add.imm(r9, 1),
    jump("forward try"),
    label("forward hit"),
    double.load(r1, r10, HINT),
    word.store(r1, 0, r8),
    word.store(r7, scratch.tried, r9),
  ];
}

/** Odd, and large enough that ids in a row lie far apart in the cache. */
const RECIRCULATION_FACTOR = 0x9e37;

/** Looks the packet up under the mask r8. */
function tryMask(slot: number): ProgramItem[] {
  return [
    and.imm(r8, MAX_MASKS - 1),
    loadMapValue(r1, forwardMaps.masks),
    mov.reg(r2, r8),
    mul.imm(r2, maskEntry.size),
    add.reg(r1, r2),
    word.load(r5, r1, 0),
    jumpGreater.imm(r5, MAX_MASK_WORDS, "forward wide"),
    ...tryIn(forwardMaps.flows, slot, MAX_MASK_WORDS, "forward find"),
    jump("forward tried mask"),
    label("forward wide"),
    ...tryIn(forwardMaps.wideFlows, slot, MAX_WIDE_MASK_WORDS, "forward find wide"),
    label("forward tried mask"),
  ];
}

/** Builds the key under the mask at r1, which has r5 of `most` words, and looks it up in a map. */
function tryIn(map: string, slot: number, most: number, found: string): ProgramItem[] {
  return [
    ...Array.from({ length: (4 + 4 * most) / 8 }, (_, i) => double.storeImm(r10, FLOW_KEY + 8 * i, 0)),
    mov.reg(r3, r8),
    or.imm(r3, flowTag(slot, 0)),
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
