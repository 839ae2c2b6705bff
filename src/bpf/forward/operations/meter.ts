import { add, div, mov, mul, sub } from "../../alu.js";
import {
  callHelper,
  jump,
  jumpEqual,
  jumpGreater,
  jumpGreaterOrEqual,
  jumpLess,
  jumpLessOrEqual,
  jumpSignedGreater,
  jumpSignedGreaterOrEqual,
  jumpSignedLess,
} from "../../control.js";
import { helper } from "../../helpers.js";
import { label, type ProgramItem } from "../../instruction.js";
import { double, loadImm64, loadMapValue, word } from "../../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../../registers.js";
import {
  branch,
  FORWARD_METERS,
  forwardMaps,
  LAST_LIST,
  meterRow,
  meterTable,
  Operation,
  operationHead,
  processorRow,
  scratch,
} from "../layout.js";
import { leaveInner } from "../leave-inner.js";
import { skb } from "../skb.js";
import { ROW, STACK_FREE } from "../stack.js";
import { enterAs, goOnward } from "../tail-call.js";
import { noteTarget } from "./branch.js";
import { headersLength } from "./length.js";
import type { OperationCode } from "./operation-code.js";

/** On the stack; the first is `headersLength`'s. */
const PACKETS = STACK_FREE - 16;
const BYTES = PACKETS - 8;
const COST = BYTES - 8;
const NOW = COST - 8;
const METER = NOW - 8;
const OPERATION = METER - 8;
const WORST = OPERATION - 8;
const WORST_RATE = WORST - 8;
const TRIES = WORST_RATE - 8;

const MILLISECOND = 1_000_000;
/** How often it is tried to take tokens that others take, too. */
const PATIENCE = 8;

/** `PACKETS` and `BYTES` become those of the packet, or of all that a large segment becomes. */
function measure(): ProgramItem[] {
  return [
    double.storeImm(r10, PACKETS, 1),
    word.load(r1, r6, skb.length),
    word.load(r2, r6, skb.vlanPresent),
    jumpEqual.imm(r2, 0, "forward meter untagged"),
    add.imm(r1, 4),
    label("forward meter untagged"),
    double.store(r10, BYTES, r1),
  ];
}

/** The same of a large segment: its headers are in each. */
function measureSegments(): ProgramItem[] {
  return [
    mov.reg(r4, r3),
    word.load(r2, r6, skb.vlanPresent),
    jumpEqual.imm(r2, 0, "forward meter segments untagged"),
    add.imm(r4, 4),
    label("forward meter segments untagged"),
    double.load(r1, r10, BYTES),
    word.load(r2, r6, skb.gsoSize),
    mov.reg(r3, r4),
    add.reg(r3, r2),
    jumpGreaterOrEqual.reg(r3, r1, "forward meter measured"),
    sub.reg(r1, r4),
    add.reg(r1, r2),
    sub.imm(r1, 1),
    div.reg(r1, r2),
    double.store(r10, PACKETS, r1),
    sub.imm(r1, 1),
    mul.reg(r1, r4),
    double.load(r2, r10, BYTES),
    add.reg(r1, r2),
    double.store(r10, BYTES, r1),
  ];
}

/**
 * Does `items` for each band, whose place is r8: r0 is its `level`, r3 what its rate has brought since time began, r4 the tokens that it has, r1 what they cost. They go on at
 * "next" of `name`.
 */
function eachBand(name: string, items: readonly ProgramItem[]): ProgramItem[] {
  const at = (part: string): string => `${name} ${part}`;
  return [
    double.load(r8, r10, METER),
    add.imm(r8, meterRow.band.first),
    mov.imm(r9, 0),
    label(at("band")),
    double.load(r1, r10, METER),
    word.load(r1, r1, meterRow.bands),
    jumpGreaterOrEqual.reg(r9, r1, at("done")),
    double.storeImm(r10, TRIES, 0),
    label(at("again")),
    double.load(r0, r8, meterRow.band.level),
    double.load(r3, r8, meterRow.band.rate),
    double.load(r1, r10, NOW),
    mul.reg(r3, r1),
    mov.reg(r4, r3),
    sub.reg(r4, r0),
    double.load(r5, r8, meterRow.band.burst),
    // Nobody's clock is so late: the numbers have come round.
    loadImm64(r2, -(1n << 48n)),
    jumpSignedLess.reg(r4, r2, at("full")),
    jumpSignedGreater.reg(r5, r4, at("tokens")),
    label(at("full")),
    mov.reg(r4, r5),
    label(at("tokens")),
    double.load(r1, r10, COST),
    ...items,
    label(at("next")),
    add.imm(r8, meterRow.band.size),
    add.imm(r9, 1),
    jumpLess.imm(r9, meterRow.most, at("band")),
    label(at("done")),
  ];
}

