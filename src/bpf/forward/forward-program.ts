import { add, and, mov, mul, or } from "../alu.js";
import { callHelper, exit, jump, jumpEqual, jumpGreater, jumpGreaterOrEqual, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, half, loadMap, loadMapValue, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../registers.js";
import {
  CACHE_ENTRIES,
  counterRow,
  DropKind,
  flowTag,
  forwardMaps,
  MAX_MASK_WORDS,
  MAX_MASKS,
  MAX_OPERATIONS,
  MAX_WIDE_MASK_WORDS,
  maskEntry,
  maskList,
  OPERATION_UNITS,
  Operation,
  operationHead,
  PROGRAM_KEY_WORDS,
  processorRow,
  scratch,
  setWord,
  WIDE_FLOW_KEY_SIZE,
} from "./layout.js";
import { type KeyWords, parseFrame } from "./parse.js";
import { skb } from "./skb.js";

/** What a tcx program returns to drop a packet. */
const TCX_DROP = 2;
/** Its offset in the header. */
const IPV4_CHECKSUM = 10;

/** Places on the stack. */
const PROCESSOR = -8;
const ROW = -16;
const FLOW_KEY = ROW - WIDE_FLOW_KEY_SIZE;
const INDEX = FLOW_KEY - 8;
const HINT = INDEX - 8;
const LENGTH = HINT - 8;
const COUNTERS = LENGTH - 8;
const PLACE = COUNTERS - 8;
const OLD = PLACE - 8;
const NEW = OLD - 8;

export interface ForwardProgram {
  /** The slot of the port whose frames it gets. */
  readonly slot: number;
  /** Processors of this host. */
  readonly processors: number;
  /** Rows of counters for each processor. */
  readonly flows: number;
  readonly words: KeyWords;
  /** The first key word that the packet itself determines, and the one of TCP's flags. */
  readonly first: number;
  /** Where it goes on with a packet to which nothing has been done, r6 holding it. */
  readonly other: string;
}

/**
 * The program that looks a captured port's frame up among the flows in the maps, and does with it what is to be done. What it does not know, or is not sure of,
 * goes on at `other`, unchanged.
 */
export function forwardProgram(program: ForwardProgram): ProgramItem[] {
  const { words, first, other } = program;
  return [
    mov.reg(r6, r1),
    ...enter(program),
    ...parseFrame(words, first, { known: "forward lookup", other: "forward leave" }),
    ...lookup(program.slot),
    ...count(program),
    ...execute,
    label("forward leave"),
    ...leave,
    jump(other),
  ];
}

/** Says that the program runs on this processor, and finds the scratch memory. */
function enter({ processors, other }: ForwardProgram): ProgramItem[] {
  return [
    callHelper(helper.getSmpProcessorId),
    jumpGreater.imm(r0, processors - 1, other),
    double.store(r10, PROCESSOR, r0),
    mov.reg(r2, r0),
    mul.imm(r2, processorRow.size),
    loadMapValue(r1, forwardMaps.processors),
    add.reg(r1, r2),
    double.store(r10, ROW, r1),
    ...markRunning,
    word.storeImm(r10, INDEX, 0),
    ...lookupElement(forwardMaps.scratch, INDEX),
    jumpEqual.imm(r0, 0, "forward leave"),
    mov.reg(r7, r0),
  ];
}

/** The exchange is a full barrier: who takes something out of a map afterwards and sees an even number knows that nobody has it. r1 is the row. */
const markRunning: readonly ProgramItem[] = [
  word.load(r2, r1, processorRow.running),
  add.imm(r2, 1),
  word.exchange(r1, processorRow.running, r2),
];

const leave: readonly ProgramItem[] = [double.load(r1, r10, ROW), ...markRunning];

/** Looks up the key on the stack; r0 becomes its value's address or 0. */
function lookupElement(map: string, key: number): ProgramItem[] {
  return [loadMap(r1, map), mov.reg(r2, r10), add.imm(r2, key), callHelper(helper.mapLookupElem)];
}

/** Finds the flow; r0 becomes its value, r9 the number of masks of the list that were tried. The mask that the cache names comes first. */
function lookup(slot: number): ProgramItem[] {
  return [
    label("forward lookup"),
    mov.reg(r1, r6),
    callHelper(helper.getHashRecalc),
    add.imm(r0, slot),
    and.imm(r0, CACHE_ENTRIES - 1),
    word.store(r10, INDEX, r0),
    ...lookupElement(forwardMaps.cache, INDEX),
    jumpEqual.imm(r0, 0, "forward leave"),
    double.store(r10, HINT, r0),
    word.load(r8, r0, 0),
    loadMapValue(r1, forwardMaps.lists, slot * maskList.size),
    word.load(r1, r1, 0),
    jumpEqual.imm(r1, 0, "forward leave"),
    mov.imm(r9, 0),
    label("forward try"),
    ...tryMask(slot),
    jumpNotEqual.imm(r0, 0, "forward hit"),
    loadMapValue(r1, forwardMaps.lists, slot * maskList.size),
    word.load(r2, r1, 0),
    jumpGreaterOrEqual.reg(r9, r2, "forward leave"),
    jumpGreaterOrEqual.imm(r9, MAX_MASKS, "forward leave"),
    add.reg(r1, r9),
    byte.load(r8, r1, maskList.masks),
    add.imm(r9, 1),
    jump("forward try"),
    label("forward hit"),
    double.load(r1, r10, HINT),
    word.store(r1, 0, r8),
  ];
}

/** Looks the packet up under the mask r8. */
function tryMask(slot: number): ProgramItem[] {
  return [
    and.imm(r8, MAX_MASKS - 1),
    loadMapValue(r1, forwardMaps.masks),
    mov.reg(r2, r8),
    mul.imm(r2, maskEntry.size),
    add.reg(r1, r2),
    word.load(r5, r1, 0),
    jumpGreater.imm(r5, MAX_MASK_WORDS, "forward wide"),
    ...tryIn(forwardMaps.flows, slot, MAX_MASK_WORDS, "forward find"),
    jump("forward tried mask"),
    label("forward wide"),
    ...tryIn(forwardMaps.wideFlows, slot, MAX_WIDE_MASK_WORDS, "forward find wide"),
    label("forward tried mask"),
  ];
}

/** Builds the key under the mask at r1, which has r5 of `most` words, and looks it up in a map. */
function tryIn(map: string, slot: number, most: number, found: string): ProgramItem[] {
  return [
    ...Array.from({ length: (4 + 4 * most) / 8 }, (_, i) => double.storeImm(r10, FLOW_KEY + 8 * i, 0)),
    mov.reg(r3, r8),
    or.imm(r3, flowTag(slot, 0)),
    word.store(r10, FLOW_KEY, r3),
    ...Array.from({ length: most }, (_, i) => [
      jumpEqual.imm(r5, i, found),
      word.load(r3, r1, maskEntry.offset(i)),
      and.imm(r3, 4 * (PROGRAM_KEY_WORDS - 1)),
      mov.reg(r4, r7),
      add.reg(r4, r3),
      word.load(r4, r4, scratch.key),
      word.load(r3, r1, maskEntry.bits(i)),
      and.reg(r4, r3),
      word.store(r10, FLOW_KEY + 4 + 4 * i, r4),
    ]).flat(),
    label(found),
    ...lookupElement(map, FLOW_KEY),
  ];
}

/** Adds to a 64-bit number at `base + at`; r2 is lost. */
function addTo(base: Register, at: number, what: Register | "one"): ProgramItem[] {
  return [double.load(r2, base, at), what === "one" ? add.imm(r2, 1) : add.reg(r2, what), double.store(base, at, r2)];
}

/** Finds the flow's operations, to which r8 points from then on, and counts the packet. */
function count({ processors, flows, words, first }: ForwardProgram): ProgramItem[] {
  return [
    word.load(r8, r0, 0),
    word.load(r1, r0, 4),
    jumpGreater.imm(r8, OPERATION_UNITS - MAX_OPERATIONS - 1, "forward leave"),
    jumpGreater.imm(r1, flows - 1, "forward leave"),
    // The row of this processor.
    double.load(r2, r10, PROCESSOR),
    jumpGreater.imm(r2, processors - 1, "forward leave"),
    mul.imm(r2, flows),
    add.reg(r2, r1),
    mul.imm(r2, counterRow.size),
    loadMapValue(r1, forwardMaps.counters),
    add.reg(r1, r2),
    double.store(r10, COUNTERS, r1),
    mul.imm(r8, operationHead.size),
    loadMapValue(r1, forwardMaps.operations),
    add.reg(r1, r8),
    mov.reg(r8, r1),
    word.load(r3, r6, skb.length),
    word.load(r2, r6, skb.vlanPresent),
    jumpEqual.imm(r2, 0, "forward length"),
    add.imm(r3, 4),
    label("forward length"),
    double.store(r10, LENGTH, r3),
    word.load(r2, r6, skb.gsoSize),
    jumpNotEqual.imm(r2, 0, "forward fits"),
    word.load(r2, r8, operationHead.limit),
    jumpGreater.reg(r3, r2, "forward leave"),
    label("forward fits"),
    callHelper(helper.ktimeGetCoarseNs),
    double.load(r1, r10, COUNTERS),
    double.load(r3, r10, LENGTH),
    double.store(r1, counterRow.used, r0),
    ...addTo(r1, counterRow.packets, "one"),
    ...addTo(r1, counterRow.bytes, r3),
    word.load(r2, r7, scratch.key + 4 * (words.l4 - first)),
    and.imm(r2, 0xfff),
    double.load(r4, r1, counterRow.tcpFlags),
    or.reg(r4, r2),
    double.store(r1, counterRow.tcpFlags, r4),
    double.load(r1, r10, ROW),
    ...addTo(r1, processorRow.packets, "one"),
    ...addTo(r1, processorRow.bytes, r3),
    jumpNotEqual.imm(r9, 0, "forward tried"),
    mov.imm(r9, 1),
    label("forward tried"),
    ...addTo(r1, processorRow.masksTried, r9),
    word.load(r3, r8, operationHead.outputs),
    ...addTo(r1, processorRow.outputs, r3),
    word.load(r3, r8, operationHead.drop),
    jumpEqual.imm(r3, DropKind.none, "forward execute"),
    jumpEqual.imm(r3, DropKind.pipeline, "forward pipeline drop"),
    ...addTo(r1, processorRow.otherDrops, "one"),
    jump("forward execute"),
    label("forward pipeline drop"),
    ...addTo(r1, processorRow.pipelineDrops, "one"),
  ];
}

/** The arguments of a helper that updates a checksum at r2. */
const oldAndNew: readonly ProgramItem[] = [mov.reg(r1, r6), half.load(r3, r10, OLD), half.load(r4, r10, NEW)];

/** Changes 16 bits of a header, and the checksums over it. */
const changeWord: readonly ProgramItem[] = [
  label("forward word"),
  byte.load(r1, r8, setWord.base),
  and.imm(r1, 4),
  mov.reg(r2, r7),
  add.reg(r2, r1),
  word.load(r2, r2, scratch.network),
  byte.load(r1, r8, setWord.offset),
  add.reg(r2, r1),
  double.store(r10, PLACE, r2),
  mov.reg(r1, r6),
  mov.reg(r3, r10),
  add.imm(r3, OLD),
  mov.imm(r4, 2),
  callHelper(helper.skbLoadBytes),
  jumpNotEqual.imm(r0, 0, "forward end"),
  half.load(r1, r10, OLD),
  half.load(r2, r8, setWord.keep),
  and.reg(r1, r2),
  half.load(r2, r8, setWord.value),
  or.reg(r1, r2),
  half.store(r10, NEW, r1),
  byte.load(r1, r8, setWord.ipv4),
  jumpEqual.imm(r1, 0, "forward word transport"),
  word.load(r2, r7, scratch.network),
  add.imm(r2, IPV4_CHECKSUM),
  ...oldAndNew,
  mov.imm(r5, 2),
  callHelper(helper.l3CsumReplace),
  jumpNotEqual.imm(r0, 0, "forward end"),
  label("forward word transport"),
  byte.load(r1, r8, setWord.checksum),
  jumpEqual.imm(r1, 0, "forward word store"),
  word.load(r2, r7, scratch.transport),
  add.reg(r2, r1),
  ...oldAndNew,
  half.load(r5, r8, setWord.flags),
  callHelper(helper.l4CsumReplace),
  jumpNotEqual.imm(r0, 0, "forward end"),
  label("forward word store"),
  mov.reg(r1, r6),
  double.load(r2, r10, PLACE),
  mov.reg(r3, r10),
  add.imm(r3, NEW),
  mov.imm(r4, 2),
  byte.load(r5, r8, setWord.storeFlags),
  callHelper(helper.skbStoreBytes),
];

/** Does what the operations behind r8 say. */
const execute: readonly ProgramItem[] = [
  label("forward execute"),
  mov.imm(r9, 0),
  label("forward next"),
  add.imm(r8, operationHead.size),
  add.imm(r9, 1),
  jumpGreater.imm(r9, MAX_OPERATIONS, "forward end"),
  word.load(r1, r8, 0),
  jumpEqual.imm(r1, Operation.lastOutput, "forward last output"),
  jumpEqual.imm(r1, Operation.output, "forward output"),
  jumpEqual.imm(r1, Operation.pushVlan, "forward push"),
  jumpEqual.imm(r1, Operation.popVlan, "forward pop"),
  jumpEqual.imm(r1, Operation.setAddresses, "forward addresses"),
  jumpEqual.imm(r1, Operation.setWord, "forward word"),
  jump("forward end"),
  label("forward output"),
  mov.reg(r1, r6),
  word.load(r2, r8, 4),
  mov.imm(r3, 0),
  callHelper(helper.cloneRedirect),
  jump("forward next"),
  label("forward push"),
  mov.reg(r1, r6),
  half.load(r2, r8, 4),
  half.load(r3, r8, 6),
  callHelper(helper.skbVlanPush),
  jump("forward changed"),
  label("forward pop"),
  mov.reg(r1, r6),
  callHelper(helper.skbVlanPop),
  jump("forward changed"),
  label("forward addresses"),
  mov.reg(r1, r6),
  mov.imm(r2, 0),
  mov.reg(r3, r8),
  add.imm(r3, 4),
  mov.imm(r4, 12),
  mov.imm(r5, 0),
  callHelper(helper.skbStoreBytes),
  jump("forward changed"),
  ...changeWord,
  label("forward changed"),
  jumpEqual.imm(r0, 0, "forward next"),
  label("forward end"),
  mov.imm(r9, TCX_DROP),
  jump("forward done"),
  label("forward last output"),
  word.load(r1, r8, 4),
  mov.imm(r2, 0),
  callHelper(helper.redirect),
  mov.reg(r9, r0),
  label("forward done"),
  ...leave,
  mov.reg(r0, r9),
  exit(),
];
