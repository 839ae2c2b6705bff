import { add, and, mov, or } from "../../alu.js";
import { jump, jumpEqual } from "../../control.js";
import { label } from "../../instruction.js";
import { byte, word } from "../../memory.js";
import { r1, r2, r3, r6, r7, r8 } from "../../registers.js";
import { setKey as at, Operation, PROGRAM_KEY_WORDS, scratch, WrittenBeside } from "../layout.js";
import { skb } from "../skb.js";
import type { OperationCode } from "./operation-code.js";

/** Changes bits of a key's word; and the packet's own mark or priority where the word is theirs. */
export const setKey: OperationCode = {
  code: Operation.setKey,
  items: () => [
    byte.load(r1, r8, at.word),
    and.imm(r1, PROGRAM_KEY_WORDS - 1),
    add.reg(r1, r1),
    add.reg(r1, r1),
    mov.reg(r2, r7),
    add.reg(r2, r1),
    word.load(r1, r2, scratch.key),
    word.load(r3, r8, at.keep),
    and.reg(r1, r3),
    word.load(r3, r8, at.value),
    or.reg(r1, r3),
    word.store(r2, scratch.key, r1),
    byte.load(r2, r8, at.beside),
    jumpEqual.imm(r2, WrittenBeside.mark, "forward key mark"),
    jumpEqual.imm(r2, WrittenBeside.priority, "forward key priority"),
    word.storeImm(r7, scratch.dirty, 1),
    jump("forward next"),
    label("forward key mark"),
    word.store(r6, skb.mark, r1),
    jump("forward next"),
    label("forward key priority"),
    word.store(r6, skb.priority, r1),
    jump("forward next"),
  ],
};

/** Words of a key that connection tracking writes, from its state on. */
const TRACKED_WORDS = 18;

/** Takes out of the key what connection tracking knows. */
export const clearTracking: OperationCode = {
  code: Operation.clearTracking,
  items: ({ words: { ctState } }) => [
    ...Array.from({ length: TRACKED_WORDS }, (_, i) => word.storeImm(r7, scratch.key + 4 * (ctState + i), 0)),
    jump("forward next"),
  ],
};
