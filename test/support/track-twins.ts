import { add, mov } from "#bpf/alu.js";
import { exit, jump, jumpEqual, jumpNotEqual } from "#bpf/control.js";
import {
  FORWARD_SLOTS,
  ForwardPart,
  forwardMaps,
  MAX_OPERATIONS,
  PROGRAM_KEY_WORDS,
  processorRow,
  scratch,
} from "#bpf/forward/layout.js";
import { findMemory, findOperation } from "#bpf/forward/memory.js";
import { parseFrame } from "#bpf/forward/parse.js";
import { goThrough } from "#bpf/forward/tail-call.js";
import { LEASE_ROWS, leaseTable, SUM_SIZE, trackMaps } from "#bpf/forward/track-layout.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { double, loadMapValue, word } from "#bpf/memory.js";
import { r0, r1, r2, r7, r9 } from "#bpf/registers.js";
import { ROW_WORDS } from "#datapath/conntrack/connection-layout.js";
import { Conntrack } from "#datapath/conntrack/conntrack.js";
import type { CtStep } from "#datapath/conntrack/ct-step.js";
import { describeConnection } from "#datapath/conntrack/describe-connection.js";
import { encodeTrack } from "#datapath/kernel/encode-track.js";
import { Frame } from "#datapath/userspace/frames/frame.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import type { LeaseMemory } from "#host/lease-memory.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { seededNumbers } from "./seeded-numbers.js";

/** Verdicts of the program: it has tracked the packet, or left it to the thread. */
const TRACKED = 1;
const LEFT = 2;
const BROKEN = 3;
const SLOT = 3;
/** Where the key is after the program, and before it what of it is known: u32s. */
export const KEYS = "keys";
const CT_WORDS = W.eth - W.ctState;

/** The maps that the program under test needs. */
export function trackSpecs(processors: number): MapSpec[] {
  const shared = (name: string, valueSize: number): MapSpec => ({
    name,
    type: mapType.array,
    keySize: 4,
    valueSize,
    entries: 1,
    flags: mapFlag.mmapable,
  });
  return [
    { ...shared(forwardMaps.scratch, scratch.size), type: mapType.percpuArray, flags: 0 },
    { ...shared(trackMaps.sum, SUM_SIZE), type: mapType.percpuArray, flags: 0 },
    shared(forwardMaps.operations, 2 ** 17 * 16),
    shared(forwardMaps.processors, processors * processorRow.size),
    shared(trackMaps.rows, LEASE_ROWS * ROW_WORDS * 4),
    shared(trackMaps.table, leaseTable.size),
    shared(KEYS, 4 * PROGRAM_KEY_WORDS),
    { ...shared(forwardMaps.programs, 4), type: mapType.progArray, entries: 1024, flags: 0 },
  ];
}

/** A program in the place of the port's and of the forwarding one: parses the packet and has it tracked, its metadata being what `KEYS` says; afterwards the key is there. */
export function portProgram(processors: number): ProgramItem[] {
  const ct = Array.from({ length: CT_WORDS }, (_, i) => W.ctState + i);
  return [
    ...findMemory(processors, "broken"),
    word.load(r1, r7, scratch.resume),
    word.storeImm(r7, scratch.resume, 0),
    jumpNotEqual.imm(r1, 0, "back"),
    loadMapValue(r2, KEYS),
    ...ct.flatMap((i) => [word.load(r1, r2, 4 * i), word.store(r7, scratch.key + 4 * i, r1)]),
    word.storeImm(r7, scratch.slot, SLOT),
    word.storeImm(r7, scratch.origin, SLOT),
    word.storeImm(r7, scratch.calls, 0),
    word.storeImm(r7, scratch.operation, 1),
    word.storeImm(r7, scratch.left, MAX_OPERATIONS),
    ...parseFrame(W, { known: "known", other: "left" }),
    label("known"),
    ...findOperation("broken"),
    add.imm(r9, 1),
    ...goThrough("track"),
    label("back"),
    jumpEqual.imm(r1, 4, "left"),
    loadMapValue(r2, KEYS),
    ...Array.from({ length: PROGRAM_KEY_WORDS / 2 }, (_, i) => [
      double.load(r1, r7, scratch.key + 8 * i),
      double.store(r2, 8 * i, r1),
    ]).flat(),
    mov.imm(r0, TRACKED),
    exit(),
    label("left"),
    mov.imm(r0, LEFT),
    exit(),
    label("forward lost"),
    jump("broken"),
    label("broken"),
    mov.imm(r0, BROKEN),
    exit(),
  ];
}

/** Where that program has to be in the map of programs. */
export const PORT_SLOTS: readonly number[] = [SLOT, FORWARD_SLOTS + ForwardPart.forward];

