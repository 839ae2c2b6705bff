import { formatInstruction } from "./disassemble.js";
import type { ProgramItem } from "./instruction.js";
import { place } from "./place.js";
import { formatSourcePlace, type SourcePlace, sourcePlaces } from "./source-place.js";

/** What the verifier has against a program. */
export interface VerifierComplaint {
  /** In the verifier's words, on one line. */
  readonly reason: string;
  /** The slot that it is about; undefined where the log does not say. */
  readonly slot: number | undefined;
  /** The instruction there, in its own notation. */
  readonly instruction: string | undefined;
  /** The nearest label before it. */
  readonly label: string | undefined;
  /** Where it was emitted, the innermost place first; none where the program was not built by `withSources`. */
  readonly places: readonly SourcePlace[];
}

/** `12: (61) r1 = …`: an instruction as it was looked at. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) /;
/** States, marks and sums: what the verifier says that is no reason. */
const BESIDE =
  /^$|^\d+: R\d|^from \d+ to \d+|^\s*R\d+[_=]|^mark_precise|^processed \d+ insns|^verification time|^stack depth|^func#\d+ @|^;|^BPF (program|verifier)|^Live regs|^\s*\d+: [.\d]{10} /;

function reasonOf(lines: readonly string[]): string {
  return lines
    .filter((line) => !BESIDE.test(line) && !INSTRUCTION.test(line))
    .map((line) => line.trim())
    .join("; ");
}

/** The slot in `jump out of range from insn 3 to 9`, `unreachable insn 7`, `back-edge from insn 5 to 2`. */
function namedSlot(reason: string): number | undefined {
  const found = /\binsn (\d+)/.exec(reason);
  return found ? Number(found[1]) : undefined;
}

function labelBefore(items: readonly ProgramItem[], slot: number): string | undefined {
  let label: string | undefined;
  let at = 0;
  for (const item of items) {
    if ("label" in item) {
      label = item.label;
      continue;
    }
    at += item.high === undefined ? 1 : 2;
    if (at > slot) break;
  }
  return label;
}

/** Reads a verifier's log (level 1 or 2) of the program that `items` make: the last instruction it looked at, and what it said then. */
export function readVerifierLog(log: string, items: readonly ProgramItem[]): VerifierComplaint {
  const lines = log.split("\n");
  const last = lines.findLastIndex((line) => INSTRUCTION.test(line));
  const reason = reasonOf(lines.slice(last + 1)) || reasonOf(lines) || "no reason given";
  const slot = namedSlot(reason) ?? (last < 0 ? undefined : Number(INSTRUCTION.exec(lines[last]!)![1]));
  const ins = slot === undefined ? undefined : place(items)[slot];
  return {
    reason,
    slot,
    instruction: ins && formatInstruction(ins),
    label: ins && labelBefore(items, slot!),
    places: ins ? sourcePlaces(ins) : [],
  };
}

/** The complaint as a sentence for people. */
export function formatComplaint({ reason, slot, instruction, label, places }: VerifierComplaint): string {
  if (slot === undefined) return `the verifier refuses it: ${reason}`;
  const what = instruction === undefined ? "" : `, ${instruction}`;
  const behind = label === undefined ? "" : ` (behind label ${label})`;
  const where = places.length === 0 ? "" : `, emitted at ${places.map(formatSourcePlace).join(", called from ")}`;
  return `the verifier refuses instruction ${slot}${what}${behind}: ${reason}${where}`;
}
