import type { FlowKey } from "#flow/key.js";
import type { MaskShape } from "#flow/shape.js";
import type { DatapathAction } from "../actions.js";
import type { ConnectionTracking } from "../conntrack/connection-tracking.js";
import type { Upcall } from "../datapath.js";
import type { Device } from "../device.js";
import type { KernelSide } from "../kernel/kernel-side.js";
import type { DatapathMeter } from "../meters.js";
import type { Packet } from "../packet.js";
import type { FlowSlots, Slot } from "./flow-slots.js";
import type { MeterPlace } from "./meters/meter-places.js";
import type { Program } from "./ops.js";
import type { ForwardingThreadInfo } from "./threads/forwarding-thread-info.js";

/** A flow as an engine is told of it, which stays true as long as the engine has the flow. */
export interface EngineFlow {
  /** A small number that no other flow has, free again once the flow is removed. */
  readonly index: number;
  readonly shape: MaskShape;
  /** What its actions compile to. */
  readonly program: Program;
  readonly slot: Slot;
  /** Writes its key. */
  readKey(key: FlowKey): FlowKey;
}

/** All flows that an engine has been told of, in the order in which they were put. */
export interface EngineFlows extends Iterable<EngineFlow> {
  /** The flow of an index. */
  at(index: number): EngineFlow | undefined;
}

/**
 * Where a userspace datapath's forwarding happens: in this thread, or in another one. `UserspaceDatapath` keeps the books (names,
 * numbers, ufids) and tells the engine; calls take effect in order.
 */
export interface Engine {
  /** The counters of all threads together, as they are now; `counters.ts` says what is where. */
  readonly counters: Float64Array;
  /** Where flows are counted. */
  readonly slots: FlowSlots;
  readonly conntrack: ConnectionTracking;
  /** The kernel's part in forwarding, where the engine is one that can have it. */
  readonly kernel?: KernelSide;
  /** What a port's own queues lost, by reason; it lags a little. */
  portDrops(number: number): ReadonlyMap<string, number>;
  /** Masks in the flow table, as last known. */
  masks(): number;
  addPort(number: number, device: Device): void;
  removePort(number: number): void;
  /** Tells the engine of all flows there are, for one that begins anew, and to find one again. */
  setFlows(flows: () => EngineFlows): void;
  /** Adds a flow; `key` is its key, of the caller's. */
  put(flow: EngineFlow, key: FlowKey): void;
  /** Gives the flow of that index another program, which it says itself by then. */
  setProgram(index: number, program: Program): void;
  /** Removes flows. On return no packet will be counted on them any more. */
  remove(indexes: readonly number[]): void;
  /** A place for a meter's numbers that the engine rather has; undefined where there is none. */
  takeMeterPlace?(): MeterPlace | undefined;
  /** Nobody counts there any more. */
  freeMeterPlace?(place: MeterPlace): void;
  /** Adds, or replaces, a meter, whose numbers are in that place. */
  setMeter(id: number, meter: DatapathMeter, place: MeterPlace): void;
  removeMeter(id: number): void;
  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void;
  /** Sets who takes upcalls; without one they are refused, and counted as lost. */
  setUpcalls(handler: ((batch: readonly Upcall[]) => void) | undefined): void;
  /** As `Datapath.setOptions`. */
  setOptions(options: ReadonlyMap<string, string>): void;
  setPortOptions(number: number, options: ReadonlyMap<string, string>): void;
  /** The threads that forward, in the order of their cores. */
  threads(): readonly ForwardingThreadInfo[];
  /** Gives the queues to the threads anew, by what they cost now. */
  rebalance(): void;
  /** Resolves when everything asked so far is in force, or when that cannot be expected any more. */
  settled(): Promise<void>;
  close(): void;
}
