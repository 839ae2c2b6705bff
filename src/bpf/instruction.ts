import type { Register } from "./registers.js";

/** What an instruction refers to by name; `assemble` puts the number in. */
export type Reference =
  | { readonly kind: "label"; readonly name: string }
  /** A map's descriptor. */
  | { readonly kind: "map"; readonly name: string }
  /** The address of `offset` bytes into an array map's values. */
  | { readonly kind: "map-value"; readonly name: string; readonly offset: number }
  /** A kernel function's BTF id. */
  | { readonly kind: "kfunc"; readonly name: string };

/**
 * One eBPF instruction (RFC 9669): opcode, registers, signed 16-bit offset, signed 32-bit immediate. A wide one (64-bit
 * immediate load) has `high`, the immediate of its second half, and takes two slots.
 */
export interface Instruction {
  readonly opcode: number;
  readonly dst: Register;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
  readonly high?: number;
  readonly reference?: Reference;
}

/** Marks the place of the next instruction, as a target of jumps. */
export interface Label {
  readonly label: string;
}

/** What a program is written as, before `assemble`. */
export type ProgramItem = Instruction | Label;

/** A place in the program with a name, unique in it. */
export function label(name: string): Label {
  return { label: name };
}
