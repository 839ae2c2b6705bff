import {
  CACHE_ENTRIES,
  counterRow,
  FLOW_KEY_SIZE,
  FLOW_VALUE_SIZE,
  FORWARD_SLOTS,
  forwardMaps,
  MAX_MASKS,
  maskEntry,
  maskList,
  OPERATION_UNITS,
  operationHead,
  processorRow,
  scratch,
  WIDE_FLOW_KEY_SIZE,
} from "#bpf/forward/layout.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import type { CaptureRing, RingPlace } from "../capture-rings.js";
import type { ForwardMaps } from "../forward-maps.js";
import type { CaptureHandle } from "../net.js";
import { kernelEngineNeeds } from "./bpf/features.js";
import { BpfMap, MappedArray } from "./bpf/map.js";
import { possibleCpus } from "./bpf/possible-cpus.js";
import { refuseWithout } from "./bpf/without.js";
import type { LinuxCaptureRings } from "./capture-rings.js";
import * as sys from "./syscalls.js";

const MOST_FLOWS = 1 << 16;
/** Bytes that counters may take. */
const MOST_COUNTERS = 64 << 20;
/** How often it is looked whether programs still run before it is left to time. */
const SPINS = 10_000;

const single = { keySize: 4, entries: 1 } as const;

/** The maps in this kernel. */
export class LinuxForwardMaps implements ForwardMaps {
  readonly processors: number = possibleCpus();
  readonly flows: number;
  readonly masks: DataView;
  readonly lists: DataView;
  readonly operations: DataView;
  readonly counters: DataView;
  readonly processorRows: DataView;
  readonly #rings: LinuxCaptureRings;
  readonly #maps: Record<string, BpfMap> = {};
  readonly #mapped: MappedArray[] = [];
  readonly #running: Int32Array;
  readonly #flowMap: BpfMap;
  readonly #wideFlowMap: BpfMap;
  readonly #value = new Uint32Array(FLOW_VALUE_SIZE / 4);
  readonly #valueBytes = new Uint8Array(this.#value.buffer);

  /** Throws `HostError` where the kernel does not let it make them. */
  constructor(rings: LinuxCaptureRings) {
    refuseWithout(...kernelEngineNeeds);
    this.#rings = rings;
    let flows = MOST_FLOWS;
    while (flows * this.processors * counterRow.size > MOST_COUNTERS) flows >>= 1;
    this.flows = flows;
    const { percpuArray, hash } = mapType;
    try {
      this.masks = this.#share(forwardMaps.masks, "weft_masks", MAX_MASKS * maskEntry.size).view;
      this.lists = this.#share(forwardMaps.lists, "weft_lists", FORWARD_SLOTS * maskList.size).view;
      this.operations = this.#share(forwardMaps.operations, "weft_ops", OPERATION_UNITS * operationHead.size).view;
      const counters = flows * this.processors * counterRow.size;
      this.counters = this.#share(forwardMaps.counters, "weft_counters", counters).view;
      const rows = this.#share(forwardMaps.processors, "weft_cpus", this.processors * processorRow.size);
      this.processorRows = rows.view;
      this.#running = rows.ints;
      this.#make(forwardMaps.scratch, { ...single, name: "weft_scratch", type: percpuArray, valueSize: scratch.size });
      const entries = CACHE_ENTRIES;
      this.#make(forwardMaps.cache, { name: "weft_cache", type: percpuArray, keySize: 4, valueSize: 4, entries });
      const flowSpec = { type: hash, valueSize: FLOW_VALUE_SIZE, entries: flows, flags: mapFlag.noPreallocation };
      this.#flowMap = this.#make(forwardMaps.flows, { ...flowSpec, name: "weft_flows", keySize: FLOW_KEY_SIZE });
      const keySize = WIDE_FLOW_KEY_SIZE;
      this.#wideFlowMap = this.#make(forwardMaps.wideFlows, { ...flowSpec, name: "weft_wide_flows", keySize });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  putFlow(key: Uint8Array, operations: number, row: number): boolean {
    this.#value[0] = operations;
    this.#value[1] = row;
    try {
      return this.#mapOf(key).update(key, this.#valueBytes);
    } catch {
      // No memory.
      return false;
    }
  }

  deleteFlow(key: Uint8Array): void {
    this.#mapOf(key).delete(key);
  }

  waitForPrograms(): void {
    for (let cpu = 0; cpu < this.processors; cpu++) {
      const at = (cpu * processorRow.size + processorRow.running) >> 2;
      const before = Atomics.load(this.#running, at);
      if ((before & 1) === 0) continue;
      for (let spins = 0; Atomics.load(this.#running, at) === before; spins++) {
        // Its processor has been taken from it, or it is slow.
        if (spins > SPINS) sys.poll(0, 0, 1);
      }
    }
  }

  feed(
    port: CaptureHandle,
    queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[],
    front: readonly ProgramItem[] | undefined,
  ): void {
    const maps = Object.fromEntries(Object.entries(this.#maps).map(([name, { fd }]) => [name, fd]));
    this.#rings.feed(port, queues, front && { items: front, maps });
  }

  tryProgram(front: readonly ProgramItem[]): void {
    const ring = this.#rings.open();
    try {
      const maps = Object.fromEntries(Object.entries(this.#maps).map(([name, { fd }]) => [name, fd]));
      sys.close(this.#rings.load([{ ring, place: ring.takePlace() }], { items: front, maps }));
    } finally {
      ring.close();
    }
  }

  monotonic(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  close(): void {
    for (const array of this.#mapped.splice(0)) array.close();
    for (const map of Object.values(this.#maps)) map.close();
  }

  #mapOf(key: Uint8Array): BpfMap {
    return key.length === FLOW_KEY_SIZE ? this.#flowMap : this.#wideFlowMap;
  }

  #make(symbol: string, spec: MapSpec): BpfMap {
    const map = BpfMap.create(spec);
    this.#maps[symbol] = map;
    return map;
  }

  /** A map with one value, which is mapped here. */
  #share(symbol: string, name: string, valueSize: number): MappedArray["memory"] {
    const { array } = mapType;
    const mapped = new MappedArray(
      this.#make(symbol, { ...single, name, type: array, valueSize, flags: mapFlag.mmapable }),
    );
    this.#mapped.push(mapped);
    return mapped.memory;
  }
}
