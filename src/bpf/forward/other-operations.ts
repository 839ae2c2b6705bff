import { jump, jumpEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { r1, r8 } from "../registers.js";
import { checkLength, countSome, goTo, sample, sampleUp } from "./operations/branch.js";
import { cut, mayCut } from "./operations/cut.js";
import { fanOut, lastFanOut } from "./operations/fan-out.js";
import { hash } from "./operations/hash.js";
import { meter } from "./operations/meter.js";
import type { OperationCode, OperationSettings } from "./operations/operation-code.js";
import { clearTracking } from "./operations/set-key.js";
import { enterAs, goOnward } from "./tail-call.js";

const operations: readonly OperationCode[] = [
  lastFanOut,
  fanOut,
  checkLength,
  goTo,
  sample,
  sampleUp,
  countSome,
  clearTracking,
  hash,
  meter,
  cut,
  mayCut,
];

const nameOf = ({ code }: OperationCode): string => `forward operation ${code}`;

/** The part `others`: operations that few packets need, each of which the verifier so looks at once. To it "forward next" and "forward leave" are ways back to the port's program. */
export function otherOperations(settings: OperationSettings): ProgramItem[] {
  return [
    word.load(r1, r8, 0),
    ...operations.map((operation) => jumpEqual.imm(r1, operation.code, nameOf(operation))),
    jump("forward lost"),
    ...operations.flatMap((operation) => [label(nameOf(operation)), ...operation.items(settings)]),
    label("forward next"),
    ...goOnward(),
    label("forward leave"),
    ...enterAs("up"),
  ];
}
