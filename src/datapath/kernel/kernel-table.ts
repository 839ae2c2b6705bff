import { FAN_OUT_LIMIT, MAX_MASKS, meterTable, OPERATION_UNITS } from "#bpf/forward/layout.js";
import { newKey } from "#flow/key.js";
import type { CaptureRing, RingPlace } from "#host/capture-rings.js";
import type { FanOut } from "#host/fan-out.js";
import type { ForwardMaps, SentPackets } from "#host/forward-maps.js";
import type { CaptureHandle } from "#host/net.js";
import type { PacketListeners } from "#host/packet-listeners.js";
import type { Clock } from "#util/clock.js";
import type { Device } from "../device.js";
import { isFrameDevice } from "../devices/frame-device.js";
import { isTunnelDevice } from "../devices/tunnel-device.js";
import type { DatapathMeter } from "../meters.js";
import type { EngineFlow } from "../userspace/engine.js";
import { OP_CT, OP_METER, type Program } from "../userspace/ops.js";
import { encodeMatch, type ForwardMatch, flowKey } from "./encode-match.js";
import type { KernelMeter, KernelPort, ProgramPlaces } from "./encode-program.js";
import type { KernelTunnel } from "./encode-tunnel.js";
import { EncodedPrograms } from "./encoded-programs.js";
import { FanOutSets } from "./fan-out-sets.js";
import { MaskLists, OperationLists, PortSlots } from "./forward-lists.js";
import { GuestWatch } from "./guest-watch.js";
import { KernelCounts } from "./kernel-counts.js";
import type { FlowPlaces, KernelFlow, MapFill } from "./kernel-flow.js";
import { isForThreads, isSamePort, portOf } from "./kernel-ports.js";
import { KernelTotals } from "./kernel-totals.js";
import { LeavingOrder } from "./leaving-order.js";
import type { ForwardOperations } from "./operation-list.js";
import { Placing } from "./placing.js";
import { goesThrough, someStep } from "./program-needs.js";
import { ProgramParts } from "./program-parts.js";
import { ValueChunks } from "./value-chunks.js";

const scratch = newKey();
/** Flows that may be placed in one go while others wait: in some ten milliseconds. */
const FEW = 4096;

/**
 * A datapath's flows in the maps of the forwarding program: those that it can do, as long as it can. All the others are for the forwarding threads, which
 * know every flow, so that a flow may be here or not at any time.
 */
export class KernelTable {
  readonly #maps: ForwardMaps;
  readonly #offset: number;
  readonly #warn: (text: string) => void;
  readonly #flows = new Map<number, KernelFlow>();
  readonly #values = new ValueChunks();
  readonly #totals: KernelTotals;
  readonly #ports = new Map<
    number,
    { readonly device: Device; readonly slot: number | undefined; state: KernelPort | undefined }
  >();
  /** Tunnels' ports that flows were to go through, by number; undefined where the kernel does not take what that needs. */
  readonly #tunnels = new Map<number, KernelTunnel | undefined>();
  /** Meters there are, by id; undefined where their numbers are not in the maps. */
  readonly #meters = new Map<number, KernelMeter | undefined>();
  readonly #named: ProgramPlaces = {
    port: (number) => this.#ports.get(number)?.state,
    tunnel: (number) => this.#tunnel(number),
    meter: (id) => (this.#meters.has(id) ? this.#meters.get(id) : "none"),
    fanOut: (ifindexes) => this.#fanOuts.find(ifindexes),
  };
  readonly #parts: ProgramParts;
  readonly #guests: GuestWatch;
  readonly #fanOuts: FanOutSets;
  readonly #masks: MaskLists;
  readonly #operations: OperationLists;
  readonly #slots = new PortSlots();
  readonly #freeRows: number[] = [];
  #rows = 0;
  readonly #leaving: LeavingOrder<KernelFlow> = new LeavingOrder(({ counts }) => counts.packets());
  /** Flows that are yet to be placed: of those it is all that is known here. */
  readonly #placing: Placing<EngineFlow>;
  readonly #encoded: EncodedPrograms = new EncodedPrograms(this.#named);
  /** Flows that left, or were not let in, as there was no room; they come back when there is. */
  readonly #waiting = new Set<KernelFlow>();
  #hasBeenFull = false;
  #places: FlowPlaces | undefined;

