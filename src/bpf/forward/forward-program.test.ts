import { describe, expect, it } from "vitest";
import { add, mov } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { exit } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { ArrayMap } from "../interpreter/array-map.js";
import { HashMap } from "../interpreter/hash-map.js";
import { kernelFunctions } from "../interpreter/kernel-functions.js";
import { Machine } from "../interpreter/machine.js";
import { Skb } from "../interpreter/skb.js";
import { ProgramMap } from "../interpreter/target-map.js";
import { type MapSpec, mapType } from "../map-spec.js";
import { word } from "../memory.js";
import { r0, r7, r9 } from "../registers.js";
import { portProgram } from "./entry.js";
import { forwardProgram } from "./forward-program.js";
import {
  CACHE_ENTRIES,
  CHOSEN,
  counterRow,
  FLOW_KEY_SIZE,
  FLOW_VALUE_SIZE,
  FORWARD_PROGRAMS,
  FORWARD_SLOTS,
  ForwardPart,
  flowTag,
  forwardMaps,
  MAX_OPERATIONS,
  maskEntry,
  maskList,
  Operation,
  operationHead,
  processorRow,
  scratch,
  WIDE_FLOW_KEY_SIZE,
} from "./layout.js";
import { findMemory, findOperation } from "./memory.js";
import { partProgram } from "./part-program.js";
import { enterAs, goOnward, goThrough } from "./tail-call.js";

const words = {
  eth: 64,
  ethType: 67,
  vlan0: 68,
  vlan1: 69,
  nwSrc: 73,
  nwDst: 74,
  ipv6Src: 75,
  ipv6Label: 83,
  nw: 84,
  ndTarget: 85,
  arpHw: 89,
  l4: 92,
  tp: 93,
  igmpGroup: 94,
  recircId: 38,
  skbPriority: 40,
  pktMark: 41,
  inPort: 37,
  dpHash: 39,
  ctState: 45,
  tunMetadata: 101,
};
const kernelSkb: SkbPlaces = {
  csumStart: 136,
  csumOffset: 138,
  data: 208,
  head: 200,
  networkHeader: 182,
  transportHeader: 180,
  ipSummed: { byte: 128, bit: 5 },
  encapsulation: { byte: 129, bit: 0 },
};
const SLOT = 3;
const UP = 77n;
const DROP = 2n;
const REDIRECT = 7n;
const LOST = 55n;

function specs(): MapSpec[] {
  const array = (name: string, valueSize: number, entries = 1): MapSpec => ({
    name,
    type: mapType.array,
    keySize: 4,
    valueSize,
    entries,
  });
  const hash = (name: string, keySize: number): MapSpec => ({
    name,
    type: mapType.hash,
    keySize,
    valueSize: FLOW_VALUE_SIZE,
    entries: 16,
  });
  return [
    array(forwardMaps.scratch, scratch.size),
    array(forwardMaps.cache, CACHE_ENTRIES),
    array(forwardMaps.masks, 128 * maskEntry.size),
    array(forwardMaps.lists, FORWARD_SLOTS * maskList.size),
    array(forwardMaps.operations, 2 ** 17 * operationHead.size),
    array(forwardMaps.counters, 16 * counterRow.size),
    array(forwardMaps.processors, processorRow.size),
    hash(forwardMaps.flows, FLOW_KEY_SIZE),
    hash(forwardMaps.wideFlows, WIDE_FLOW_KEY_SIZE),
    { ...array(forwardMaps.programs, 4, FORWARD_PROGRAMS), type: mapType.progArray },
  ];
}

/** A port's program with one mask, of the recirculation id and of the mark; flows go to 100 plus the id. */
function bed() {
  const machine = new Machine({ maps: specs(), kernelFunctions: kernelFunctions(kernelSkb) });
  const view = (name: string): DataView => {
    const { buffer, byteOffset } = machine.map(name, ArrayMap).bytes;
    return new DataView(buffer, byteOffset);
  };
  const program = [
    ...portProgram({ slot: SLOT, processors: 1, words, other: "ring" }),
    label("ring"),
    mov.imm(r0, Number(UP)),
    exit(),
  ];
  const programs = machine.map(forwardMaps.programs, ProgramMap);
  programs.set(SLOT, program);
  programs.set(FORWARD_SLOTS + ForwardPart.forward, forwardProgram({ processors: 1, flows: 16, words, kernelSkb }));
  const masks = view(forwardMaps.masks);
  masks.setUint32(0, 2, true);
  for (const [i, index] of [words.recircId, words.pktMark].entries()) {
    masks.setUint32(maskEntry.offset(i), 4 * index, true);
    masks.setUint32(maskEntry.bits(i), 0xffffffff, true);
  }
  view(forwardMaps.lists).setUint32(SLOT * maskList.size, 1, true);
  const operations = view(forwardMaps.operations);
  const put = (id: number, mark: number, countsLater = 0): void => {
    const key = new DataView(new ArrayBuffer(FLOW_KEY_SIZE));
    key.setUint32(0, flowTag(SLOT, 0), true);
    key.setUint32(4, id, true);
    key.setUint32(8, mark, true);
    const place = 8 * id;
    const value = new Uint8Array(Uint32Array.of(place, id).buffer);
    machine.map(forwardMaps.flows, HashMap).update(new Uint8Array(key.buffer), value, 0);
    const at = place * operationHead.size;
    operations.setUint32(at + operationHead.flags, countsLater, true);
    operations.setUint32(at + operationHead.limit, 1514, true);
    operations.setUint32(at + 16, Operation.output, true);
    operations.setUint32(at + 20, 100 + id, true);
    operations.setUint32(at + 32, Operation.lastOutput, true);
    operations.setUint32(at + 36, 200 + id, true);
  };
  const memory = view(forwardMaps.scratch);
  const packets = (row: number): bigint =>
    view(forwardMaps.counters).getBigUint64(row * counterRow.size + counterRow.packets, true);
  const processors = view(forwardMaps.processors);
  const run = (skb: Skb): bigint => {
    const before = processors.getUint32(0, true);
    const verdict = machine.run(program, skb);
    // Odd inside, and even again, however many programs had part in it.
    expect(processors.getUint32(0, true)).toBe(before + 2);
    expect(memory.getUint32(scratch.resume, true)).toBe(0);
    return verdict;
  };
  const part = (items: readonly ProgramItem[]): void =>
    programs.set(FORWARD_SLOTS + ForwardPart.track, partProgram(1, items));
  return { machine, program, put, run, part, packets, memory, processors, programs };
}

