import { add, and, mov, mul, or } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { callHelper, jump, jumpAnySet, jumpEqual, jumpGreater, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, loadMapValue, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r6, r7, r8, r9, r10 } from "../registers.js";
import { addTo, countHere } from "./add-to.js";
import {
  counterRow,
  DropKind,
  forwardMaps,
  HeadFlag,
  LAST_LIST,
  operationHead,
  processorRow,
  scratch,
} from "./layout.js";
import { leaveInner } from "./leave-inner.js";
import { leaveRedirected } from "./leave-redirected.js";
import type { KeyWords } from "./parse.js";
import { skb } from "./skb.js";
import { PROCESSOR, ROW, STACK_FREE } from "./stack.js";
import { checkLarge, checkPushed } from "./tunnel-large.js";

const LENGTH = STACK_FREE - 8;
const COUNTERS = LENGTH - 8;
/** What lies on the stack from here downwards, counting leaves alone. */
export const COUNT_FREE: number = COUNTERS;

/** r8 becomes the address of the head of the list at unit r8. */
function findHead(otherwise: string): ProgramItem[] {
  return [
    jumpGreater.imm(r8, LAST_LIST, otherwise),
    mul.imm(r8, operationHead.size),
    loadMapValue(r1, forwardMaps.operations),
    add.reg(r1, r8),
    mov.reg(r8, r1),
  ];
}

/** r3 becomes the length of the frame, with a tag that lies in the metadata. */
function frameLength(name: string): ProgramItem[] {
  return [
    word.load(r3, r6, skb.length),
    word.load(r2, r6, skb.vlanPresent),
    jumpEqual.imm(r2, 0, name),
    add.imm(r3, 4),
    label(name),
  ];
}

/** r0 becomes the time as of the last tick. It is asked for once in each: that takes longer than all the rest of counting. */
export function coarseTime(name: string): ProgramItem[] {
  return [
    callHelper(helper.jiffies64),
    mov.reg(r1, r0),
    double.load(r2, r7, scratch.tick),
    double.load(r0, r7, scratch.now),
    jumpEqual.reg(r1, r2, name),
    double.store(r7, scratch.tick, r1),
    callHelper(helper.ktimeGetCoarseNs),
    double.store(r7, scratch.now, r0),
    label(name),
  ];
}

/** Notes the flow whose value r0 is, whose operations' head r8 is from then on. Who may not send so long a frame leaves it to the ring. */
export function choose(words: KeyWords, kernelSkb: SkbPlaces): ProgramItem[] {
  return [
    word.load(r8, r0, 0),
    word.store(r7, scratch.list, r8),
    word.load(r1, r0, 4),
    word.store(r7, scratch.row, r1),
    ...findHead("forward leave"),
    word.load(r2, r6, skb.gsoSize),
    jumpNotEqual.imm(r2, 0, "forward large"),
    ...frameLength("forward measured"),
    word.load(r2, r8, operationHead.limit),
    jumpGreater.reg(r3, r2, "forward leave"),
    jump("forward fits"),
    label("forward large"),
    ...checkLarge(words, kernelSkb, "forward leave"),
    label("forward fits"),
    mov.imm(r9, 0),
    // Flags, and whether anything is put into a tunnel.
    word.load(r1, r8, operationHead.flags),
    jumpEqual.imm(r1, 0, "forward count"),
    ...checkPushed(words, "forward leave"),
    half.load(r1, r8, operationHead.flags),
    jumpEqual.imm(r1, 0, "forward count"),
    jumpEqual.imm(r1, HeadFlag.countsLater, "forward execute"),
    ...leaveRedirected(kernelSkb),
    jumpAnySet.imm(r1, HeadFlag.guarded, "forward guards"),
    jump("forward guarded"),
    label("forward guards"),
    ...leaveInner(kernelSkb, "forward guarded"),
    half.load(r1, r8, operationHead.flags),
    jumpAnySet.imm(r1, HeadFlag.countsLater, "forward execute"),
  ];
}

/**
 * Counts the packet on the flow that was chosen, whose operations' head is r8. For a packet that comes to "forward counted" r9 is 1 then, and it goes on with the operation that
 * the scratch memory names.
 */
export function count(processors: number, flows: number, words: KeyWords): ProgramItem[] {
  return [
    label("forward count"),
    word.load(r1, r7, scratch.row),
    jumpGreater.imm(r1, flows - 1, "forward lost"),
    double.load(r2, r10, PROCESSOR),
    jumpGreater.imm(r2, processors - 1, "forward lost"),
    mul.imm(r2, flows),
    add.reg(r2, r1),
    mul.imm(r2, counterRow.size),
    loadMapValue(r1, forwardMaps.counters),
    add.reg(r1, r2),
    double.store(r10, COUNTERS, r1),
    ...frameLength("forward length"),
    double.store(r10, LENGTH, r3),
    ...coarseTime("forward same tick"),
    double.load(r1, r10, COUNTERS),
    double.load(r3, r10, LENGTH),
    double.store(r1, counterRow.used, r0),
    ...addTo(r1, counterRow.packets, "one"),
    ...addTo(r1, counterRow.bytes, r3),
    word.load(r2, r7, scratch.key + 4 * words.l4),
    and.imm(r2, 0xfff),
    double.load(r4, r1, counterRow.tcpFlags),
    or.reg(r4, r2),
    double.store(r1, counterRow.tcpFlags, r4),
    double.load(r1, r10, ROW),
    ...addTo(r1, processorRow.packets, "one"),
    ...addTo(r1, processorRow.bytes, r3),
    word.load(r3, r7, scratch.tried),
    jumpNotEqual.imm(r3, 0, "forward tried"),
    mov.imm(r3, 1),
    label("forward tried"),
    ...addTo(r1, processorRow.masksTried, r3),
    word.load(r3, r8, operationHead.outputs),
    ...addTo(r1, processorRow.outputs, r3),
    word.load(r3, r8, operationHead.drop),
    jumpEqual.imm(r3, DropKind.none, "forward was counted"),
    jumpEqual.imm(r3, DropKind.pipeline, "forward pipeline drop"),
    ...addTo(r1, processorRow.otherDrops, "one"),
    jump("forward was counted"),
    label("forward pipeline drop"),
    ...addTo(r1, processorRow.pipelineDrops, "one"),
    label("forward was counted"),
    jumpEqual.imm(r9, 0, "forward execute"),
    jump("forward onward"),
    label("forward counted"),
    word.load(r8, r7, scratch.list),
    ...findHead("forward lost"),
    mov.imm(r9, 1),
    jump("forward count"),
  ];
}

/** Counts the packet as lost for a reason of the program's own. */
export function countLost(): ProgramItem[] {
  return countHere(processorRow.otherDrops);
}
