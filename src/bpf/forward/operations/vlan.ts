import { add, mov, sub } from "../../alu.js";
import { callHelper, jump, jumpNotEqual } from "../../control.js";
import { helper } from "../../helpers.js";
import type { ProgramItem } from "../../instruction.js";
import { double, half, word } from "../../memory.js";
import { r0, r1, r2, r3, r6, r7, r8, r10 } from "../../registers.js";
import { Operation, scratch } from "../layout.js";
import { skb } from "../skb.js";
import { STACK_FREE } from "../stack.js";
import type { OperationCode } from "./operation-code.js";

const BEFORE = STACK_FREE - 8;

const noteLength: readonly ProgramItem[] = [word.load(r1, r6, skb.length), double.store(r10, BEFORE, r1)];

/** A tag that was, or now is, within the frame and not beside it moves the headers. */
const moveHeaders: readonly ProgramItem[] = [
  jumpNotEqual.imm(r0, 0, "forward lost"),
  word.load(r1, r6, skb.length),
  double.load(r2, r10, BEFORE),
  sub.reg(r1, r2),
  ...[scratch.network, scratch.transport].flatMap((place) => [
    word.load(r2, r7, place),
    add.reg(r2, r1),
    word.store(r7, place, r2),
  ]),
  jump("forward next"),
];

export const pushVlan: OperationCode = {
  code: Operation.pushVlan,
  items: () => [
    ...noteLength,
    mov.reg(r1, r6),
    half.load(r2, r8, 4),
    half.load(r3, r8, 6),
    callHelper(helper.skbVlanPush),
    ...moveHeaders,
  ],
};

export const popVlan: OperationCode = {
  code: Operation.popVlan,
  items: () => [...noteLength, mov.reg(r1, r6), callHelper(helper.skbVlanPop), ...moveHeaders],
};
