import type { CaptureRings, RingPlace } from "#host/capture-rings.js";
import type { FrameHandle } from "#host/net.js";
import type { Clock } from "#util/clock.js";
import type { Device } from "../../device.js";
import { isFrameDevice } from "../../devices/frame-device.js";
import type { ForwardingThread } from "../threads/forwarding-thread.js";
import type { QueueInfo } from "../threads/forwarding-thread-info.js";
import type { ThreadQueue } from "../threads/thread-protocol.js";
import { LoadHistory } from "./load-history.js";
import {
  type AssignMode,
  improvement,
  type Placement,
  type PollingCore,
  placeQueues,
  type QueueClaim,
} from "./place-queues.js";
import { LOAD_CELLS } from "./queue-loads.js";

/** How long a thread still takes frames from places in its ring that nobody should write to any more, in milliseconds. */
export const GRACE = 50;
/** Queues that the frames of a captured port may be spread over. */
const MAX_QUEUES = 64;

/** A queue in a thread: its place in the thread's ring, if it has one, and its cell in the thread's loads. */
interface Seat {
  readonly thread: ForwardingThread;
  readonly place: RingPlace | undefined;
  readonly cell: number;
}

interface RxQueue {
  readonly queue: number;
  seat: Seat | undefined;
  history: LoadHistory;
}

interface RxPort {
  readonly number: number;
  readonly device: Device;
  readonly handle: FrameHandle;
  /** It comes through rings. */
  byRing: boolean;
  isAttached: boolean;
  /** `n_rxq`. */
  wanted: number;
  affinity: ReadonlyMap<number, number>;
  queues: RxQueue[];
  /** Where queues were a moment ago. */
  leaving: { readonly queue: number; readonly seat: Seat }[];
}

/** What queues are given to threads by. */
export interface Assignment {
  readonly threads: readonly ForwardingThread[];
  /** The cores of these threads; none where there is one thread, on no core in particular. */
  readonly cores: readonly PollingCore[];
  readonly mode: AssignMode;
  readonly isolates: boolean;
}

export interface RxQueuesHost {
  readonly clock: Clock;
  /** Undefined where there are no rings. */
  readonly rings: CaptureRings | undefined;
  log(level: "info" | "warn", text: string): void;
  /** All threads there are, those that are about to end too. */
  threads(): Iterable<ForwardingThread>;
  /** Returns when these threads have obeyed every command so far. */
  settle(threads: Iterable<ForwardingThread>): void;
}

/**
 * Which thread reads which receive queue. A queue that moves loses nothing: its new thread knows of it before its frames go there, and the old one takes what it has in
 * its ring still.
 */
export class RxQueues {
  readonly #host: RxQueuesHost;
  readonly #ports = new Map<number, RxPort>();
  readonly #freeCells = new WeakMap<ForwardingThread, number[]>();
  #assignment: Assignment;
  #isolated: ReadonlySet<number> = new Set();
  #told: ReadonlySet<string> = new Set();

  constructor(host: RxQueuesHost, assignment: Assignment) {
    this.#host = host;
    this.#assignment = assignment;
  }

  /** Takes a port up, and has it attached by all threads. Nothing happens to one without frames. */
  add(number: number, device: Device): void {
    if (!isFrameDevice(device)) return;
    const handle = device.frames;
    const byRing =
      handle.kind === "capture" && handle.input === "ring" && this.#assignment.threads[0]?.ring !== undefined;
    const port: RxPort = {
      number,
      device,
      handle,
      byRing,
      isAttached: false,
      wanted: 1,
      affinity: new Map(),
      queues: [],
      leaving: [],
    };
    this.#ports.set(number, port);
    this.#count(port);
    this.plan();
  }

