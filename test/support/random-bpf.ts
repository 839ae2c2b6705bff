import * as alu from "#bpf/alu.js";
import * as control from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import { type Instruction, label, type ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { byte, double, half, loadImm64, loadMap, word } from "#bpf/memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "#bpf/registers.js";

/** Bytes of a packet that random programs read and write. */
export const RANDOM_PACKET = 192;
/** Where they leave their registers and the end of their stack in it. */
const RESULTS = 128;
const STACK = 64;

/** The map that random programs use: with 8-byte keys and values, full after four. */
export const randomMap: MapSpec = { name: "table", type: mapType.hash, keySize: 8, valueSize: 8, entries: 4 };

const scalars: readonly Register[] = [r0, r1, r2, r3, r4, r5];

const operations64 = [
  alu.add,
  alu.sub,
  alu.mul,
  alu.or,
  alu.and,
  alu.xor,
  alu.mov,
  alu.div,
  alu.mod,
  alu.signedDiv,
  alu.signedMod,
] as const;
const operations32 = [
  alu.add32,
  alu.sub32,
  alu.mul32,
  alu.or32,
  alu.and32,
  alu.xor32,
  alu.mov32,
  alu.div32,
  alu.mod32,
  alu.signedDiv32,
  alu.signedMod32,
] as const;
const shifts64 = [alu.shiftLeft, alu.shiftRight, alu.shiftRightSigned] as const;
const shifts32 = [alu.shiftLeft32, alu.shiftRight32, alu.shiftRightSigned32] as const;
const comparisons = [
  control.jumpEqual,
  control.jumpNotEqual,
  control.jumpGreater,
  control.jumpGreaterOrEqual,
  control.jumpLess,
  control.jumpLessOrEqual,
  control.jumpAnySet,
  control.jumpSignedGreater,
  control.jumpSignedGreaterOrEqual,
  control.jumpSignedLess,
  control.jumpSignedLessOrEqual,
  control.jumpEqual32,
  control.jumpNotEqual32,
  control.jumpGreater32,
  control.jumpGreaterOrEqual32,
  control.jumpLess32,
  control.jumpLessOrEqual32,
  control.jumpAnySet32,
  control.jumpSignedGreater32,
  control.jumpSignedGreaterOrEqual32,
  control.jumpSignedLess32,
  control.jumpSignedLessOrEqual32,
] as const;
const widths = [
  [byte, 1],
  [half, 2],
  [word, 4],
  [double, 8],
] as const;
const signedWidths = [byte, half, word] as const;

/** Writes programs that the verifier takes, out of every class of instruction: the same numbers give the same program. */
export class RandomProgram {
  #labels = 0;
  /** Conditions still allowed: each may double what the verifier has to look at. */
  #conditions = 8;

  readonly #below: (bound: number) => number;

  /** `below` gives numbers below a bound. */
  constructor(below: (bound: number) => number) {
    this.#below = below;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  /** Numbers near the edges of the widths, more often than others. */
  #imm(): number {
    const edges = [0, 1, -1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000];
    return this.#below(2) === 0 ? this.#pick(edges) : this.#below(0x100000000) | 0;
  }

  #scalar(): Register {
    return this.#pick(scalars);
  }

  #setAll(): ProgramItem[] {
    return scalars.map((register) =>
      this.#below(3) === 0
        ? alu.mov.imm(register, this.#imm())
        : loadImm64(register, (BigInt(this.#imm()) << 32n) | BigInt(this.#imm() >>> 0)),
    );
  }

  #arithmetic(): ProgramItem[] {
    const [dst, src] = [this.#scalar(), this.#scalar()];
    switch (this.#below(8)) {
      case 0:
        return [this.#pick(shifts64).imm(dst, this.#below(64))];
      case 1:
        return [this.#pick(shifts32).imm(dst, this.#below(32))];
      case 2:
        return [this.#pick([...shifts64, ...shifts32]).reg(dst, src)];
      case 3:
        return [this.#unary(dst, src)];
      case 4:
        return [this.#pick(operations64).imm(dst, this.#imm() || 3)];
      case 5:
        return [this.#pick(operations32).imm(dst, this.#imm() || 3)];
      case 6:
        return [this.#pick(operations64).reg(dst, src)];
      default:
        return [this.#pick(operations32).reg(dst, src)];
    }
  }

  #unary(dst: Register, src: Register): Instruction {
    switch (this.#below(7)) {
      case 0:
        return alu.negate(dst);
      case 1:
        return alu.negate32(dst);
      case 2:
        return alu.movSigned(dst, src, this.#pick([8, 16, 32] as const));
      case 3:
        return alu.movSigned32(dst, src, this.#pick([8, 16] as const));
      case 4:
        return alu.toBigEndian(dst, this.#pick([16, 32, 64] as const));
      case 5:
        return alu.toLittleEndian(dst, this.#pick([16, 32, 64] as const));
      default:
        return alu.swapBytes(dst, this.#pick([16, 32, 64] as const));
    }
  }

  /** A place of `size` bytes on the stack or in the packet. */
  #place(size: number): readonly [Register, number] {
    return this.#below(2) === 0
      ? [r10, -size * (1 + this.#below(STACK / size))]
      : [r7, this.#below(RESULTS - size + 1)];
  }

  #memory(): ProgramItem[] {
    const [width, size] = this.#pick(widths);
    const [base, offset] = this.#place(size);
    switch (this.#below(4)) {
      case 0:
        return [width.store(base, offset, this.#scalar())];
      case 1:
        return [width.storeImm(base, offset, this.#imm())];
      case 2:
        return size < 8
          ? [signedWidths[Math.log2(size)]!.loadSigned(this.#scalar(), base, offset)]
          : [width.load(this.#scalar(), base, offset)];
      default:
        return [width.load(this.#scalar(), base, offset)];
    }
  }

  #atomic(): ProgramItem[] {
    const isWord = this.#below(2) === 0;
    const width = isWord ? word : double;
    const operation = this.#pick([
      "atomicAdd",
      "atomicOr",
      "atomicAnd",
      "atomicXor",
      "fetchAdd",
      "fetchOr",
      "fetchAnd",
      "fetchXor",
      "exchange",
      "compareExchange",
    ] as const);
    const size = isWord ? 4 : 8;
    return [width[operation](r10, -size * (1 + this.#below(STACK / size)), this.#scalar())];
  }

  #branch(depth: number): ProgramItem[] {
    if (this.#conditions-- <= 0) return this.#arithmetic();
    const [other, end] = [`else ${++this.#labels}`, `end ${this.#labels}`];
    const comparison = this.#pick(comparisons);
    const condition =
      this.#below(2) === 0
        ? comparison.imm(this.#scalar(), this.#imm(), other)
        : comparison.reg(this.#scalar(), this.#scalar(), other);
    const leave = this.#below(2) === 0 ? control.jump(end) : control.jumpFar(end);
    return [condition, ...this.#block(3, depth), leave, label(other), ...this.#block(3, depth), label(end)];
  }

  #loop(depth: number): ProgramItem[] {
    const top = `top ${++this.#labels}`;
    const before = this.#conditions;
    this.#conditions = 0;
    const body = this.#block(3, depth);
    this.#conditions = before;
    return [
      alu.mov.imm(r9, 1 + this.#below(4)),
      label(top),
      ...body,
      alu.sub.imm(r9, 1),
      control.jumpNotEqual.imm(r9, 0, top),
    ];
  }

  /** Helpers lose r1 to r5, so they are set anew. */
  #table(): ProgramItem[] {
    const out = `done ${++this.#labels}`;
    const key = [
      loadMap(r1, randomMap.name),
      double.storeImm(r10, -80, this.#below(6)),
      alu.mov.reg(r2, r10),
      alu.add.imm(r2, -80),
    ];
    switch (this.#below(3)) {
      case 0:
        return [
          ...key,
          alu.mov.reg(r3, r10),
          alu.add.imm(r3, -8),
          alu.mov.imm(r4, this.#below(3)),
          control.callHelper(helper.mapUpdateElem),
          ...this.#setAll().slice(1),
        ];
      case 1:
        return [...key, control.callHelper(helper.mapDeleteElem), ...this.#setAll().slice(1)];
      default:
        return [
          ...key,
          control.callHelper(helper.mapLookupElem),
          ...this.#setAll().slice(1),
          control.jumpEqual.imm(r0, 0, out),
          double.fetchAdd(r0, 0, r1),
          double.load(r0, r0, 0),
          label(out),
        ];
    }
  }

  #call(): ProgramItem[] {
    return [control.callFunction(this.#pick(["first", "second"])), ...this.#setAll().slice(1)];
  }

  #block(length: number, depth: number): ProgramItem[] {
    const items: ProgramItem[] = [];
    for (let i = 0; i < length; i++) {
      const kind = this.#below(12);
      if (kind < 5) items.push(...this.#arithmetic());
      else if (kind < 8) items.push(...this.#memory());
      else if (kind < 9) items.push(...this.#atomic());
      else if (depth > 0 && kind === 9) items.push(...this.#branch(depth - 1));
      else if (depth > 1 && kind === 10) items.push(...this.#loop(0));
      else if (depth > 1 && kind === 11) items.push(...(this.#below(2) === 0 ? this.#table() : this.#call()));
      else items.push(...this.#arithmetic());
    }
    return items;
  }

  /** A function of five numbers. */
  #function(name: string): ProgramItem[] {
    const body = Array.from({ length: 6 }, () => this.#arithmetic()).flat();
    return [label(name), alu.mov.reg(r0, r1), ...body, control.exit()];
  }

  /** A whole program, which puts what it came to into the packet. */
  items(): ProgramItem[] {
    return [
      alu.mov.reg(r6, r1),
      word.load(r7, r6, 76),
      word.load(r8, r6, 80),
      alu.mov.reg(r2, r7),
      alu.add.imm(r2, RANDOM_PACKET),
      alu.mov.imm(r0, -1),
      control.jumpGreater.reg(r2, r8, "out"),
      ...Array.from({ length: STACK / 8 }, (_, i) => double.storeImm(r10, -8 * (i + 1), this.#imm())),
      ...this.#setAll(),
      // So that both functions are in use.
      control.callFunction("first"),
      ...this.#setAll().slice(1),
      control.callFunction("second"),
      ...this.#setAll().slice(1),
      ...this.#block(24, 2),
      ...scalars.map((register, i) => double.store(r7, RESULTS + 8 * i, register)),
      ...[1, 2].flatMap((i) => [double.load(r1, r10, -8 * i), double.store(r7, RESULTS + 40 + 8 * i, r1)]),
      label("out"),
      control.exit(),
      ...this.#function("first"),
      ...this.#function("second"),
    ];
  }
}
