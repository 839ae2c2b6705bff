import { add, and, mov } from "../alu.js";
import { jump, jumpAnySet, jumpEqual, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, word } from "../memory.js";
import { r1, r2, r6, r7, r10 } from "../registers.js";
import { countHere } from "./add-to.js";
import { CHOSEN, ForwardEntry, processorRow, scratch } from "./layout.js";
import { findMemory, findOperation } from "./memory.js";
import type { KeyWords } from "./parse.js";
import { skb } from "./skb.js";
import { ROW } from "./stack.js";
import { goForward } from "./tail-call.js";

/** What an entry needs to know. */
export interface EntrySettings {
  /** The slot of the port whose frames the program gets. */
  readonly slot: number;
  /** Processors of this host. */
  readonly processors: number;
  readonly words: KeyWords;
  /** Where it goes on with a packet that is for the ring, r6 holding it and r7 the scratch memory, or 0 where there is none. */
  readonly other: string;
}

/** Makes this processor's `running` odd, or even. The exchange is a full barrier: who takes something out of a map afterwards and sees an even number knows that nobody has it. r1 becomes the row. */
export function markRunning(): ProgramItem[] {
  return [
    double.load(r1, r10, ROW),
    word.load(r2, r1, processorRow.running),
    add.imm(r2, 1),
    word.exchange(r1, processorRow.running, r2),
  ];
}

/**
 * A port's program: a packet that comes in is looked up by the forwarding program, which all ports share; one that is for the ring goes on at `other`, r6 being it and r7 the scratch memory, or 0 where
 * there is none.
 */
export function portProgram({ slot, processors, words, other }: EntrySettings): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  return [
    ...findMemory(processors, "forward nowhere"),
    word.load(r1, r7, scratch.resume),
    word.storeImm(r7, scratch.resume, ForwardEntry.begin),
    jumpNotEqual.imm(r1, ForwardEntry.begin, "forward leave"),
    // Where a copy that the program sends comes in by a port before it goes on (traffic control can redirect so), the memory is another packet's.
    double.load(r1, r10, ROW),
    word.load(r2, r1, processorRow.running),
    jumpAnySet.imm(r2, 1, "forward nowhere"),
    ...markRunning(),
    word.storeImm(r7, scratch.slot, slot),
    word.storeImm(r7, scratch.origin, slot),
    word.storeImm(r7, scratch.recirculations, 0),
    word.storeImm(r7, scratch.calls, 0),
    word.load(r1, r7, scratch.dirty),
    jumpEqual.imm(r1, 0, "forward clean"),
    word.storeImm(r7, scratch.dirty, 0),
    ...Array.from({ length: words.eth / 2 }, (_, i) => double.storeImm(r7, scratch.key + 8 * i, 0)),
    label("forward clean"),
    word.load(r1, r6, skb.priority),
    word.store(r7, at(words.skbPriority), r1),
    word.load(r1, r6, skb.mark),
    word.store(r7, at(words.pktMark), r1),
    ...goForward(),
    label("forward leave"),
    word.load(r1, r7, scratch.recirculations),
    and.imm(r1, CHOSEN - 1),
    jumpEqual.imm(r1, 0, "forward left"),
    ...countHere(processorRow.returned),
    label("forward left"),
    ...markRunning(),
    jump(other),
    label("forward nowhere"),
    mov.imm(r7, 0),
    jump(other),
  ];
}

/** The beginning of the forwarding program: goes on as `scratch.resume` says. */
export function enter(processors: number): ProgramItem[] {
  return [
    ...findMemory(processors, "forward nowhere"),
    word.load(r1, r7, scratch.resume),
    word.storeImm(r7, scratch.resume, ForwardEntry.begin),
    jumpEqual.imm(r1, ForwardEntry.counted, "forward counted"),
    jumpNotEqual.imm(r1, ForwardEntry.onward, "forward parse"),
    label("forward onward"),
    ...findOperation("forward lost"),
    jump("forward this"),
    label("forward parse"),
  ];
}
