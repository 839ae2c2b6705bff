import type { Instruction, ProgramItem, Reference } from "./instruction.js";

/** Numbers for the names a program uses: map descriptors, BTF ids of kernel functions. */
export interface Symbols {
  readonly maps?: Readonly<Record<string, number>>;
  readonly kernelFunctions?: Readonly<Record<string, number>>;
}

/** A program that cannot be assembled: an unknown name, a label set twice, a jump beyond 16 bits. */
class AssemblyError extends Error {
  override name = "AssemblyError";
}

/** The number of 8-byte slots an item takes. */
function slots(item: ProgramItem): number {
  return "label" in item ? 0 : item.high === undefined ? 1 : 2;
}

function placeLabels(items: readonly ProgramItem[]): Map<string, number> {
  const labels = new Map<string, number>();
  let at = 0;
  for (const item of items) {
    if ("label" in item) {
      if (labels.has(item.label)) throw new AssemblyError(`label ${item.label} is set twice`);
      labels.set(item.label, at);
    }
    at += slots(item);
  }
  return labels;
}

function symbol(table: Readonly<Record<string, number>> | undefined, reference: Reference): number {
  const value = table?.[reference.name];
  if (value === undefined) throw new AssemblyError(`${reference.kind} ${reference.name} is not known`);
  return value;
}

/** Fills in what an instruction refers to; `at` is its slot. */
function resolve(ins: Instruction, at: number, labels: ReadonlyMap<string, number>, symbols: Symbols): Instruction {
  const reference = ins.reference;
  if (!reference) return ins;
  if (reference.kind === "kfunc") return { ...ins, imm: symbol(symbols.kernelFunctions, reference) };
  if (reference.kind !== "label") return { ...ins, imm: symbol(symbols.maps, reference) };
  const target = labels.get(reference.name);
  if (target === undefined) throw new AssemblyError(`label ${reference.name} is not set`);
  const distance = target - at - 1;
  if (distance < -32768 || distance > 32767) throw new AssemblyError(`label ${reference.name} is too far`);
  return { ...ins, offset: distance };
}

/**
 * A program's bytes as bpf(2) takes them, 8 for each slot: opcode, dst and src nibbles, offset, immediate, little-endian.
 * Throws `AssemblyError`.
 */
export function assemble(items: readonly ProgramItem[], symbols: Symbols = {}): Uint8Array {
  const labels = placeLabels(items);
  const count = items.reduce((sum, item) => sum + slots(item), 0);
  const bytes = new Uint8Array(count * 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const item of items) {
    if ("label" in item) continue;
    const ins = resolve(item, at, labels, symbols);
    bytes[at * 8] = ins.opcode;
    bytes[at * 8 + 1] = (ins.src << 4) | ins.dst;
    view.setInt16(at * 8 + 2, ins.offset, true);
    view.setInt32(at * 8 + 4, ins.imm, true);
    if (ins.high !== undefined) view.setInt32(at * 8 + 12, ins.high, true);
    at += slots(item);
  }
  return bytes;
}