  /** `warn` is told of a port whose frames cannot go through the program; `flowAt` gives a flow that was put by its index. */
  constructor(
    maps: ForwardMaps,
    clock: Clock,
    warn: (text: string) => void,
    listeners: () => PacketListeners,
    flowAt: (index: number) => EngineFlow,
  ) {
    this.#guests = new GuestWatch(clock, listeners, (ports) => this.#refresh(ports));
    this.#maps = maps;
    this.#warn = warn;
    this.#parts = new ProgramParts(maps, warn);
    this.#offset = maps.monotonic() - clock.now();
    maps.meters.memory[meterTable.offset / 8] = BigInt(Math.round(-1e6 * this.#offset));
    this.#masks = new MaskLists(maps);
    this.#fanOuts = new FanOutSets(
      () => this.#openFanOut(),
      clock,
      () => this.#fanOutsChanged(),
    );
    this.#operations = new OperationLists(maps, this.#fanOuts);
    this.#totals = new KernelTotals(maps);
    this.#placing = new Placing(clock, flowAt, (flow) => this.#enter(flow));
  }

  /** How many flows are in the maps. */
  get size(): number {
    let size = 0;
    for (const { placed } of this.#flows.values()) if (placed) size++;
    return size;
  }

  /** How full the maps are. */
  fill(): MapFill {
    return {
      flows: { used: this.size, room: this.#maps.flows },
      masks: { used: this.#masks.size, room: MAX_MASKS },
      actions: { used: this.#operations.units, room: OPERATION_UNITS },
      sets: { used: this.#fanOuts.size, room: FAN_OUT_LIMIT },
    };
  }

  /** Why flows are not in the maps, and how many each. */
  reasons(): Map<string, number> {
    const reasons = new Map<string, number>();
    for (const { reason } of this.#flows.values()) {
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    if (this.#placing.size > 0) reasons.set("waits for another packet", this.#placing.size);
    return reasons;
  }

  /** Has `places` be told from now on, and at once of the flows that are there. */
  tellPlaces(places: FlowPlaces | undefined): void {
    this.#places = places;
    for (const { id, placed } of this.#flows.values()) if (placed) places?.placed(id, placed.row, placed.key);
  }

  addPort(number: number, device: Device): void {
    const slot = this.#slots.take(number);
    if (slot !== undefined) this.#totals.clearSent(slot);
    this.#ports.set(number, { device, slot, state: this.#guests.see(number, portOf(device, slot)) });
    this.#encodeAgain(new Set([number]));
  }

  /** A port's device has changed. */
  refreshPort(number: number): void {
    this.#refresh(new Set([number]));
  }

  #refresh(numbers: ReadonlySet<number>): void {
    const changed = new Set<number>();
    for (const number of numbers) {
      const port = this.#ports.get(number);
      if (port === undefined) continue;
      const state = this.#guests.see(number, portOf(port.device, port.slot));
      if (isSamePort(state, port.state)) continue;
      port.state = state;
      changed.add(number);
    }
    if (changed.size > 0) this.#encodeAgain(changed);
  }

  /** Whether packets may go to guests without passing their ports, while nobody listens there. */
  sendDirectly(isDirect: boolean): void {
    this.#guests.want(isDirect);
  }

  /** On return nothing is sent by the port any more. */
  removePort(number: number): void {
    const port = this.#ports.get(number);
    if (port === undefined) return;
    this.#ports.delete(number);
    this.#tunnels.delete(number);
    this.#guests.forget(number);
    this.#encodeAgain(new Set([number]));
    if (port.state) this.#fanOuts.forget(port.state.ifindex);
    if (port.slot !== undefined) this.#maps.forget(port.slot);
    this.#slots.free(number);
  }

  /** Adds a flow, which goes into the maps now or a little later. */
  put(flow: EngineFlow): void {
    this.#placing.add(flow);
  }

  /** A flow's time has come. */
  #enter(entered: EngineFlow): void {
    const { index: id, shape, program, slot } = entered;
    const at = this.#values.take(shape.words.length);
    const values = this.#values.chunk;
    shape.gather(entered.readKey(scratch), values, at);
    const counts = new KernelCounts(this.#maps, this.#offset, slot.part?.read());
    slot.part = counts;
    const flow = { id, shape, values, at, program, counts, placed: undefined, reason: undefined };
    this.#flows.set(id, flow);
    this.#place(flow);
  }

  /** Flows go into the maps that have been put off. */
  placeAll(): void {
    this.#placing.placeAll();
  }

  /** The same, unless very many have been put off, of which only those go there that have been used since. */
  settle(): void {
    if (this.#placing.size <= FEW) this.placeAll();
    else this.placeUsed();
  }

  /** Flows go into the maps that have been put off and used since. */
  placeUsed(): void {
    this.#placing.placeUsed();
  }

  /** Adds, replaces or, without one, removes a meter. `row` is that of its numbers in the maps, undefined where they are elsewhere. */
  setMeter(id: number, meter: DatapathMeter | undefined, row: number | undefined): void {
    if (meter === undefined) this.#meters.delete(id);
    else this.#meters.set(id, row === undefined ? undefined : { row, meter });
    this.#encoded.clear();
    for (const flow of this.#flows.values()) {
      if (someStep(flow.program, ({ code, a }) => code === OP_METER && a === id)) this.#replace(flow);
    }
  }

  setProgram(id: number, program: Program): void {
    const flow = this.#flows.get(id);
    if (flow === undefined) return;
    flow.program = program;
    this.#replace(flow);
  }

  /** On return no packet is counted on them any more. */
  remove(ids: readonly number[]): void {
    const placed: KernelFlow[] = [];
    for (const id of ids) {
      if (this.#placing.delete(id)) continue;
      const flow = this.#flows.get(id);
      if (flow === undefined) continue;
      this.#flows.delete(id);
      this.#waiting.delete(flow);
      if (flow.placed === undefined) continue;
      this.#maps.deleteFlow(flow.placed.key);
      placed.push(flow);
    }
    if (placed.length === 0) return;
    this.#maps.waitForPrograms();
    for (const flow of placed) this.#displaced(flow);
    this.#letIn(placed.length);
  }

  /** So many flows have made room: as many may try again. */
  #letIn(count: number): void {
    const again: KernelFlow[] = [];
    for (const flow of this.#waiting) {
      if (again.length === count) break;
      again.push(flow);
    }
    for (const flow of again) {
      this.#waiting.delete(flow);
      this.#place(flow);
    }
  }

  /** Adds what the kernel has counted to a datapath's counters. */
  addTo(counters: Float64Array): void {
    this.#totals.addTo(counters);
  }

  /** Puts a port's frames through the program, and what it leaves to the places. */
  feed(port: CaptureHandle, queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[]): void {
    const known = [...this.#ports.values()].find(({ device }) => isFrameDevice(device) && device.frames === port);
    const slot = known?.slot;
    if (slot === undefined) {
      this.#maps.feed(port, queues, undefined);
      return;
    }
    try {
      this.#maps.feed(port, queues, { slot, items: this.#parts.port(slot) });
    } catch (error) {
      this.#warn(`${port.name}: its flows stay out of the kernel: ${String(error)}`);
      this.#maps.feed(port, queues, undefined);
    }
  }

  /** Throws `HostError` where the kernel does not take the program. */
  tryProgram(): void {
    this.#maps.tryProgram(this.#parts.port(0));
  }

  /** No port's frames go through the program any more. */
  close(): void {
    this.#guests.close();
    this.#placing.close();
    this.#maps.waitForPrograms();
    for (const { counts, placed } of this.#flows.values()) if (placed) counts.end();
    this.#flows.clear();
    this.#totals.end();
    this.#maps.close();
  }

  /** The slot of a port, where it has one. */
  slotOf(number: number): number | undefined {
    return this.#ports.get(number)?.slot;
  }

  /** What went to a port's guest without passing the port. */
  sent(number: number): SentPackets {
    return this.#totals.sent(this.#ports.get(number)?.slot);
  }

  /** What was to go out by a port while that was down. */
  down(number: number): number {
    return this.#totals.down(this.#ports.get(number)?.slot);
  }

  #encode(flow: KernelFlow, match: ForwardMatch): ForwardOperations | string {
    if (isForThreads(this.#ports.get(match.port)?.device)) return "comes in by a port whose packets threads take";
    if (flow.program.some(({ code }) => code === OP_CT)) {
      const refused = this.#parts.track();
      if (refused !== undefined) return refused;
    }
    const encoded = this.#encoded.encode(flow.program, match);
    if (typeof encoded === "string" || !encoded.needsOthers) return encoded;
    return this.#parts.others() ?? encoded;
  }

  /** What the program knows of a tunnel's port, which it is made ready for; undefined where there is none, or the kernel does not take what it needs. */
  #tunnel(number: number): KernelTunnel | undefined {
    const port = this.#ports.get(number);
    if (port?.slot === undefined || !isTunnelDevice(port.device)) return undefined;
    const { protocol } = port.device.tunnel;
    if (protocol === undefined) return undefined;
    const { slot } = port;
    if (this.#tunnels.has(number)) return this.#tunnels.get(number);
    const known = this.#parts.tunnel(port.device.name) ? { slot, protocol } : undefined;
    this.#tunnels.set(number, known);
    return known;
  }

  #openFanOut(): FanOut | undefined {
    try {
      return this.#maps.openFanOut?.();
    } catch (error) {
      this.#warn(`packets for many ports are copied one by one: ${String(error)}`);
      return undefined;
    }
  }

  /** Lists that nobody has placed are to be made anew, and those that name a set where there are none any more. */
  #fanOutsChanged(): void {
    this.#encoded.clear();
    if (this.#fanOuts.size > 0) return;
    for (const flow of this.#flows.values()) if (flow.placed?.operations.sets.length) this.#replace(flow);
  }

  /** Puts a flow into the maps, if that can be. */
  #place(flow: KernelFlow): void {
    const match = encodeMatch(flow.shape, flow.values, flow.at);
    const encoded = typeof match === "string" ? match : this.#encode(flow, match);
    flow.reason =
      typeof match === "string" || typeof encoded === "string"
        ? (encoded as string)
        : this.#tryPlace(flow, match, encoded);
  }

  /** Undefined, or why it could not be. */
  #tryPlace(flow: KernelFlow, match: ForwardMatch, encoded: ForwardOperations): string | undefined {
    const { counts } = flow;
    const { port } = match;
    const row = this.#takeRow();
    const slot = this.#slots.take(port);
    const mask = this.#masks.take(match);
    const operations = this.#operations.take(encoded);
    const giveBack = (why: string): string => {
      this.#freeRows.push(row);
      if (slot !== undefined) this.#slots.free(port);
      if (mask) this.#masks.free(mask);
      if (operations) this.#operations.free(operations);
      this.#waiting.add(flow);
      return why;
    };
    if (slot === undefined) return giveBack("too many ports");
    if (mask === undefined) return giveBack("too many masks");
    if (operations === undefined) return giveBack("too many lists of actions");
    const key = flowKey(match, slot, mask.index);
    counts.begin(row);
    if (!this.#maps.putFlow(key, operations.place, row)) {
      counts.end();
      return giveBack("the kernel has no room");
    }
    this.#masks.list(slot, mask);
    flow.placed = { port, slot, mask, key, row, operations };
    this.#leaving.add(flow);
    this.#waiting.delete(flow);
    this.#places?.placed(flow.id, row, key);
    return undefined;
  }

  /** A row for a flow, from which another one has to go where all are taken. */
  #takeRow(): number {
    const free = this.#freeRows.pop();
    if (free !== undefined) return free;
    if (this.#rows < this.#maps.flows) return this.#rows++;
    if (!this.#hasBeenFull) {
      this.#hasBeenFull = true;
      this.#warn(
        `the kernel's table of ${this.#maps.flows} flows is full: those not used lately are left to the threads`,
      );
    }
    const gone = this.#leaving.next()!;
    this.#maps.deleteFlow(gone.placed!.key);
    this.#maps.waitForPrograms();
    this.#displaced(gone);
    gone.reason = "too many flows";
    this.#waiting.add(gone);
    return this.#freeRows.pop()!;
  }

  /** A flow does something else now. */
  #replace(flow: KernelFlow): void {
    const { placed } = flow;
    if (placed === undefined) {
      this.#place(flow);
      return;
    }
    // What is there can be matched.
    const encoded = this.#encode(flow, encodeMatch(flow.shape, flow.values, flow.at) as ForwardMatch);
    const operations = typeof encoded === "string" ? undefined : this.#operations.take(encoded);
    if (operations && this.#maps.putFlow(placed.key, operations.place, placed.row)) {
      const before = placed.operations;
      placed.operations = operations;
      this.#places?.placed(flow.id, placed.row, placed.key);
      this.#maps.waitForPrograms();
      this.#operations.free(before);
      return;
    }
    if (operations) this.#operations.free(operations);
    this.#maps.deleteFlow(placed.key);
    this.#maps.waitForPrograms();
    this.#displaced(flow);
    flow.reason = typeof encoded === "string" ? encoded : "too many lists of actions";
  }

  /** A flow has been taken out of the maps, and nobody has it any more. */
  #displaced(flow: KernelFlow): void {
    const { port, slot, mask, operations } = flow.placed!;
    flow.placed = undefined;
    this.#leaving.delete(flow);
    this.#masks.unlist(slot, mask);
    this.#masks.free(mask);
    this.#operations.free(operations);
    this.#slots.free(port);
    const row = flow.counts.end();
    this.#freeRows.push(row);
    this.#places?.displaced(row);
  }

  /** What goes out by these ports is another matter now. */
  #encodeAgain(ports: ReadonlySet<number>): void {
    this.#encoded.clear();
    for (const flow of this.#flows.values()) {
      if (someStep(flow.program, (step) => goesThrough(step, ports))) this.#replace(flow);
    }
  }
}
