import { cloneKey, type FlowKey } from "#flow/key.js";
import type { Clock } from "#util/clock.js";
import { BugError } from "#util/errors.js";
import type { Offload } from "#wire/virtio-net.js";
import type { DatapathAction } from "../actions.js";
import type { ConnectionTracking } from "../conntrack/connection-tracking.js";
import { ManagedTracking } from "../conntrack/managed-tracking.js";
import type { Upcall } from "../datapath.js";
import type { Device } from "../device.js";
import { isTunnelDevice } from "../devices/tunnel-device.js";
import type { DatapathMeter } from "../meters.js";
import type { Packet } from "../packet.js";
import { compileActions } from "./compile.js";
import { COUNTERS } from "./counters.js";
import { type DirectDevice, isDirectDevice } from "./direct-device.js";
import type { Engine, EngineFlow } from "./engine.js";
import type { Flow } from "./flow.js";
import { FlowSlots } from "./flow-slots.js";
import { Forwarder } from "./forwarder.js";
import { HeadArena } from "./frames/head-arena.js";
import { InProcessThreads } from "./in-process-threads.js";
import { beginMeter, Meter } from "./meters/meter.js";
import type { MeterPlace } from "./meters/meter-places.js";
import type { Program } from "./ops.js";
import type { PollingCore } from "./queues/place-queues.js";
import type { UpcallSink } from "./sinks.js";
import type { ForwardingThreadInfo } from "./threads/forwarding-thread-info.js";

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();
const NO_DROPS: ReadonlyMap<string, number> = new Map();

/**
 * Forwards in the caller's thread, one frame at a time, deterministically: when `transmit` of a device or the upcall handler is called, and
 * in which order, depends on nothing but the calls made before. An upcall is handed over, alone in its batch, once the frame that caused it is done.
 */
export class InProcessEngine implements Engine {
  readonly counters: Float64Array = new Float64Array(COUNTERS);
  readonly slots: FlowSlots = new FlowSlots();
  readonly #clock: Clock;
  readonly #arena = new HeadArena(new Uint8Array(1 << 16));
  readonly #forwarder: Forwarder;
  readonly #threads: InProcessThreads;
  readonly #devices = new Map<number, DirectDevice>();
  readonly #flows = new Map<number, Flow>();
  readonly #waiting: Upcall[] = [];
  readonly #sent: { readonly port: number; readonly packet: Packet }[] = [];
  readonly conntrack: ConnectionTracking = new ManagedTracking({
    ask: async (request) => this.#forwarder.tracking.answer(request, this.#clock.now()),
    tell: (setting) => void this.#forwarder.tracking.answer(setting, this.#clock.now()),
  });
  #handler: ((batch: readonly Upcall[]) => void) | undefined;
  #busy = false;

  /** `cores` are those that threads would be on, if there were any. */
  constructor(clock: Clock, random: () => number, cores: () => readonly PollingCore[] = () => []) {
    this.#clock = clock;
    this.#threads = new InProcessThreads(this.counters, cores);
    this.#forwarder = new Forwarder(
      { send: (...args) => this.#send(...args) },
      { upcall: (...args) => this.#upcall(...args) },
      { counters: this.counters, arena: this.#arena, random },
    );
  }

  masks(): number {
    return this.#forwarder.lookup.masks;
  }

  /** Ports have no queues here. */
  portDrops(): ReadonlyMap<string, number> {
    return NO_DROPS;
  }

  /** It does not begin anew. */
  setFlows(): void {}

  addPort(number: number, device: Device): void {
    if (isTunnelDevice(device)) {
      this.#forwarder.addTunnelPort(number, device.tunnel);
      return;
    }
    this.#forwarder.addPort(number);
    if (!isDirectDevice(device)) return;
    this.#devices.set(number, device);
    this.#threads.addPort(number, device);
    device.onReceive((packet, queue = 0) => this.#threads.count(number, queue, () => this.#receive(number, packet)));
  }

  removePort(number: number): void {
    this.#devices.get(number)?.onReceive(undefined);
    this.#devices.delete(number);
    this.#threads.removePort(number);
    this.#forwarder.removePort(number);
    this.#forwarder.lookup.setPortOptions(number, NO_OPTIONS);
  }

  put({ index: id, shape, program, slot }: EngineFlow, key: FlowKey): void {
    const added: Flow = {
      id,
      program,
      stats: slot.chunk.memories[0]!,
      statsAt: slot.at,
      isElsewhere: false,
      dead: false,
      index: -1,
    };
    this.#flows.set(id, added);
    this.#forwarder.lookup.add(added, key, shape);
  }

  setProgram(id: number, program: Program): void {
    this.#flows.get(id)!.program = program;
  }

  remove(ids: readonly number[]): void {
    for (const id of ids) {
      const flow = this.#flows.get(id);
      if (flow === undefined) throw new BugError(`no flow ${id}`);
      this.#flows.delete(id);
      this.#forwarder.lookup.remove(flow);
    }
  }

  setMeter(id: number, meter: DatapathMeter, place: MeterPlace): void {
    beginMeter(place, meter, this.#clock.now());
    this.#forwarder.setMeter(id, new Meter(meter, place));
  }

  removeMeter(id: number): void {
    this.#forwarder.setMeter(id, undefined);
  }

  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    const program = compileActions(actions, key);
    this.#forwarder.now = this.#clock.now();
    this.#forwarder.execute(packet, key, program);
    this.#deliver();
  }

  setUpcalls(handler: ((batch: readonly Upcall[]) => void) | undefined): void {
    this.#handler = handler;
  }

  /** What concerns lookups; threads and queues are there to be looked at alone. */
  setOptions(options: ReadonlyMap<string, string>): void {
    this.#forwarder.lookup.setOptions(options);
    this.#threads.setOptions(options);
  }

  setPortOptions(number: number, options: ReadonlyMap<string, string>): void {
    this.#forwarder.lookup.setPortOptions(number, options);
    this.#threads.setPortOptions(number, options);
  }

  threads(): readonly ForwardingThreadInfo[] {
    return this.#threads.list();
  }

  rebalance(): void {}

  settled(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    for (const device of this.#devices.values()) device.onReceive(undefined);
    this.#devices.clear();
    this.#handler = undefined;
  }

  #receive(number: number, packet: Packet): void {
    this.#forwarder.now = this.#clock.now();
    this.#forwarder.receive(number, packet.data, 0, packet.data.length, packet.offload);
    this.#deliver();
  }

  #send(
    port: number,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const data = new Uint8Array(headLength + tailLength);
    data.set(head.subarray(headAt, headAt + headLength));
    data.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
    this.#sent.push({ port, packet: { data, offload: { ...offload } } });
  }

  #upcall(...[frame, length, key, cookie, recirculations]: Parameters<UpcallSink["upcall"]>): boolean {
    if (this.#handler === undefined) return false;
    const data = new Uint8Array(length);
    frame.copyTo(data, 0, length);
    this.#waiting.push({
      kind: cookie === undefined ? "miss" : "action",
      packet: { data, offload: { ...frame.offload }, recirculations },
      key: cloneKey(key),
      cookie,
    });
    return true;
  }

  /** Hands out what forwarding produced. What that in turn causes is queued behind it, not nested. */
  #deliver(): void {
    this.#arena.reset();
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const sent = this.#sent.shift();
        if (sent !== undefined) {
          this.#devices.get(sent.port)?.transmit(sent.packet);
          continue;
        }
        const upcall = this.#waiting.shift();
        if (upcall === undefined) return;
        this.#handler?.([upcall]);
      }
    } finally {
      this.#busy = false;
    }
  }
}
