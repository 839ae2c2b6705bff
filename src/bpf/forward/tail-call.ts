import { add, mov, sub } from "../alu.js";
import { callHelper, jump } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { loadMap, word } from "../memory.js";
import { r1, r2, r3, r6, r7 } from "../registers.js";
import { FORWARD_SLOTS, ForwardEntry, ForwardPart, forwardMaps, scratch } from "./layout.js";
import { noteOperation } from "./memory.js";

/** Goes on with the program at r3 of the map of programs; where there is none, with what follows. */
function tailCall(): ProgramItem[] {
  return [
    word.load(r1, r7, scratch.calls),
    add.imm(r1, 1),
    word.store(r7, scratch.calls, r1),
    mov.reg(r1, r6),
    loadMap(r2, forwardMaps.programs),
    callHelper(helper.tailCall),
  ];
}

/** Where there is no such program the packet is lost. */
const lose = (): ProgramItem[] => [word.storeImm(r7, scratch.resume, ForwardEntry.begin), jump("forward lost")];

/** Has a packet that has come in looked up; where that program is not there, it goes on with what follows. */
export function goForward(): ProgramItem[] {
  return [mov.imm(r3, FORWARD_SLOTS + ForwardPart.forward), ...tailCall()];
}

/** Has the operation r8 be done by a part, which goes on with what follows it. */
export function goThrough(part: keyof typeof ForwardPart): ProgramItem[] {
  return [...noteOperation(), mov.imm(r3, FORWARD_SLOTS + ForwardPart[part]), ...tailCall(), ...lose()];
}

/** Enters the forwarding program, or, to go up, that of the port by which the packet was received: r6 is the packet, r7 the scratch memory. */
export function enterAs(entry: Exclude<keyof typeof ForwardEntry, "begin">): ProgramItem[] {
  const resume = word.storeImm(r7, scratch.resume, ForwardEntry[entry]);
  if (entry !== "up") return [resume, ...goForward(), ...lose()];
  return [resume, word.load(r3, r7, scratch.origin), ...tailCall(), ...lose()];
}

/** Goes on with what follows the operation that a part has done; `counted` where the packet is to be counted first. */
export function goOnward(entry: "onward" | "counted" = "onward"): ProgramItem[] {
  return [
    word.load(r1, r7, scratch.operation),
    add.imm(r1, 1),
    word.store(r7, scratch.operation, r1),
    word.load(r1, r7, scratch.left),
    sub.imm(r1, 1),
    word.store(r7, scratch.left, r1),
    ...enterAs(entry),
  ];
}