  /** Has threads detach a port, and returns when they have. */
  remove(number: number): void {
    const threads = [...this.#host.threads()];
    const port = this.#ports.get(number);
    if (port?.byRing && port.handle.kind === "capture") this.#host.rings?.stop(port.handle);
    for (const thread of threads) thread.queue({ op: "detach", port: number });
    this.#host.settle(threads);
    if (port === undefined) return;
    this.#ports.delete(number);
    for (const { seat } of [...port.queues, ...port.leaving]) if (seat) this.#free(seat);
    if (this.#assignment.threads.length > 1) this.plan();
  }

  /** Takes a port up anew where its device offers another number of queues. */
  refresh(number: number): void {
    const port = this.#ports.get(number);
    if (port === undefined || !isFrameDevice(port.device) || port.device.frames === port.handle) return;
    const { device, wanted, affinity } = port;
    this.remove(number);
    this.add(number, device);
    this.configure(number, wanted, affinity);
  }

  /** Takes what is asked for of a port's queues. */
  configure(number: number, wanted: number, affinity: ReadonlyMap<number, number>): void {
    const port = this.#ports.get(number);
    if (port === undefined) return;
    port.wanted = wanted;
    port.affinity = affinity;
    this.#count(port);
    this.plan();
  }

  /** From now on queues go to these threads, in this way. */
  assign(assignment: Assignment): void {
    this.#assignment = assignment;
    for (const port of this.#ports.values()) this.#count(port);
    this.plan();
  }

  /** What a thread has to be told that begins anew. */
  attachAll(thread: ForwardingThread): void {
    for (const port of this.#ports.values()) if (port.isAttached) this.#attach(port, thread);
  }

  /** Has the frames of all ports go nowhere. */
  stopAll(): void {
    for (const { byRing, handle } of this.#ports.values()) {
      if (byRing && handle.kind === "capture") this.#host.rings?.stop(handle);
    }
  }

  /** Has the frames of captured ports go where they go now by the programs that are right now. */
  feedAgain(): void {
    for (const port of this.#ports.values()) if (port.byRing && port.isAttached) this.#feed(port);
  }

  /** Gives every queue the thread that is right for it now. */
  plan(): void {
    const { cores, threads } = this.#assignment;
    if (cores.length === 0) {
      this.#isolated = new Set();
      this.#apply(new Map(this.#all().map(({ queue }) => [queue, threads[0]!])));
      return;
    }
    const placement = this.#place(false);
    const { unmet, isolated } = placement;
    this.#isolated = isolated;
    this.#warn(
      unmet.map(({ name, queue, wanted }) => {
        const which = `Core ${String(wanted).padStart(2)} cannot be pinned with port '${name}' rx queue ${queue}.`;
        return `${which} Use pmd-cpu-mask to enable a pmd on core ${wanted}. An alternative core will be assigned.`;
      }),
    );
    const byCore = new Map(threads.map((thread) => [thread.core, thread]));
    const targets = new Map<RxQueue, ForwardingThread>();
    for (const { claim, core } of placement.queues) {
      const { port, queue } = this.#find(claim);
      const thread = byCore.get(core) ?? threads[0]!;
      targets.set(queue, thread);
      if (queue.seat?.thread !== thread) this.#tell(port, claim, core, thread.core);
    }
    this.#apply(targets);
  }

  /** Says what it has not said the last time. */
  #warn(texts: readonly string[]): void {
    for (const text of texts) if (!this.#told.has(text)) this.#host.log("warn", text);
    this.#told = new Set(texts);
  }

  /**
   * Gives queues to threads anew where one that is not isolated is busy for `load` percent of its time, and the variance of the loads would get smaller by `least`
   * percent.
   */
  balance(load: number, least: number): void {
    const { cores, threads } = this.#assignment;
    const open = threads.filter(({ core }) => core !== undefined && !this.#isolated.has(core));
    const isOverloaded = open.some((thread) => this.#busy(thread) >= load);
    if (open.length < 2 || !isOverloaded || open.every((thread) => this.queues(thread).length < 2)) return;
    const gain = improvement(this.#place(true), this.#place(false), cores);
    if (gain < least) return;
    this.#host.log("info", `PMD auto load balance: improvement of ${gain.toFixed(0)}%, reassigning rx queues.`);
    this.plan();
  }

  /** Takes samples of what queues cost; every `SAMPLE_INTERVAL`. */
  sample(): void {
    for (const { queue } of this.#all()) queue.history.sample(loadOf(queue.seat));
  }

  isIsolated(core: number | undefined): boolean {
    return core !== undefined && this.#isolated.has(core);
  }

  /** The queues of a thread. */
  queues(thread: ForwardingThread): QueueInfo[] {
    return this.#all().flatMap(({ port, queue }) => {
      if (queue.seat?.thread !== thread) return [];
      const usage = (seconds: number): number | undefined => queue.history.usage(seconds);
      return [{ port: port.number, queue: queue.queue, enabled: true, usage }];
    });
  }

  /** Percent of a thread's time that went into its queues in the last minute. */
  #busy(thread: ForwardingThread): number {
    return this.queues(thread).reduce((sum, { usage }) => sum + (usage(60) ?? 0), 0);
  }

  #all(): { readonly port: RxPort; readonly queue: RxQueue }[] {
    return [...this.#ports.values()].flatMap((port) => port.queues.map((queue) => ({ port, queue })));
  }

  #find({ port: number, queue }: QueueClaim): { readonly port: RxPort; readonly queue: RxQueue } {
    const port = this.#ports.get(number)!;
    return { port, queue: port.queues[queue]! };
  }

  /** The placement as it should be, or as it is. */
  #place(asIs: boolean): Placement {
    const { cores, mode, isolates } = this.#assignment;
    const claims = this.#all().map(({ port, queue }): QueueClaim => {
      const wanted = asIs ? queue.seat?.thread.core : port.affinity.get(queue.queue);
      return { port: port.number, name: port.device.name, queue: queue.queue, wanted, load: queue.history.total };
    });
    return asIs
      ? { ...placeQueues(claims, cores, { mode: "group", isolates: false }), isolated: this.#isolated }
      : placeQueues(claims, cores, { mode, isolates });
  }

  #tell(port: RxPort, { name, queue, load }: QueueClaim, core: number | undefined, taken: number | undefined): void {
    const { mode, cores } = this.#assignment;
    const cost = mode === "roundrobin" ? "" : ` (measured processing cycles ${Math.round(load * 1e6)})`;
    const which = `port '${name}' rx queue ${queue}${cost}`;
    if (core === undefined) {
      const text = `No non-isolated pmd on any numa available for ${which}. Core ${taken} polls this rx queue all the same.`;
      this.#host.log("warn", text);
      return;
    }
    const numa = cores.find((c) => c.core === core)?.numa ?? 0;
    const where = `Core ${String(core).padStart(2)} on numa node ${numa}`;
    const isPinned = port.affinity.get(queue) === core;
    this.#host.log("info", isPinned ? `${where} is pinned with ${which}` : `${where} assigned ${which}.`);
  }

  /** Makes as many queues as there should be. */
  #count(port: RxPort): void {
    const spread = this.#assignment.cores.length > 0 ? Math.min(MAX_QUEUES, Math.max(1, port.wanted)) : 1;
    const count = port.byRing ? spread : port.handle.kind === "capture" ? 1 : port.handle.queues;
    while (port.queues.length < count) {
      port.queues.push({ queue: port.queues.length, seat: undefined, history: new LoadHistory(0) });
    }
    for (const { queue, seat } of port.queues.splice(count)) if (seat) port.leaving.push({ queue, seat });
  }

