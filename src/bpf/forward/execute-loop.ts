import { add, mov } from "../alu.js";
import { jump, jumpEqual, jumpGreater } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { r0, r1, r8, r9 } from "../registers.js";
import { MAX_OPERATIONS, operationHead } from "./layout.js";
import { setAddresses } from "./operations/addresses.js";
import type { OperationCode } from "./operations/operation-code.js";
import { lastOutput, output } from "./operations/output.js";
import { setWord } from "./operations/set-word.js";
import { popVlan, pushVlan } from "./operations/vlan.js";
import type { KeyWords } from "./parse.js";

/** What the loop does, the usual first. */
const operations: readonly OperationCode[] = [lastOutput, output, pushVlan, popVlan, setAddresses, setWord];

const nameOf = ({ code }: OperationCode): string => `forward operation ${code}`;

/**
 * Does what the operations behind r8 say. "forward next" goes on with the next one, "forward changed" too where r0 is 0, and else to the end; "forward this" does the one at r8,
 * which r9 does not count yet.
 */
export function executeLoop(words: KeyWords): ProgramItem[] {
  return [
    label("forward execute"),
    mov.imm(r9, 0),
    label("forward next"),
    add.imm(r8, operationHead.size),
    label("forward this"),
    add.imm(r9, 1),
    jumpGreater.imm(r9, MAX_OPERATIONS, "forward end"),
    word.load(r1, r8, 0),
    ...operations.map((operation) => jumpEqual.imm(r1, operation.code, nameOf(operation))),
    jump("forward end"),
    ...operations.flatMap((operation) => [label(nameOf(operation)), ...operation.items(words)]),
    label("forward changed"),
    jumpEqual.imm(r0, 0, "forward next"),
    jump("forward end"),
  ];
}
