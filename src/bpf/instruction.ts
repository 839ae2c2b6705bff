import { AssemblyError } from "./assembly-error.js";
import type { Register } from "./registers.js";
import { type EmitTrace, emitTrace } from "./source-place.js";

/** What an instruction refers to by name; `assemble` puts the number in. */
export type Reference =
  /** A place in the program: its distance goes to the 16-bit offset. */
  | { readonly kind: "label"; readonly name: string }
  /** A place in the program: its distance goes to the 32-bit immediate (`gotol`, calls and addresses of functions). */
  | { readonly kind: "far-label"; readonly name: string }
  /** A map's descriptor. */
  | { readonly kind: "map"; readonly name: string }
  /** The address of `offset` bytes into an array map's values. */
  | { readonly kind: "map-value"; readonly name: string; readonly offset: number }
  /** A kernel function's BTF id. */
  | { readonly kind: "kfunc"; readonly name: string }
  /** A kernel variable's BTF id. */
  | { readonly kind: "ksym"; readonly name: string };

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
  /** Who emitted it, where `withSources` was asked to remember. */
  readonly trace?: EmitTrace;
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

/**
 * What a builder gives back. Builders call it themselves, not through another function, so that the frame below theirs is the author's.
 * Throws `AssemblyError` for an offset beyond 16 bits.
 */
export function emit(ins: Instruction): Instruction {
  if (ins.offset !== (ins.offset << 16) >> 16) throw new AssemblyError(`offset ${ins.offset} does not fit 16 bits`);
  const trace = emitTrace(emit);
  return trace ? { ...ins, trace } : ins;
}

/** An immediate that will be sign-extended to 64 bits. Throws `AssemblyError` where that would make another number of it. */
export function signedImmediate(value: number): number {
  if (value !== (value | 0)) {
    throw new AssemblyError(`immediate ${value} does not fit 32 bits with a sign: load it with loadImm64`);
  }
  return value;
}

/** An immediate of an operation on 32 bits, with or without a sign. Throws `AssemblyError`. */
export function anyImmediate(value: number): number {
  if (value !== (value | 0) && value !== value >>> 0)
    throw new AssemblyError(`immediate ${value} does not fit 32 bits`);
  return value | 0;
}