  #apply(targets: ReadonlyMap<RxQueue, ForwardingThread>): void {
    const before = new Set<ForwardingThread>();
    const after = new Set<ForwardingThread>();
    const moved: RxPort[] = [];
    for (const port of this.#ports.values()) {
      const gaining = new Set<ForwardingThread>();
      for (const queue of port.queues) {
        const thread = targets.get(queue);
        if (thread === undefined || thread === queue.seat?.thread) continue;
        this.#reseat(port, queue, thread);
        gaining.add(thread);
      }
      if (gaining.size === 0 && port.leaving.length === 0 && port.isAttached) continue;
      moved.push(port);
      if (!port.isAttached) {
        port.isAttached = true;
        for (const thread of this.#host.threads()) this.#attach(port, thread);
        continue;
      }
      // A queue that is no ring's is read by one thread at a time.
      if (!port.byRing) for (const { seat } of port.leaving) this.#tellQueues(port, seat.thread, before);
      this.#host.settle(before);
      before.clear();
      for (const thread of gaining) this.#tellQueues(port, thread, after);
    }
    this.#host.settle(after);
    for (const port of moved) {
      if (port.byRing) this.#feed(port);
      if (port.leaving.length > 0) this.#leave(port);
    }
  }

  #reseat(port: RxPort, queue: RxQueue, thread: ForwardingThread): void {
    const old = queue.seat;
    if (old) port.leaving.push({ queue: queue.queue, seat: old });
    queue.seat = this.#seat(port, thread);
    if (old) queue.history.move(loadOf(old), loadOf(queue.seat));
    else queue.history = new LoadHistory(loadOf(queue.seat));
  }

  #seat(port: RxPort, thread: ForwardingThread): Seat {
    let place: RingPlace | undefined;
    if (port.byRing) {
      try {
        place = thread.ring?.takePlace();
      } catch {
        // Found out by `#feed`.
      }
    }
    let cells = this.#freeCells.get(thread);
    if (cells === undefined) {
      cells = Array.from({ length: LOAD_CELLS - 1 }, (_, i) => LOAD_CELLS - 1 - i);
      this.#freeCells.set(thread, cells);
    }
    return { thread, place, cell: cells.pop() ?? -1 };
  }

  #free({ thread, place, cell }: Seat): void {
    if (place) thread.ring?.freePlace(place);
    if (cell > 0) this.#freeCells.get(thread)?.push(cell);
  }

  /** The queues of a port that a thread reads, those that are leaving it too. */
  #threadQueues(port: RxPort, thread: ForwardingThread): ThreadQueue[] {
    const leaving = port.byRing ? port.leaving : [];
    return [...port.queues, ...leaving].flatMap(({ queue, seat }) => {
      if (seat?.thread !== thread) return [];
      return [{ queue, cell: seat.cell, ...(seat.place && { place: seat.place }) }];
    });
  }

  #attach(port: RxPort, thread: ForwardingThread): void {
    const handle = { ...port.handle, mtu: port.device.info().mtu };
    thread.queue({ op: "attach", port: port.number, handle, queues: this.#threadQueues(port, thread) });
  }

  #tellQueues(port: RxPort, thread: ForwardingThread, told: Set<ForwardingThread>): void {
    thread.queue({ op: "queues", port: port.number, queues: this.#threadQueues(port, thread) });
    told.add(thread);
  }

  /** Has a port's frames go where its queues are now. Where that cannot be, its socket serves. */
  #feed(port: RxPort): void {
    const { handle } = port;
    if (handle.kind !== "capture") return;
    const places = port.queues.flatMap(({ seat }) => {
      const ring = seat?.thread.ring;
      return ring && seat?.place ? [{ ring, place: seat.place }] : [];
    });
    try {
      if (places.length < port.queues.length) throw new Error("rings have no place left");
      this.#host.rings?.feed(handle, places);
    } catch (error) {
      const why = (error as Error).message;
      this.#host.log("warn", `port '${handle.name}': its frames come by a packet socket, which is slower: ${why}`);
      port.byRing = false;
      // What it is fed by is another process's, or what it had before: the socket sees the same frames.
      this.#host.rings?.stop(handle);
      const threads = new Set(port.queues.flatMap(({ seat }) => seat?.thread ?? []));
      for (const queue of port.queues) {
        if (queue.seat === undefined) continue;
        const { thread, place, cell } = queue.seat;
        if (place) thread.ring?.freePlace(place);
        queue.seat = { thread, place: undefined, cell };
      }
      this.#count(port);
      for (const thread of threads) this.#tellQueues(port, thread, new Set());
    }
  }

  /** Once a thread has come to life, and a while after, nothing more is where queues were. */
  #leave(port: RxPort): void {
    const left = new Map<ForwardingThread, RxPort["leaving"]>();
    for (const entry of port.leaving) {
      const { thread } = entry.seat;
      left.set(thread, [...(left.get(thread) ?? []), entry]);
    }
    for (const [thread, entries] of left) this.#leaveThread(port, thread, entries);
  }

  #leaveThread(port: RxPort, thread: ForwardingThread, entries: RxPort["leaving"]): void {
    const { lives } = thread;
    const end = (): void => {
      // One that died meanwhile has left something in its ring, which the next one takes.
      const hasDied = thread.lives !== lives || !thread.isRunning;
      if (port.byRing && hasDied && !thread.isClosed) this.#leaveThread(port, thread, entries);
      else this.#left(port, thread, entries);
    };
    void thread.mark().then(() => this.#host.clock.after(port.byRing ? GRACE : 0, end));
  }

  #left(port: RxPort, thread: ForwardingThread, entries: RxPort["leaving"]): void {
    const gone = entries.filter((entry) => port.leaving.includes(entry));
    // Whoever removed the port, or came first, has seen to it.
    if (gone.length === 0 || this.#ports.get(port.number) !== port) return;
    port.leaving = port.leaving.filter((entry) => !gone.includes(entry));
    if (port.byRing) this.#tellQueues(port, thread, new Set());
    void thread.mark().then(() => {
      for (const { seat } of gone) this.#free(seat);
    });
  }
}

/** Milliseconds that a queue has cost its thread. */
function loadOf(seat: Seat | undefined): number {
  return seat && seat.cell > 0 ? seat.thread.loads[seat.cell]! : 0;
}
