import { AssemblyError } from "./assembly-error.js";
import type { Instruction, ProgramItem, Reference } from "./instruction.js";
import { place } from "./place.js";

/** Numbers for the names a program uses: map descriptors, BTF ids of kernel functions and variables. */
export interface Symbols {
  readonly maps?: Readonly<Record<string, number>>;
  readonly kernelFunctions?: Readonly<Record<string, number>>;
  readonly kernelVariables?: Readonly<Record<string, number>>;
}

/** A place in a program's code whose number is known only where it is loaded. */
export interface Relocation {
  readonly slot: number;
  readonly kind: "map" | "map-value" | "kfunc" | "ksym";
  readonly name: string;
}

/** A program that only wants numbers for names. The same items give the same bytes. */
export interface ProgramImage {
  /** 8 bytes for each slot, with 0 where a relocation goes. */
  readonly code: Uint8Array;
  readonly relocations: readonly Relocation[];
}

function write(view: DataView, slot: number, ins: Instruction): void {
  const at = 8 * slot;
  view.setUint8(at, ins.opcode);
  view.setUint8(at + 1, (ins.src << 4) | ins.dst);
  view.setInt16(at + 2, ins.offset, true);
  view.setInt32(at + 4, ins.imm, true);
  if (ins.high !== undefined) view.setInt32(at + 12, ins.high, true);
}

function isSymbol(reference: Reference | undefined): reference is Reference & { readonly kind: Relocation["kind"] } {
  return reference !== undefined && reference.kind !== "label" && reference.kind !== "far-label";
}

/** Writes a program down but for the numbers that its names stand for. Throws `AssemblyError`. */
export function compile(items: readonly ProgramItem[]): ProgramImage {
  const slots = place(items);
  const code = new Uint8Array(8 * slots.length);
  const view = new DataView(code.buffer);
  const relocations: Relocation[] = [];
  for (const [slot, ins] of slots.entries()) {
    if (!ins) continue;
    write(view, slot, ins);
    const { reference } = ins;
    if (isSymbol(reference)) relocations.push({ slot, kind: reference.kind, name: reference.name });
  }
  return { code, relocations };
}

function numberOf({ kind, name }: Relocation, symbols: Symbols): number {
  const table = kind === "kfunc" ? symbols.kernelFunctions : kind === "ksym" ? symbols.kernelVariables : symbols.maps;
  const value = table?.[name];
  if (value === undefined) {
    const what = kind === "kfunc" || kind === "ksym" ? kind : "map";
    throw new AssemblyError(`${what} ${name} is not known`);
  }
  return value;
}

/** The program's bytes as bpf(2) takes them. Throws `AssemblyError` for a name without a number. */
export function link(image: ProgramImage, symbols: Symbols): Uint8Array {
  const code = image.code.slice();
  const view = new DataView(code.buffer);
  for (const relocation of image.relocations)
    view.setInt32(8 * relocation.slot + 4, numberOf(relocation, symbols), true);
  return code;
}

/**
 * A program's bytes as bpf(2) takes them, 8 for each slot: opcode, dst and src nibbles, offset, immediate, little-endian.
 * Throws `AssemblyError`.
 */
export function assemble(items: readonly ProgramItem[], symbols: Symbols = {}): Uint8Array {
  return link(compile(items), symbols);
}
