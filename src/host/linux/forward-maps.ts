import type { SkbPlaces } from "#bpf/capture-program.js";
import {
  CACHE_ENTRIES,
  counterRow,
  FLOW_KEY_SIZE,
  FLOW_VALUE_SIZE,
  FORWARD_PROGRAMS,
  FORWARD_SLOTS,
  forwardMaps,
  MAX_MASKS,
  maskEntry,
  maskList,
  meterTable,
  OPERATION_UNITS,
  operationHead,
  processorRow,
  scratch,
  sentRow,
  WIDE_FLOW_KEY_SIZE,
} from "#bpf/forward/layout.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { attachType, programType } from "#bpf/program-spec.js";
import type { CaptureRing, RingPlace } from "../capture-rings.js";
import type { FanOut } from "../fan-out.js";
import type { FlowRecords, ForwardFront, ForwardMaps, LeftMaps } from "../forward-maps.js";
import type { LeaseHandle } from "../lease-memory.js";
import type { CaptureHandle } from "../net.js";
import type { SharedMeters } from "../shared-meters.js";
import { kernelEngineNeeds } from "./bpf/features.js";
import { BpfMap, MappedArray } from "./bpf/map.js";
import { pin } from "./bpf/pin.js";
import { possibleCpus } from "./bpf/possible-cpus.js";
import { loadProgram } from "./bpf/program.js";
import { refuseWithout } from "./bpf/without.js";
import type { LinuxCaptureRings } from "./capture-rings.js";
import { LinuxFanOut } from "./fan-out.js";
import { LeaseMaps, leasePins } from "./lease-maps.js";
import { LinuxLeftMaps } from "./left-maps.js";
import type { LinuxNetHost } from "./net-host.js";
import { PinnedRecords, pinNames } from "./pinned-records.js";
import type { Pins } from "./pins.js";
import * as sys from "./syscalls.js";
import { waitForProcessors } from "./wait-for-programs.js";

/** Flows there may be. Those of ordinary masks take memory from the beginning, 16 MiB: side by side they are found in two thirds of the time where there are many. */
const MOST_FLOWS = 1 << 17;
/** Bytes that counters may take. */
const MOST_COUNTERS = 128 << 20;
const ENODEV = 19;
const single = { keySize: 4, entries: 1 } as const;