const packet = (mark = 0): Skb => new Skb(new Uint8Array(60).fill(8), { mark, ifindex: 1 });
const sent = ({ clones, redirection }: Skb): unknown[] => [
  ...clones.map(({ ifindex }) => ifindex),
  redirection?.ifindex,
];

describe("the forwarding program", () => {
  it("forwards what it knows, by the packet's mark too, and leaves the rest to the ring", () => {
    const { put, run, packets } = bed();
    put(0, 5);
    const known = packet(5);
    expect(run(known)).toBe(REDIRECT);
    expect(sent(known)).toEqual([100, 200]);
    expect(packets(0)).toBe(1n);
    expect(run(packet(4))).toBe(UP);
  });

  const goOn: Record<string, { items: ProgramItem[]; verdict: bigint; sent: unknown[]; counted: bigint[] }> = {
    "goes on behind a part": { items: goOnward(), verdict: REDIRECT, sent: [200], counted: [0n, 0n] },
    "counts behind a part": { items: goOnward("counted"), verdict: REDIRECT, sent: [200], counted: [1n, 0n] },
    "leaves to the ring what a part does not do": {
      items: enterAs("up"),
      verdict: UP,
      sent: [undefined],
      counted: [0n, 0n],
    },
    "looks up again what a part has changed, its metadata being known": {
      items: [
        word.storeImm(r7, scratch.key + 4 * words.recircId, 1),
        word.storeImm(r7, scratch.dirty, 1),
        word.storeImm(r7, scratch.recirculations, 1),
        ...enterAs("again"),
      ],
      verdict: REDIRECT,
      sent: [101, 201],
      counted: [0n, 1n],
    },
  };
  // The loop at the first operation of the flow that was found, which is a part's.
  const through = [
    ...findMemory(1, "forward lost"),
    ...findOperation("forward lost"),
    add.imm(r9, 1),
    ...goThrough("track"),
    label("forward lost"),
    mov.imm(r0, Number(LOST)),
    exit(),
  ];
  const atFirstOperation = ({ memory, processors }: ReturnType<typeof bed>): void => {
    memory.setUint32(scratch.slot, SLOT, true);
    memory.setUint32(scratch.origin, SLOT, true);
    memory.setUint32(scratch.operation, 1, true);
    memory.setUint32(scratch.left, MAX_OPERATIONS, true);
    processors.setUint32(0, 1, true);
  };

  it.each(Object.entries(goOn))("%s", (_title, { items, verdict, sent: expected, counted }) => {
    const all = bed();
    const { machine, put, part, packets, memory, processors } = all;
    put(0, 0, 1);
    put(1, 0);
    part(items);
    atFirstOperation(all);
    const skb = packet();
    expect(machine.run(through, skb)).toBe(verdict);
    expect(sent(skb)).toEqual(expected);
    expect([packets(0), packets(1)]).toEqual(counted);
    expect(processors.getUint32(0, true)).toBe(2);
    expect(memory.getUint32(scratch.resume, true)).toBe(0);
  });

  it("counts what goes to the ring after it has been recirculated", () => {
    const all = bed();
    const { machine, put, part, processors } = all;
    put(0, 0, 1);
    const returned = (): bigint => processors.getBigUint64(processorRow.returned, true);
    for (const recirculations of [0, 1, CHOSEN]) {
      part([word.storeImm(r7, scratch.recirculations, recirculations), ...enterAs("up")]);
      atFirstOperation(all);
      expect(machine.run(through, packet())).toBe(UP);
      expect(returned()).toBe(recirculations === 0 ? 0n : 1n);
    }
  });

  it("leaves the memory of a packet alone that another one comes in on top of", () => {
    const { machine, program, put, packets, memory, processors } = bed();
    put(0, 5);
    processors.setUint32(0, 7, true);
    const before = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).slice();
    expect(machine.run(program, packet(5))).toBe(UP);
    expect(new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength)).toEqual(before);
    expect([processors.getUint32(0, true), packets(0)]).toEqual([7, 0n]);
  });

  it("forgets what a packet before it knew of itself", () => {
    const { put, run, memory } = bed();
    put(0, 0);
    memory.setUint32(scratch.key + 4 * words.recircId, 1, true);
    memory.setUint32(scratch.dirty, 1, true);
    const skb = packet();
    run(skb);
    expect(sent(skb)).toEqual([100, 200]);
  });

  it("loses a packet, and counts it, whose part is not there", () => {
    const all = bed();
    const { machine, part, processors } = all;
    atFirstOperation(all);
    expect(machine.run(through, packet())).toBe(LOST);
    // Nor is the port's program there when the part is done.
    part(enterAs("up"));
    all.memory.setUint32(scratch.origin, SLOT + 1, true);
    expect(machine.run(through, packet())).toBe(DROP);
    expect(processors.getBigUint64(processorRow.otherDrops, true)).toBe(1n);
    expect(processors.getUint32(0, true)).toBe(2);
  });
});
