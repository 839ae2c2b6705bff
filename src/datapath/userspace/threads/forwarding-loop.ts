import type { FrameReceiver } from "#host/frame-io.js";
import { type LeaseHandle, LeaseState } from "#host/lease-memory.js";
import { Counter } from "../counters.js";
import type { Flow } from "../flow.js";
import { Forwarder } from "../forwarder.js";
import { HeadArena } from "../frames/head-arena.js";
import { Meter } from "../meters/meter.js";
import type { Program } from "../ops.js";
import { PortLosses } from "../queues/port-losses.js";
import { QueueLoads } from "../queues/queue-loads.js";
import { Rest, restOfSwamped } from "../queues/rest.js";
import { readsKey } from "../reads-key.js";
import { UpcallBatch } from "../upcalls/upcall-batch.js";
import { begunKey } from "./begun-key.js";
import { HandedPackets } from "./handed-packets.js";
import { HandoverWriter } from "./handover-ring.js";
import { formatSuspicion } from "./iterations-text.js";
import type { LoopHost } from "./loop-host.js";
import { rehearse } from "./rehearsal.js";
import { Metric, ThreadMetrics } from "./thread-metrics.js";
import { type Command, Control, type Event, type ThreadQueue, type ThreadStart } from "./thread-protocol.js";
import { tracksConnections } from "./tracks-connections.js";
import { TurnBudget } from "./turn-budget.js";
import { type WorkHandlers, WorkReader } from "./work-batch.js";

/** Longest a stopped thread waits to be let go, in milliseconds. */
const FAREWELL = 1000;
/** How long a thread that fails still takes signals, in milliseconds. */
const LAST_SIGNAL = 10;
/** After a turn of so many frames, the thread looks for more for so many milliseconds before it sleeps: being woken costs more, the sender too. */
const BUSY = 4;
const POLLING = 0.05;
/** How often, at the least, it is looked for connections whose time is over where nothing comes, in milliseconds. */
const IDLE_SWEEP_INTERVAL = 1000;
/** How often ports are asked what they lost, in milliseconds. */
const LOSS_INTERVAL = 100;
/** Turns that a thread takes at the most to forward what still waits, once it is to end. */
const LAST_TURNS = 10_000;

/**
 * The forwarding thread. Each turn obeys the commands that have come, forwards a batch of frames, sends the upcalls of
 * the batch up and the frames out; with nothing to do it blocks in `FrameIo.wait`.
 */
