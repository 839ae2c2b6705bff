import { AssemblyError } from "./assembly-error.js";
import type { Instruction, ProgramItem } from "./instruction.js";

/** A program by its 8-byte slots; the second slot of a wide instruction is undefined. */
export type Slots = readonly (Instruction | undefined)[];

function findLabels(items: readonly ProgramItem[]): Map<string, number> {
  const labels = new Map<string, number>();
  let at = 0;
  for (const item of items) {
    if ("label" in item) {
      if (labels.has(item.label)) throw new AssemblyError(`label ${item.label} is set twice`);
      labels.set(item.label, at);
    } else {
      at += item.high === undefined ? 1 : 2;
    }
  }
  return labels;
}

const REACH = 32767;
const CALL = 0x85;
const MAY_GOTO = 0xe5;

function tooFar(ins: Instruction, name: string, distance: number): AssemblyError {
  const advice =
    ins.opcode === 0x05
      ? "use jumpFar"
      : ins.opcode === MAY_GOTO
        ? "let it go to a jumpFar near by"
        : "turn the comparison around to skip a jumpFar, or jump to a jumpFar near by";
  return new AssemblyError(
    `label ${name} is too far: ${Math.abs(distance)} slots ${distance < 0 ? "back" : "on"}, and 16 bits reach ${REACH}: ${advice}`,
  );
}

/** The instruction with the distance to its label filled in; `at` is its slot. Distances count from the slot after it. */
function aim(ins: Instruction, at: number, labels: ReadonlyMap<string, number>): Instruction {
  const { reference } = ins;
  if (reference?.kind !== "label" && reference?.kind !== "far-label") return ins;
  const target = labels.get(reference.name);
  if (target === undefined) {
    throw new AssemblyError(`${ins.opcode === CALL ? "function" : "label"} ${reference.name} is not set`);
  }
  const distance = target - at - 1;
  if (reference.kind === "far-label") return { ...ins, imm: distance };
  if (distance < -REACH - 1 || distance > REACH) throw tooFar(ins, reference.name, distance);
  return { ...ins, offset: distance };
}

/** Gives each instruction its slot and each jump its distance. Throws `AssemblyError`. */
export function place(items: readonly ProgramItem[]): Slots {
  const labels = findLabels(items);
  const slots: (Instruction | undefined)[] = [];
  for (const item of items) {
    if ("label" in item) continue;
    slots.push(aim(item, slots.length, labels));
    if (item.high !== undefined) slots.push(undefined);
  }
  return slots;
}
