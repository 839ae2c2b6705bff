import { add, mov } from "../alu.js";
import { jump, jumpEqual, jumpGreater } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { r0, r1, r8, r9 } from "../registers.js";
import { MAX_OPERATIONS, Operation, operationHead } from "./layout.js";
import { setAddresses } from "./operations/addresses.js";
import { downOutput } from "./operations/down-output.js";
import { guestOutput } from "./operations/guest-output.js";
import type { OperationCode, OperationSettings } from "./operations/operation-code.js";
import { lastOutput, output } from "./operations/output.js";
import { recirculate } from "./operations/recirculate.js";
import { setKey } from "./operations/set-key.js";
import { setWord } from "./operations/set-word.js";
import { track } from "./operations/track.js";
import { tunnelPop, tunnelPush } from "./operations/tunnels.js";
import { popVlan, pushVlan } from "./operations/vlan.js";
import { goThrough } from "./tail-call.js";

/** What the loop does, the usual first; what is not here is done by the part `others`. */
const operations: readonly OperationCode[] = [
  guestOutput,
  lastOutput,
  output,
  downOutput,
  pushVlan,
  popVlan,
  setAddresses,
  setWord,
  track,
  recirculate,
  setKey,
  tunnelPush,
  tunnelPop,
];

const nameOf = ({ code }: OperationCode): string => `forward operation ${code}`;

/**
 * Does what the operations behind r8 say. "forward next" goes on with the next one, "forward changed" too where r0 is 0, the packet being lost else; "forward this" does the one at r8,
 * which r9 does not count yet.
 */
export function executeLoop(settings: OperationSettings): ProgramItem[] {
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
    jumpEqual.imm(r1, Operation.end, "forward end"),
    ...goThrough("others"),
    ...operations.flatMap((operation) => [label(nameOf(operation)), ...operation.items(settings)]),
    label("forward changed"),
    jumpEqual.imm(r0, 0, "forward next"),
    jump("forward lost"),
  ];
}