/** A u32 as a key or a value. */
function indexOf(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

/** Where maps are to be pinned, and for which datapath. */
export interface PinnedDatapath {
  readonly pins: Pins;
  readonly name: string;
}

/** Maps that have names among the pins. A program array forgets its programs where nobody outside the kernel has it. */
const pinned: readonly (readonly [symbol: string, name: string])[] = [
  [forwardMaps.flows, pinNames.flows],
  [forwardMaps.wideFlows, pinNames.wideFlows],
  [forwardMaps.counters, pinNames.counters],
  [forwardMaps.processors, pinNames.processors],
  [forwardMaps.sent, pinNames.sent],
  [forwardMaps.programs, "programs"],
  ...leasePins,
];

/** The maps in this kernel. */
export class LinuxForwardMaps implements ForwardMaps {
  readonly processors: number = possibleCpus();
  readonly flows: number;
  readonly masks: DataView;
  readonly lists: DataView;
  readonly operations: DataView;
  readonly counters: DataView;
  readonly processorRows: DataView;
  readonly sent: DataView;
  readonly meters: SharedMeters;
  readonly #rings: LinuxCaptureRings;
  readonly #home: PinnedDatapath | undefined;
  /** Where these maps are pinned. */
  #directory: string | undefined;
  #records: PinnedRecords | undefined;
  /** Devices whose links are pinned. */
  readonly #fed = new Set<number>();
  readonly #maps: Record<string, BpfMap> = {};
  readonly #mapped: MappedArray[] = [];
  readonly #running: Int32Array;
  readonly #flowMap: BpfMap;
  readonly #wideFlowMap: BpfMap;
  readonly #programs: BpfMap;
  readonly #leases: LeaseMaps;
  readonly #parts = new Set<number>();
  readonly #net: LinuxNetHost | undefined;
  #fanOut: LinuxFanOut | undefined;
  readonly #value = new Uint32Array(FLOW_VALUE_SIZE / 4);
  readonly #valueBytes = new Uint8Array(this.#value.buffer);

  /** With `home` they outlive the process; ports are devices of `net`. Throws `HostError` where the kernel does not let it make them. */
  constructor(rings: LinuxCaptureRings, net?: LinuxNetHost, home?: PinnedDatapath) {
    refuseWithout(...kernelEngineNeeds);
    this.#rings = rings;
    this.#net = net;
    this.#home = home;
    let flows = MOST_FLOWS;
    while (flows * this.processors * counterRow.size > MOST_COUNTERS) flows >>= 1;
    this.flows = flows;
    const { percpuArray, hash, progArray } = mapType;
    try {
      this.masks = this.#share(forwardMaps.masks, "weft_masks", MAX_MASKS * maskEntry.size).view;
      this.lists = this.#share(forwardMaps.lists, "weft_lists", FORWARD_SLOTS * maskList.size).view;
      this.operations = this.#share(forwardMaps.operations, "weft_ops", OPERATION_UNITS * operationHead.size).view;
      const counters = flows * this.processors * counterRow.size;
      this.counters = this.#share(forwardMaps.counters, "weft_counters", counters).view;
      const rows = this.#share(forwardMaps.processors, "weft_cpus", this.processors * processorRow.size);
      this.processorRows = rows.view;
      this.#running = rows.ints;
      const sent = this.processors * FORWARD_SLOTS * sentRow.size;
      this.sent = this.#share(forwardMaps.sent, "weft_sent", sent).view;
      this.meters = this.#shareMeters();
      this.#make(forwardMaps.scratch, { ...single, name: "weft_scratch", type: percpuArray, valueSize: scratch.size });
      const valueSize = this.processors * CACHE_ENTRIES;
      this.#make(forwardMaps.cache, { ...single, name: "weft_cache", type: mapType.array, valueSize });
      // What is taken out of them is not to be put in again before programs have been waited for.
      const flowSpec = { type: hash, valueSize: FLOW_VALUE_SIZE, entries: flows };
      this.#flowMap = this.#make(forwardMaps.flows, { ...flowSpec, name: "weft_flows", keySize: FLOW_KEY_SIZE });
      const keySize = WIDE_FLOW_KEY_SIZE;
      this.#wideFlowMap = this.#make(forwardMaps.wideFlows, {
        ...flowSpec,
        name: "weft_wide_flows",
        keySize,
        flags: mapFlag.noPreallocation,
      });
      const programs = { ...single, type: progArray, valueSize: 4, entries: FORWARD_PROGRAMS };
      this.#programs = this.#make(forwardMaps.programs, { ...programs, name: "weft_programs" });
      const rowsOfProcessors = this.#maps[forwardMaps.processors]!;
      const left = home === undefined ? [] : home.pins.generations(home.name);
      this.#leases = new LeaseMaps((...map) => this.#make(...map), rowsOfProcessors, this.processors, left);
      this.#pin();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get kernelSkb(): SkbPlaces {
    return this.#rings.kernel.skb;
  }

  get leases(): LeaseHandle {
    return this.#leases.handle;
  }

  get records(): FlowRecords | undefined {
    return this.#records;
  }

  get hasLeft(): boolean {
    if (this.#home === undefined) return false;
    const { pins, name } = this.#home;
    return pins.hasLinks || pins.generations(name).some((directory) => directory !== this.#directory);
  }

  openLeft(): LeftMaps | undefined {
    if (this.#home === undefined) return undefined;
    const { pins, name } = this.#home;
    for (const directory of pins.generations(name)) {
      if (directory === this.#directory) continue;
      try {
        const left = new LinuxLeftMaps(directory);
        if (left.description !== "") return left;
        left.close();
      } catch {
        // Nobody got as far as to use them.
      }
    }
    return undefined;
  }

  removeLeft(): void {
    if (this.#home === undefined) return;
    const { pins, name } = this.#home;
    pins.keepLinks(this.#fed);
    for (const directory of pins.generations(name)) if (directory !== this.#directory) pins.removeGeneration(directory);
  }

  leave(): void {
    if (this.#home === undefined || this.#directory === undefined) return;
    const { pins } = this.#home;
    // What nothing has been said of is of no use to anybody.
    if (!this.#records?.isDescribed) pins.removeGeneration(this.#directory);
    pins.leave();
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
    waitForProcessors(this.#running, this.processors, processorRow);
  }

  feed(
    port: CaptureHandle,
    queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[],
    front: ForwardFront | undefined,
  ): void {
    if (front === undefined) {
      this.#rings.feed(port, queues);
      this.#unpinLink(port.ifindex);
      return;
    }
    const loaded = (program: number): void => this.#putProgram(front.slot, program);
    this.#rings.feed(port, queues, { items: front.items, maps: this.#descriptors(), loaded });
    if (this.#directory === undefined || port.hideLink < 0) return;
    // Before it is pinned: what fails then is to be taken away, too.
    this.#fed.add(port.ifindex);
    this.#home!.pins.pinLink(port.hideLink, port);
  }

  forget(slot: number): void {
    this.#programs.delete(indexOf(slot));
  }

  loadPart(part: number, items: () => readonly ProgramItem[]): void {
    if (this.#parts.has(part)) return;
    const program = loadProgram({
      type: programType.schedCls,
      attach: attachType.tcxIngress,
      items,
      symbols: { maps: this.#descriptors(), kernelFunctions: this.#rings.kernel.kernelFunctions },
      name: "weft_part",
    });
    try {
      this.#putProgram(FORWARD_SLOTS + part, program);
    } finally {
      // The map keeps it.
      sys.close(program);
    }
    this.#parts.add(part);
  }

  tryProgram(front: readonly ProgramItem[]): void {
    const ring = this.#rings.open();
    try {
      sys.close(this.#rings.load([{ ring, place: ring.takePlace() }], { items: front, maps: this.#descriptors() }));
    } finally {
      ring.close();
    }
  }

  openFanOut(): FanOut {
    refuseWithout("xdp");
    if (this.#net === undefined) throw sys.hostError("fan-out device", ENODEV);
    this.#fanOut = new LinuxFanOut(this.#net, this.#directory);
    return this.#fanOut;
  }

  monotonic(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  close(): void {
    this.#records?.close();
    this.#fanOut?.close(this.#home?.pins.hasLeft ?? false);
    if (this.#home && this.#directory !== undefined) {
      for (const ifindex of this.#fed) this.#unpinLink(ifindex);
      this.#home.pins.removeGeneration(this.#directory);
    }
    this.#leases?.close();
    for (const array of this.#mapped.splice(0)) array.close();
    for (const map of Object.values(this.#maps)) map.close();
  }

  #pin(): void {
    if (this.#home === undefined) return;
    const { pins, name } = this.#home;
    this.#directory = pins.nextGeneration(name);
    for (const [symbol, file] of pinned) pin(this.#maps[symbol]!.fd, `${this.#directory}/${file}`);
    this.#records = new PinnedRecords(this.#directory, this.flows);
  }

  #unpinLink(ifindex: number): void {
    if (this.#fed.delete(ifindex)) this.#home?.pins.unpinLink(ifindex);
  }

  /** Descriptors of the maps by the names that programs have for them. */
  #descriptors(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#maps).map(([name, { fd }]) => [name, fd]));
  }

  #putProgram(index: number, program: number): void {
    this.#programs.update(indexOf(index), indexOf(program));
  }

  #mapOf(key: Uint8Array): BpfMap {
    return key.length === FLOW_KEY_SIZE ? this.#flowMap : this.#wideFlowMap;
  }

  #make(symbol: string, spec: MapSpec, fd?: number): BpfMap {
    const map = fd === undefined ? BpfMap.create(spec) : new BpfMap(fd, spec);
    this.#maps[symbol] = map;
    return map;
  }

  /** Threads may use what is in it longer than there are these maps: it stays mapped. */
  #shareMeters(): SharedMeters {
    const spec = { ...single, name: "weft_meters", type: mapType.array, valueSize: meterTable.size };
    const { memory } = new MappedArray(this.#make(forwardMaps.meters, { ...spec, flags: mapFlag.mmapable }));
    const place = { address: memory.address, size: memory.size };
    return { place, memory: new BigInt64Array(memory.bytes.buffer) };
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
