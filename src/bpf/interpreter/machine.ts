import { formatInstruction } from "../disassemble.js";
import { helperName } from "../helpers.js";
import type { Instruction, ProgramItem } from "../instruction.js";
import type { MapSpec } from "../map-spec.js";
import { place, type Slots } from "../place.js";
import { formatSourcePlace, type SourcePlace, sourcePlaces } from "../source-place.js";
import { AddressSpace, MemoryFault, type Region } from "./address-space.js";
import { compute, holds, update } from "./arithmetic.js";
import { ArrayMap } from "./array-map.js";
import type { Dynptr } from "./dynptr.js";
import { helperFunctions } from "./helper-functions.js";
import type { InterpretedMap } from "./interpreted-map.js";
import { makeMap } from "./make-map.js";
import type { Reservation } from "./ring-map.js";

/** A helper or kernel function: takes its arguments from the machine, gives r0. */
export type Callee = (machine: Machine) => bigint;

/** What a program is run on: a packet with what the kernel tells of it. */
export interface Context {
  /** Puts itself into memory; the result is r1. */
  enter(memory: AddressSpace): bigint;
  /** Takes itself out of memory again. */
  leave(memory: AddressSpace): void;
}

/** The world of interpreted programs. */
export interface MachineSettings {
  readonly maps?: readonly MapSpec[];
  /** Helpers by number, beside the usual ones or in their place. */
  readonly helpers?: Readonly<Record<number, Callee>>;
  /** Kernel functions by name; none by default, since some depend on the kernel (`kernelFunctions`). */
  readonly kernelFunctions?: Readonly<Record<string, Callee>>;
  /** Nanoseconds since boot; 0 by default. */
  readonly now?: () => bigint;
  /** 32 random bits; 0 by default. */
  readonly random?: () => number;
  /** Instructions that one run may take; a million by default. */
  readonly stepLimit?: number;
  /** How often `may_goto` goes on in one run; 8,388,608 times by default. */
  readonly mayGotoLimit?: number;
}

/** A program did what the verifier would not have let through, or took too long. */
export class ExecutionError extends Error {
  override name = "ExecutionError";
  /** The slot of the instruction, and the places in the source that emitted it, where it remembers. */
  readonly slot: number;
  readonly places: readonly SourcePlace[];

  constructor(reason: string, slot: number, ins: Instruction | undefined) {
    const places = ins ? sourcePlaces(ins) : [];
    const where = places.length === 0 ? "" : `, emitted at ${places.map(formatSourcePlace).join(", called from ")}`;
    super(`instruction ${slot}${ins ? `, ${formatInstruction(ins)}` : ""}: ${reason}${where}`);
    this.slot = slot;
    this.places = places;
  }
}

interface Frame {
  readonly program: Slots;
  readonly returnTo: number;
  readonly saved: readonly (bigint | undefined)[];
  readonly stack: Region;
}

const STACK_SIZE = 512;
const DEEPEST = 8;
const TAIL_CALLS = 33;
const LOOPS = 1 << 23;
const sizes: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 };
const PSEUDO_FUNCTION = 4;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;
const COMPARE_EXCHANGE = 0xf1;

/** A fault inside of an instruction; `run` tells which one it was. */
class Fault extends Error {}

/**
 * Runs programs without a kernel, to test them: registers, stacks, maps and packets in memory, every access checked as the verifier would insist.
 * Maps keep their contents from run to run.
 */
export class Machine {
  readonly memory: AddressSpace = new AddressSpace();
  readonly settings: MachineSettings;
  readonly #maps = new Map<string, InterpretedMap>();
  readonly #mapHandles = new Map<bigint, InterpretedMap>();
  readonly #handleOf = new Map<string, bigint>();
  readonly #functions: Region;
  #context: Context | undefined;
  #program: Slots = [];
  #at = 0;
  #registers: (bigint | undefined)[] = [];
  #frames: Frame[] = [];
  #stack: Region | undefined;
  #steps = 0;
  #mayGotos = 0;
  #tailCalls = 0;
  /** Places in rings that must be given back before the program ends. */
  readonly reservations: Set<Reservation> = new Set();
  /** What dynptrs on the stack stand for, by the number that is kept there. */
  readonly dynptrs: Map<bigint, Dynptr> = new Map();

