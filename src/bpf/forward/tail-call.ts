import { add, mov, sub } from "../alu.js";
import { callHelper, jump } from "../control.js";
import { helper } from "../helpers.js";
import type { ProgramItem } from "../instruction.js";
import { loadMap, word } from "../memory.js";
import { r1, r2, r3, r6, r7 } from "../registers.js";
import { FORWARD_SLOTS, ForwardEntry, ForwardPart, forwardMaps, scratch } from "./layout.js";
import { noteOperation } from "./memory.js";

/** Goes on with the program at r3 of the map of programs; where there is none the packet is lost. */
function tailCall(): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    loadMap(r2, forwardMaps.programs),
    callHelper(helper.tailCall),
    word.storeImm(r7, scratch.resume, ForwardEntry.begin),
    jump("forward lost"),
  ];
}

/** Has the operation r8 be done by a part, which goes on with what follows it. */
export function goThrough(part: keyof typeof ForwardPart): ProgramItem[] {
  return [...noteOperation(), mov.imm(r3, FORWARD_SLOTS + ForwardPart[part]), ...tailCall()];
}

/** Enters the program of the port that the packet came in by: r6 is the packet, r7 the scratch memory. */
export function enterAs(entry: Exclude<keyof typeof ForwardEntry, "begin">): ProgramItem[] {
  return [word.storeImm(r7, scratch.resume, ForwardEntry[entry]), word.load(r3, r7, scratch.slot), ...tailCall()];
}

/** Enters the program of the port that the packet was received by, to go up. */
export function goUpFromTunnel(): ProgramItem[] {
  return [word.storeImm(r7, scratch.resume, ForwardEntry.up), word.load(r3, r7, scratch.origin), ...tailCall()];
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
