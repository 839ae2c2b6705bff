import type { SkbPlaces } from "../../capture-program.js";
import type { ProgramItem } from "../../instruction.js";
import type { KeyWords } from "../parse.js";

/** What the code of operations depends on. */
export interface OperationSettings {
  readonly words: KeyWords;
  readonly kernelSkb: SkbPlaces;
  /** Processors of this host. */
  readonly processors: number;
}

/** What is done for an operation of a code (`Operation`). */
export interface OperationCode {
  readonly code: number;
  /**
   * Has the packet in r6, the scratch memory in r7, the operation in r8, and in r9 how many are done with this one; all but these registers, and the stack from `STACK_FREE` downwards, are its own. It ends with a
   * jump to "forward next", "forward changed" (r0 is a helper's answer, the packet is lost where it is not 0), "forward end" or "forward lost" (drops the packet, uncounted and counted), "forward done" (r9 is the
   * program's verdict) or "forward leave" (nothing has been done yet and the list counts later: the packet goes into the ring), or by `goThrough` or `enterAs` (`tail-call.ts`).
   */
  readonly items: (settings: OperationSettings) => ProgramItem[];
}