export class ForwardingLoop {
  readonly #host: LoopHost;
  readonly #control: Int32Array;
  readonly #counters: Float64Array;
  readonly #metrics: ThreadMetrics;
  readonly #figures: Float64Array;
  readonly #loads: QueueLoads;
  /** What of the thread's time has been divided among queues, in milliseconds. */
  #divided = 0;
  /** The way to the thread that tracks connections, and its control block. */
  readonly #handover: HandoverWriter | undefined;
  readonly #tracker: Int32Array | undefined;
  readonly #helpers: HandedPackets;
  /** Packets from there since their cost was last noted. */
  #handed = 0;
  readonly #forwarder: Forwarder;
  readonly #arena: HeadArena;
  readonly #upcalls: UpcallBatch;
  readonly #slots: Float64Array[] = [];
  /** By their numbers, which are small. */
  readonly #flows: (Flow | undefined)[] = [];
  readonly #ports = new Set<number>();
  readonly #losses: PortLosses;
  #lossesAt = 0;
  #sweptAt = 0;
  /** Something was done since the ports were last asked what they lost. */
  #unasked = false;
  readonly #receive: FrameReceiver;
  #wantsUpcalls = false;
  readonly #work = new WorkReader();
  readonly #workHandlers: WorkHandlers = {
    put: (...args) => this.#put(...args),
    execute: (...args) => this.#execute(...args),
    executeKept: (...args) => this.#executeKept(...args),
    release: (chunk) => void this.#released.push(chunk),
  };
  /** Chunks of upcalls that need not be kept once what this turn sends has been flushed. */
  readonly #released: number[] = [];
  readonly #budget = new TurnBudget();
  /** Packets of this turn that have come back from upcalls, and those that went up or found no room. */
  #executed = 0;
  #unknown = 0;
  /** Packets of this turn that found no room on their way up, and for how many microseconds the thread stays away for that. */
  #refused = 0;
  #swamped = 0;
  #posted = 0;
  #masks = -1;
  #stopped = false;
  readonly #rest = new Rest();
  /** Frames of the last turn. */
  #received = 0;
  /** Clock milliseconds at the end of the last turn. */
  #ended = 0;
  /** Turns left before it stops; undefined where it is not to. */
  #turnsLeft: number | undefined;

  constructor(host: LoopHost) {
    const start = host.parent.data as ThreadStart;
    this.#host = host;
    this.#control = new Int32Array(start.control);
    this.#counters = new Float64Array(start.counters);
    this.#figures = new Float64Array(start.metrics);
    this.#metrics = new ThreadMetrics(this.#figures, host.now(), (iteration, history) =>
      this.#post({ kind: "log", level: "warn", text: formatSuspicion(iteration, history) }),
    );
    this.#arena = new HeadArena(host.io.scratch);
    this.#upcalls = new UpcallBatch(this.#control);
    this.#losses = new PortLosses(host.io, this.#counters);
    this.#loads = new QueueLoads(host.io, new Float64Array(start.loads));
    this.#divided = this.#figures[Metric.busyTime]! / 1e6;
    const { handover } = start;
    this.#handover = handover && new HandoverWriter(handover.memory);
    this.#tracker = handover && new Int32Array(handover.control);
    this.#forwarder = new Forwarder(
      host.io,
      { upcall: (...args) => this.#upcall(...args) },
      { counters: this.#counters, arena: this.#arena, random: host.random, handover: this.#handover },
    );
    const forwarder = this.#forwarder;
    this.#receive = (port, memory, at, length, offload, begun) => {
      if (begun === undefined) forwarder.receive(port, memory, at, length, offload);
      else {
        const key = begunKey(begun, memory, at, length);
        forwarder.resume(memory, at, length, offload, key, begun.recirculations, begun);
      }
    };
    this.#helpers = new HandedPackets((...args) => {
      forwarder.resume(...args);
      if (this.#arena.crowded) this.#flush();
    });
    if (start.core !== undefined) this.#pin(start.core);
    const packed = rehearse();
    this.#post({ kind: "rehearsal", packed }, [packed.buffer]);
    Atomics.store(this.#control, Control.wakeFd, host.io.wakeFd);
    Atomics.store(this.#control, Control.ready, 1);
  }

  /** Runs until told to stop, and until nobody uses the wake-up descriptor any more; then, or where it fails, there is no frame I/O any more. */
  run(): void {
    try {
      for (let now = this.#host.now(), pollUntil = now; !this.#stopped; ) {
        const hasMore = this.turn(now);
        if (this.#received >= BUSY) pollUntil = this.#ended + POLLING;
        if (this.#swamped > 0) now = this.#stayAway(this.#ended, this.#swamped);
        else if (hasMore) now = this.#ended;
        else now = this.#ended < pollUntil ? this.#host.now() : this.#sleep(this.#ended);
      }
      this.#bidFarewell();
    } catch (error) {
      this.#giveUp();
      throw error;
    }
    this.#host.io.close();
  }

  #bidFarewell(): void {
    for (let fd = this.#host.io.wakeFd; Atomics.load(this.#control, Control.wakeFd) === fd; ) {
      if (Atomics.wait(this.#control, Control.wakeFd, fd, FAREWELL) === "timed-out") return;
    }
  }

  /** Lets go of everything, so that the next thread finds it free, and answers: whoever asks waits for nothing that this thread still does. */
  #giveUp(): void {
    const control = this.#control;
    Atomics.store(control, Control.ready, 0);
    Atomics.store(control, Control.sleeping, 0);
    // Somebody may just have read otherwise.
    Atomics.wait(control, Control.sleeping, 0, LAST_SIGNAL);
    try {
      this.#host.io.close();
    } finally {
      this.#answer(Atomics.load(control, Control.asked));
    }
  }

  /** One turn, which begins now; false where there is nothing more to do until `FrameIo.wait` returns. */
  turn(began: number = this.#host.now()): boolean {
    if (this.#stopped) return false;
    const asked = Atomics.load(this.#control, Control.asked);
    const before = this.#counters[Counter.sent]!;
    const obeyed = this.#obey();
    if (this.#turnsLeft === undefined) this.#answer(asked);
    this.#forwarder.now = obeyed ? this.#host.now() : began;
    const budget = this.#budget.frames;
    const handed = this.#helpers.take(budget >> 1);
    this.#handed += handed;
    const received = this.#host.io.receive(budget, this.#receive) + handed;
    this.#received = received;
    this.#swamped = restOfSwamped(received, this.#refused);
    this.#refused = 0;
    const unknown = this.#unknown;
    if (received > 0 || obeyed) {
      this.#sendUpcalls();
      this.#flush();
      for (const chunk of this.#released) this.#upcalls.release(chunk);
      this.#released.length = 0;
      if (handed > 0) this.#helpers.release();
      if (this.#handover?.isUntold) this.#tellTracker(this.#handover);
      this.#counters[Counter.turns]!++;
      this.#unasked = true;
      this.#noteCost(received - unknown + this.#executed, this.#counters[Counter.sent]! - before);
    }
    if (this.#unasked && this.#forwarder.now - this.#lossesAt >= LOSS_INTERVAL) this.#tellLosses();
    const isSweeping = this.#sweep();
    const isBusy = received > 0 || obeyed || isSweeping;
    this.#ended = this.#host.now();
    this.#metrics.note(began, this.#ended, isBusy, received, received > 0 ? 1 : 0, unknown);
    if (this.#turnsLeft !== undefined) {
      this.#stopped = received === 0 || --this.#turnsLeft <= 0;
      if (this.#stopped) this.#answer(Atomics.load(this.#control, Control.asked));
      return true;
    }
    return isSweeping || received >= budget || handed >= budget >> 1;
  }

  /** Says that every command before a question is in force. */
  #answer(asked: number): void {
    if (Atomics.load(this.#control, Control.done) === asked) return;
    Atomics.store(this.#control, Control.done, asked);
    Atomics.notify(this.#control, Control.done);
  }

  #tellTracker(handover: HandoverWriter): void {
    handover.isUntold = false;
    const tracker = this.#tracker!;
    if (Atomics.load(tracker, Control.sleeping) === 1) this.#host.signal(Atomics.load(tracker, Control.wakeFd));
  }

  #noteCost(forwarded: number, sent: number): void {
    this.#executed = 0;
    this.#unknown = 0;
    if (this.#budget.note(forwarded, sent)) this.#upcalls.limitTo(this.#budget.upcallShare);
  }

  /** Forgets connections whose time is over, some at a time. True where there are more. */
  #sweep(): boolean {
    const { now, tracking } = this.#forwarder;
    if (!tracking.isBusy || now - this.#sweptAt < tracking.sweepInterval) return false;
    const hasMore = tracking.sweep(now);
    if (!hasMore) this.#sweptAt = now;
    return hasMore;
  }

  /** Sleeps from now on; returns when that was over. */
  #sleep(began: number): number {
    const rest = this.#rest.after(began, this.#received);
    if (rest > 0) return this.#stayAway(began, rest);
    const patience = this.#forwarder.tracking.isBusy ? IDLE_SWEEP_INTERVAL : -1;
    let now = began;
    const timeout = this.#unasked ? LOSS_INTERVAL : patience;
    const control = this.#control;
    Atomics.store(control, Control.sleeping, 1);
    const isAsked = Atomics.load(control, Control.asked) !== Atomics.load(control, Control.done);
    if (!isAsked && this.#helpers.isEmpty && Atomics.load(control, Control.posted) === this.#posted) {
      this.#host.io.wait(timeout);
      now = this.#host.now();
      this.#metrics.slept(began, now);
    }
    Atomics.store(control, Control.sleeping, 0);
    return now;
  }

  /** Does nothing for so many microseconds, unless there are commands; frames that come do not end it. */
  #stayAway(began: number, microseconds: number): number {
    Atomics.wait(this.#control, Control.posted, this.#posted, microseconds / 1000);
    const now = this.#host.now();
    this.#metrics.slept(began, now);
    return now;
  }

  #obey(): boolean {
    const posted = Atomics.load(this.#control, Control.posted);
    if (posted === this.#posted) return false;
    this.#forwarder.now = this.#host.now();
    for (;;) {
      const batch = this.#host.parent.receive() as readonly Command[] | undefined;
      if (batch === undefined) break;
      this.#posted++;
      for (const command of batch) this.#do(command);
    }
    if (this.#forwarder.lookup.masks !== this.#masks) {
      this.#masks = this.#forwarder.lookup.masks;
      Atomics.store(this.#control, Control.masks, this.#masks);
    }
    return true;
  }

  #do(command: Command): void {
    switch (command.op) {
      case "slots":
        this.#slots[command.chunk] = new Float64Array(command.memory);
        return;
      case "attach":
        this.#attach(command);
        return;
      case "tunnel":
        this.#forwarder.addTunnelPort(command.port, command.tunnel);
        return;
      case "detach":
        this.#detach(command.port);
        return;
      case "queues":
        this.#setQueues(command.port, command.queues);
        return;
      case "helper":
        if (command.memory !== undefined) this.#helpers.add(command.seat, command.memory);
        else this.#helpers.remove(command.seat, () => this.#flush());
        return;
      case "core":
        this.#pin(command.core);
        return;
      case "mtu":
        if (this.#ports.has(command.port)) this.#host.io.setMtu(command.port, command.mtu);
        return;
      case "work":
        this.#work.read(command.buffer, command.programs, this.#workHandlers);
        return;
      case "program": {
        const flow = this.#flows[command.id];
        if (flow === undefined) return;
        flow.program = command.program;
        flow.isElsewhere = this.#isElsewhere(command.program);
        return;
      }
      case "remove":
        for (const id of command.ids) {
          const flow = this.#flows[id];
          if (flow === undefined) continue;
          this.#flows[id] = undefined;
          this.#forwarder.lookup.remove(flow);
        }
        return;
      case "meter":
        this.#setMeter(command);
        return;
      case "ct": {
        const value = this.#forwarder.tracking.answer(command.request, this.#host.now());
        if (command.call !== undefined) this.#post({ kind: "ct", call: command.call, value });
        return;
      }
      case "leases":
        this.#lease(command.handle);
        return;
      case "upcalls":
        this.#wantsUpcalls = command.wanted;
        return;
      case "options":
        this.#forwarder.lookup.setOptions(command.options);
        this.#metrics.setOptions(command.options);
        this.#rest.setOptions(command.options);
        return;
      case "port-options":
        this.#forwarder.lookup.setPortOptions(command.port, command.options);
        return;
      case "mark":
        this.#tellLosses();
        this.#post({ kind: "marked", mark: command.mark });
        return;
      case "stop":
        this.#turnsLeft = LAST_TURNS;
        return;
    }
  }

  #lease(handle: LeaseHandle | undefined): void {
    const isOpen = handle !== undefined && Atomics.load(new Int32Array(handle.state), 0) === LeaseState.open;
    const { connections } = this.#forwarder.tracking;
    connections.lease(isOpen ? this.#host.leases(handle) : undefined, this.#host.now());
  }

  #attach(command: Command & { op: "attach" }): void {
    try {
      this.#host.io.attach(command.port, command.handle, command.queues);
    } catch (error) {
      this.#post({ kind: "log", level: "warn", text: `port ${command.port}: ${(error as Error).message}` });
      return;
    }
    this.#ports.add(command.port);
    this.#losses.add(command.port);
    this.#loads.set(command.port, command.queues);
    this.#forwarder.addPort(command.port);
  }

  #setQueues(port: number, queues: readonly ThreadQueue[]): void {
    if (!this.#ports.has(port)) return;
    // What came so far is divided before it is forgotten.
    this.#divide();
    try {
      this.#host.io.setQueues(port, queues);
    } catch (error) {
      this.#post({ kind: "log", level: "warn", text: `port ${port}: ${(error as Error).message}` });
      return;
    }
    this.#loads.set(port, queues);
  }

  #pin(core: number | undefined): void {
    this.#rest.setCore(core);
    try {
      this.#host.pin(core);
    } catch (error) {
      this.#post({ kind: "log", level: "warn", text: `core ${core}: ${(error as Error).message}` });
    }
  }

  #isElsewhere(program: Program): boolean {
    return this.#handover !== undefined && tracksConnections(program);
  }

  #detach(port: number): void {
    this.#forwarder.removePort(port);
    if (!this.#ports.delete(port)) return;
    this.#host.io.flush();
    this.#losses.remove(port);
    this.#loads.set(port, []);
    this.#host.io.detach(port);
  }

  #put(...[id, chunk, at, program, key, shape]: Parameters<WorkHandlers["put"]>): void {
    const flow: Flow = {
      id,
      program,
      stats: this.#slots[chunk]!,
      statsAt: at,
      isElsewhere: this.#isElsewhere(program),
      dead: false,
      index: -1,
    };
    this.#flows[id] = flow;
    this.#forwarder.lookup.add(flow, key, shape);
  }

  #execute(...[packet, key, program]: Parameters<WorkHandlers["execute"]>): void {
    this.#executed++;
    this.#forwarder.execute(packet, key, program);
    if (this.#arena.crowded) this.#flush();
  }

  #executeKept(...[chunk, place, program]: Parameters<WorkHandlers["executeKept"]>): void {
    this.#executed++;
    const { memory, at, length, offload, key, recirculations } = this.#upcalls.kept(chunk, place, readsKey(program));
    this.#forwarder.executeAt(memory, at, length, offload, key, recirculations, program);
    if (this.#arena.crowded) this.#flush();
  }

  #setMeter({ id, meter, memory, at }: Command & { op: "meter" }): void {
    if (meter === undefined || memory === undefined) {
      this.#forwarder.setMeter(id, undefined);
      return;
    }
    const buffer = memory instanceof SharedArrayBuffer ? memory : this.#host.attach(memory);
    this.#forwarder.setMeter(id, new Meter(meter, { memory: new BigInt64Array(buffer), at }));
  }

  #upcall(...args: Parameters<UpcallBatch["add"]>): boolean {
    this.#unknown++;
    if (!this.#wantsUpcalls) return false;
    if (!this.#upcalls.add(...args)) {
      this.#refused++;
      return false;
    }
    if (this.#upcalls.isFull) this.#sendUpcalls();
    return true;
  }

  #sendUpcalls(): void {
    if (this.#upcalls.isEmpty) return;
    const packed = this.#upcalls.take();
    this.#post({ kind: "upcalls", packed }, [packed.buffer]);
  }

  #flush(): void {
    this.#host.io.flush();
    this.#arena.reset();
  }

  #tellLosses(): void {
    this.#lossesAt = this.#forwarder.now;
    this.#unasked = false;
    this.#divide();
    const losses = this.#losses.collect();
    if (losses.length > 0) this.#post({ kind: "losses", losses });
  }

  /** Notes which queues the thread's time has gone into. */
  #divide(): void {
    const worked = this.#figures[Metric.busyTime]! / 1e6;
    this.#loads.divide(worked - this.#divided, this.#handed);
    this.#divided = worked;
    this.#handed = 0;
  }

  #post(event: Event, transfer: readonly ArrayBuffer[] = []): void {
    this.#host.parent.post(event, transfer);
  }
}