/** A large segment that not every band has tokens for is for the thread, which cuts it. */
function checkWhole(): ProgramItem[] {
  return eachBand("forward meter whole", [
    jumpSignedGreaterOrEqual.reg(r4, r1, "forward meter whole next"),
    jump("forward leave"),
  ]);
}

/** Takes tokens of all bands that have enough; of the others, the one of the highest rate is the one that acts. */
function take(): ProgramItem[] {
  return eachBand("forward meter take", [
    jumpSignedGreaterOrEqual.reg(r4, r1, "forward meter enough"),
    double.load(r2, r8, meterRow.band.rate),
    double.load(r1, r10, WORST_RATE),
    jumpLessOrEqual.reg(r2, r1, "forward meter take next"),
    double.store(r10, WORST_RATE, r2),
    double.store(r10, WORST, r8),
    jump("forward meter take next"),
    label("forward meter enough"),
    sub.reg(r4, r1),
    sub.reg(r3, r4),
    mov.reg(r1, r0),
    double.compareExchange(r8, meterRow.band.level, r3),
    jumpEqual.reg(r0, r1, "forward meter take next"),
    double.load(r1, r10, TRIES),
    add.imm(r1, 1),
    double.store(r10, TRIES, r1),
    jumpLess.imm(r1, PATIENCE, "forward meter take again"),
  ]);
}

/** Adds the packets and bytes to two numbers at `base`. */
function countOn(base: typeof r8, packets: number, bytes: number): ProgramItem[] {
  return [
    double.load(r1, r10, PACKETS),
    double.atomicAdd(base, packets, r1),
    double.load(r1, r10, BYTES),
    double.atomicAdd(base, bytes, r1),
  ];
}

/** The flow counts the packet, and with it what each of its packets is sent to, which this one is not. */
function takeOutputsBack(): ProgramItem[] {
  return [
    word.load(r2, r7, scratch.list),
    jumpGreater.imm(r2, LAST_LIST, "forward lost"),
    mul.imm(r2, operationHead.size),
    loadMapValue(r3, forwardMaps.operations),
    add.reg(r3, r2),
    word.load(r3, r3, operationHead.outputs),
    double.load(r1, r10, ROW),
    double.load(r2, r1, processorRow.outputs),
    sub.reg(r2, r3),
    double.store(r1, processorRow.outputs, r2),
  ];
}

/** The first operation of a list: counts on a meter, and drops what is beyond its rate. */
export const meter: OperationCode = {
  code: Operation.meter,
  items: ({ words, kernelSkb }) => [
    ...measure(),
    word.load(r1, r8, branch.value),
    jumpGreater.imm(r1, FORWARD_METERS - 1, "forward lost"),
    mul.imm(r1, meterRow.size),
    loadMapValue(r2, forwardMaps.meters, meterTable.rows),
    add.reg(r2, r1),
    double.store(r10, METER, r2),
    double.store(r10, OPERATION, r8),
    word.load(r1, r6, skb.gsoSize),
    jumpEqual.imm(r1, 0, "forward meter measured"),
    ...leaveInner(kernelSkb, "forward meter outer"),
    ...headersLength("forward meter", words),
    ...measureSegments(),
    label("forward meter measured"),
    callHelper(helper.ktimeGetCoarseNs),
    loadMapValue(r1, forwardMaps.meters, 0),
    double.load(r1, r1, meterTable.offset),
    add.reg(r0, r1),
    div.imm(r0, MILLISECOND),
    double.store(r10, NOW, r0),
    double.load(r2, r10, METER),
    word.load(r3, r2, meterRow.isOfPackets),
    double.load(r1, r10, PACKETS),
    mul.imm(r1, 1000),
    jumpGreater.imm(r3, 0, "forward meter cost"),
    double.load(r1, r10, BYTES),
    mul.imm(r1, 8),
    label("forward meter cost"),
    double.store(r10, COST, r1),
    double.load(r1, r10, PACKETS),
    jumpEqual.imm(r1, 1, "forward meter one"),
    ...checkWhole(),
    label("forward meter one"),
    double.storeImm(r10, WORST, 0),
    double.storeImm(r10, WORST_RATE, 0),
    ...take(),
    double.load(r2, r10, METER),
    ...countOn(r2, meterRow.packets, meterRow.bytes),
    double.load(r2, r10, WORST),
    double.load(r8, r10, OPERATION),
    jumpGreater.imm(r2, 0, "forward meter drop"),
    ...goOnward("counted"),
    label("forward meter drop"),
    ...countOn(r2, meterRow.band.packets, meterRow.band.bytes),
    double.load(r1, r10, ROW),
    double.load(r2, r1, processorRow.meterDrops),
    add.imm(r2, 1),
    double.store(r1, processorRow.meterDrops, r2),
    ...takeOutputsBack(),
    ...noteTarget(),
    ...enterAs("counted"),
  ],
};