  constructor(settings: MachineSettings = {}) {
    this.settings = settings;
    this.#functions = this.memory.add("code", new Uint8Array());
    for (const spec of settings.maps ?? []) {
      const map = makeMap(spec, this.memory);
      const handle = this.memory.add(`map ${spec.name}`, new Uint8Array()).base;
      this.#maps.set(spec.name, map);
      this.#mapHandles.set(handle, map);
      this.#handleOf.set(spec.name, handle);
    }
  }

  /** A map by its name, of the class that is expected. */
  map<T extends InterpretedMap>(name: string, kind: abstract new (...args: never[]) => T): T {
    const map = this.#maps.get(name);
    if (!(map instanceof kind)) throw new Fault(`there is no ${kind.name} ${name}`);
    return map;
  }

  /** What the program runs on. */
  context<T extends Context>(kind: abstract new (...args: never[]) => T): T {
    if (!(this.#context instanceof kind)) throw new Fault(`this wants a program that runs on ${kind.name}`);
    return this.#context;
  }

  /** Whether the program runs on such a context. */
  runsOn(kind: abstract new (...args: never[]) => Context): boolean {
    return this.#context instanceof kind;
  }

  /** Argument 1 to 5 of the function that is being called. */
  argument(number: number): bigint {
    return this.#read(number);
  }

  /** The same as a number, of its low 32 bits without a sign. */
  argument32(number: number): number {
    return Number(BigInt.asUintN(32, this.#read(number)));
  }

  /** An argument that is a map. */
  mapArgument<T extends InterpretedMap>(number: number, kind?: abstract new (...args: never[]) => T): T {
    const map = this.#mapHandles.get(this.#read(number));
    if (!map || (kind && !(map instanceof kind))) throw new Fault(`argument ${number} is no ${kind?.name ?? "map"}`);
    return map as T;
  }

  /** Ends with a fault of the instruction that runs. */
  fault(reason: string): never {
    throw new Fault(reason);
  }

  /**
   * Runs a program and returns r0. Throws `ExecutionError` for what the verifier would refuse, and after too many steps; `AssemblyError` where a
   * label is missing.
   */
  run(program: readonly ProgramItem[], context?: Context): bigint {
    this.#program = place(program);
    this.#at = 0;
    this.#steps = 0;
    this.#mayGotos = 0;
    this.#tailCalls = 0;
    this.#frames = [];
    this.#registers = new Array(11).fill(undefined);
    this.#context = context;
    this.reservations.clear();
    this.dynptrs.clear();
    this.#registers[1] = context?.enter(this.memory) ?? 0n;
    this.#openStack();
    try {
      this.#execute();
      if (this.reservations.size > 0) throw new Fault("ends without having given back what it reserved of a ring");
      return this.#read(0);
    } catch (error) {
      if (!(error instanceof Fault) && !(error instanceof MemoryFault)) throw error;
      throw new ExecutionError(error.message, this.#at, this.#program[this.#at]);
    } finally {
      context?.leave(this.memory);
      for (const frame of this.#frames) this.memory.remove(frame.stack, "belongs to a run that has ended");
      this.memory.remove(this.#stack!, "belongs to a run that has ended");
      this.#context = undefined;
    }
  }

  #openStack(): void {
    this.#stack = this.memory.add("the stack", new Uint8Array(STACK_SIZE));
    this.#registers[10] = this.#stack.base + BigInt(STACK_SIZE);
  }

  #read(register: number): bigint {
    const value = this.#registers[register];
    if (value === undefined) throw new Fault(`r${register} has no value`);
    return value;
  }

  #write(register: number, value: bigint): void {
    if (register > 9) throw new Fault(`r${register} is read-only`);
    this.#registers[register] = BigInt.asUintN(64, value);
  }

  /** Runs until the frame it began in returns. */
  #execute(): void {
    const depth = this.#frames.length;
    for (;;) {
      const ins = this.#program[this.#at];
      if (!ins) throw new Fault("is no instruction");
      if (++this.#steps > (this.settings.stepLimit ?? 1_000_000)) throw new Fault("the program takes too many steps");
      if (ins.opcode === 0x95) {
        if (this.#frames.length === depth) return;
        this.#return();
      } else {
        this.#at = this.#step(ins);
      }
    }
  }

  /** Carries an instruction out and returns the slot of the next one. */
  #step(ins: Instruction): number {
    switch (ins.opcode & 0x07) {
      case 0:
        this.#write(ins.dst, this.#wide(ins));
        return this.#at + 2;
      case 1:
        this.#load(ins);
        return this.#at + 1;
      case 2:
      case 3:
        this.#store(ins);
        return this.#at + 1;
      case 4:
      case 7:
        this.#alu(ins);
        return this.#at + 1;
      default:
        return this.#jump(ins);
    }
  }

  #wide(ins: Instruction): bigint {
    const { reference } = ins;
    if (reference?.kind === "map" || reference?.kind === "map-value") {
      const handle = this.#handleOf.get(reference.name);
      if (handle === undefined) throw new Fault(`map ${reference.name} is not known`);
      if (reference.kind === "map") return handle;
      return this.map(reference.name, ArrayMap).base + BigInt(reference.offset);
    }
    if (ins.src === PSEUDO_FUNCTION) return this.#functions.base + BigInt(this.#at + ins.imm + 1);
    if (ins.opcode !== 0x18 || ins.src !== 0) throw new Fault("is not interpreted");
    return (BigInt(ins.high! >>> 0) << 32n) | BigInt(ins.imm >>> 0);
  }

  #load(ins: Instruction): void {
    const size = sizes[ins.opcode & 0x18]!;
    const mode = ins.opcode & 0xe0;
    if (mode !== 0x60 && (mode !== 0x80 || size === 8)) throw new Fault("is no instruction");
    const value = this.memory.load(this.#read(ins.src) + BigInt(ins.offset), size);
    this.#write(ins.dst, mode === 0x80 ? BigInt.asIntN(8 * size, value) : value);
  }

  #store(ins: Instruction): void {
    const size = sizes[ins.opcode & 0x18]!;
    const mode = ins.opcode & 0xe0;
    const isRegister = (ins.opcode & 0x07) === 3;
    if (mode === 0x60) {
      const value = isRegister ? this.#read(ins.src) : BigInt(ins.imm);
      this.memory.store(this.#read(ins.dst) + BigInt(ins.offset), size, value);
    } else if (mode === 0xc0 && isRegister) {
      this.#atomic(ins, size);
    } else {
      throw new Fault("is no instruction");
    }
  }

  #atomic(ins: Instruction, size: number): void {
    const offset = BigInt(ins.offset);
    if (ins.imm === LOAD_ACQUIRE) this.#write(ins.dst, this.memory.load(this.#read(ins.src) + offset, size));
    else if (ins.imm === STORE_RELEASE) this.memory.store(this.#read(ins.dst) + offset, size, this.#read(ins.src));
    else if (size >= 4) this.#update(ins, size, this.#read(ins.dst) + offset);
    else throw new Fault("is no instruction");
  }

  #update(ins: Instruction, size: number, address: bigint): void {
    const old = this.memory.load(address, size);
    const operand = this.#read(ins.src);
    if (ins.imm === COMPARE_EXCHANGE) {
      if (old === BigInt.asUintN(8 * size, this.#read(0))) this.memory.store(address, size, operand);
      this.#write(0, old);
      return;
    }
    const value = update(ins.imm, old, operand);
    if (value === undefined) throw new Fault("is no instruction");
    this.memory.store(address, size, value);
    if ((ins.imm & 1) !== 0) this.#write(ins.src, old);
  }

  /** The right side: a register where the opcode says so, else the immediate with its sign. */
  #operand(ins: Instruction): bigint {
    return (ins.opcode & 0x08) === 0 ? BigInt(ins.imm) : this.#read(ins.src);
  }

  #alu(ins: Instruction): void {
    const code = ins.opcode & 0xf0;
    const isUnary = code === 0x80 || code === 0xd0;
    const left = code === 0xb0 ? 0n : this.#read(ins.dst);
    const value = compute(ins, left, isUnary ? 0n : this.#operand(ins));
    if (value === undefined) throw new Fault("is no instruction");
    this.#write(ins.dst, value);
  }

  #jump(ins: Instruction): number {
    const next = this.#at + 1;
    if (ins.opcode === 0x05) return next + ins.offset;
    if (ins.opcode === 0x06) return next + ins.imm;
    if (ins.opcode === 0x85) return this.#call(ins);
    if (ins.opcode === 0xe5) {
      return ++this.#mayGotos > (this.settings.mayGotoLimit ?? LOOPS) ? next + ins.offset : next;
    }
    const jumps = holds(ins.opcode, this.#read(ins.dst), this.#operand(ins));
    if (jumps === undefined) throw new Fault("is no instruction");
    return jumps ? next + ins.offset : next;
  }

  #call(ins: Instruction): number {
    if (ins.src === 1) return this.#enter(this.#at + 1 + ins.imm, this.#at + 1);
    const name = ins.reference?.kind === "kfunc" ? ins.reference.name : (helperName(ins.imm) ?? `helper ${ins.imm}`);
    const callee =
      ins.src === 2
        ? this.settings.kernelFunctions?.[name]
        : (this.settings.helpers?.[ins.imm] ?? helperFunctions[ins.imm]);
    if (!callee) throw new Fault(`${name} is not interpreted`);
    const tailCalls = this.#tailCalls;
    const result = callee(this);
    if (this.#tailCalls !== tailCalls) return 0;
    for (let register = 1; register <= 5; register++) this.#registers[register] = undefined;
    this.#write(0, result);
    return this.#at + 1;
  }

  #enter(target: number, returnTo: number): number {
    if (this.#frames.length + 1 >= DEEPEST) throw new Fault("calls functions too deeply");
    this.#frames.push({
      program: this.#program,
      returnTo,
      saved: this.#registers.slice(6, 11),
      stack: this.#stack!,
    });
    this.#openStack();
    this.#registers[0] = undefined;
    for (let register = 6; register <= 9; register++) this.#registers[register] = undefined;
    return target;
  }

  #return(): void {
    const frame = this.#frames.pop()!;
    const result = this.#read(0);
    this.memory.remove(this.#stack!, "belongs to a function that has returned");
    this.#stack = frame.stack;
    this.#program = frame.program;
    this.#at = frame.returnTo;
    for (let register = 1; register <= 5; register++) this.#registers[register] = undefined;
    for (const [i, value] of frame.saved.entries()) this.#registers[6 + i] = value;
    this.#registers[0] = result;
  }

  /** Goes on with another program instead of this one, as a tail call does. False after too many. */
  tailCall(program: Slots): boolean {
    if (this.#tailCalls === TAIL_CALLS) return false;
    this.#tailCalls++;
    const context = this.#read(1);
    this.#program = program;
    const frame = this.#registers[10];
    this.#registers = new Array(11).fill(undefined);
    this.#registers[1] = context;
    this.#registers[10] = frame;
    return true;
  }

  /** Calls a function of the program by the address that `loadFunction` gave, as helpers with callbacks do. */
  callBack(address: bigint, ...args: readonly bigint[]): bigint {
    const target = Number(address - this.#functions.base);
    if (address < this.#functions.base || !this.#program[target]) throw new Fault("calls back what is no function");
    const back = this.#at;
    const registers = this.#registers.slice(0, 6);
    this.#at = this.#enter(target, back);
    for (const [i, value] of args.entries()) this.#registers[1 + i] = value;
    this.#execute();
    const result = this.#read(0);
    this.#return();
    for (const [i, value] of registers.entries()) this.#registers[i] = value;
    return result;
  }
}