/** Runs the programs. */
export interface TrackRunner {
  readonly memory: LeaseMemory;
  readonly operations: Uint8Array;
  readonly keys: Uint32Array;
  run(frame: Uint8Array, offload: Offload): { readonly verdict: number; readonly data: Uint8Array };
}

interface Tracked {
  readonly key: readonly number[];
  readonly data: string;
  /** What the key says of the connection. */
  readonly tracked: Uint32Array;
}

/** The same packets through a table by itself, and through one whose established connections the program follows. */
export class TrackTwins {
  readonly #runner: TrackRunner;
  readonly alone: Conntrack;
  readonly leasing: Conntrack;
  /** How many packets the program has tracked. */
  byProgram = 0;

  constructor(runner: TrackRunner, seed: number) {
    const random = (): (() => number) => {
      const next = seededNumbers(seed + 1);
      return () => next(2 ** 30) / 2 ** 30;
    };
    this.#runner = runner;
    this.alone = new Conntrack(random());
    this.leasing = new Conntrack(random());
    const now = runner.memory.monotonic();
    for (const table of [this.alone, this.leasing]) table.setTime(now);
    this.leasing.lease(runner.memory, now);
  }

  /** Puts a packet through both; gives what is different, or the state that it has. `before` is what an earlier pass has left in its key. */
  put(
    frame: Uint8Array,
    step: CtStep,
    before?: Uint32Array,
    offload: Offload = plainOffload(),
  ): Tracked & { readonly differs: Tracked | undefined } {
    const now = this.#runner.memory.monotonic();
    for (const table of [this.alone, this.leasing]) table.setTime(now);
    const alone = this.#byTable(this.alone, frame, step, before, offload);
    const leased =
      this.#byProgram(frame, step, before, offload) ?? this.#byTable(this.leasing, frame, step, before, offload);
    const isSame = alone.data === leased.data && alone.key.every((value, i) => value === leased.key[i]);
    return { ...alone, differs: isSame ? undefined : leased };
  }

  /** What is different in the connections that both have; when they end may differ by what a busy machine takes between the two. */
  differences(): unknown[] {
    const told = ({ timeout, ...entry }: ReturnType<typeof describeConnection>) => ({
      entry: JSON.stringify(entry),
      timeout,
    });
    const of = (table: Conntrack) =>
      Array.from({ length: table.pool.end }, (_, id) => id)
        .filter((id) => table.isAlive(id))
        .map((id) => told(describeConnection(table, id)))
        .sort((a, b) => (a.entry < b.entry ? -1 : 1));
    const [a, b] = [of(this.alone), of(this.leasing)];
    if (a.length !== b.length) return [a, b];
    return a.flatMap((x, i) => {
      const y = b[i]!;
      return x.entry === y.entry && Math.abs(x.timeout - y.timeout) <= 1 ? [] : [x, y];
    });
  }

  close(): void {
    this.leasing.lease(undefined, 0);
  }

  #keyOf(frame: Uint8Array, before: Uint32Array | undefined): FlowKey {
    const key = newKey();
    extractKey(frame, 0, frame.length, newKey(), key, newLayers());
    if (before) key.set(before, W.ctState);
    return key;
  }

  #byTable(
    table: Conntrack,
    bytes: Uint8Array,
    step: CtStep,
    before: Uint32Array | undefined,
    offload: Offload,
  ): Tracked {
    const key = this.#keyOf(bytes, before);
    const frame = new Frame(new HeadArena(new Uint8Array(1 << 16)));
    frame.reset(bytes, 0, bytes.length, { ...offload });
    if (key[W.nw]! >>> 24 !== 0) table.refuse(key, step.zone);
    else table.track(frame, key, step);
    return { key: shown(key), data: Buffer.from(frame.bytes()).toString("hex"), tracked: key.slice(W.ctState, W.eth) };
  }

  #byProgram(frame: Uint8Array, step: CtStep, before: Uint32Array | undefined, offload: Offload): Tracked | undefined {
    const { operations, keys } = this.#runner;
    for (const [i, unit] of encodeTrack(step).entries()) operations.set(unit, 16 * (1 + i));
    keys.fill(0);
    if (before) keys.set(before, W.ctState);
    const { verdict, data } = this.#runner.run(frame, offload);
    if (verdict === LEFT) return undefined;
    if (verdict !== TRACKED) throw new Error(`verdict ${verdict}`);
    this.byProgram++;
    return { key: shown(keys), data: Buffer.from(data).toString("hex"), tracked: keys.slice(W.ctState, W.eth) };
  }
}

/** The words that tracking may change. */
function shown(key: Uint32Array): number[] {
  return [
    ...key.subarray(W.ctState, W.eth),
    ...key.subarray(W.nwSrc, W.nwDst + 1),
    ...key.subarray(W.ipv6Src, W.nw + 1),
    key[W.tp]!,
  ];
}
