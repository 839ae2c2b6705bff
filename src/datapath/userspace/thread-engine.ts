import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { MaskShape } from "#flow/shape.js";
import type { Thread, ThreadHost } from "#host/threads.js";
import type { Cancel, Clock } from "#util/clock.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import type { CtRequest } from "../conntrack/ct-request.js";
import { ManagedTracking } from "../conntrack/managed-tracking.js";
import type { Upcall } from "../datapath.js";
import type { Device } from "../device.js";
import { isFrameDevice } from "../devices/frame-device.js";
import { isTunnelDevice } from "../devices/tunnel-device.js";
import type { DatapathMeter } from "../meters.js";
import type { Packet } from "../packet.js";
import { programOf } from "./compile.js";
import { COUNTERS } from "./counters.js";
import type { Engine, EngineFlow } from "./engine.js";
import { FlowSlots, type Slot, type SlotChunk } from "./flow-slots.js";
import type { ForwardingThreadInfo } from "./forwarding-thread-info.js";
import { beginMeter } from "./meter.js";
import type { Program } from "./ops.js";
import type { PortLoss } from "./port-losses.js";
import { newMetrics } from "./thread-metrics.js";
import { CONTROL_INTS, type Command, Control, type Event, PORT_SHARES, type ThreadStart } from "./thread-protocol.js";
import { countHandled, ReceivedUpcalls } from "./upcall-batch.js";
import { UpcallQueue } from "./upcall-queue.js";
import { WorkBatch } from "./work-batch.js";

/** Longest the main thread waits for the forwarding thread, in milliseconds. */
const HANDSHAKE_LIMIT = 1000;
/** Longest that `settled` waits for a thread, in milliseconds: starting one takes some 200. */
const SETTLE_LIMIT = 5000;
/** A thread that ends sooner than this after its start is started again only after as long. */
const RESTART_PAUSE = 1000;
/** Commands posted at once at most. */
const MAX_PENDING = 512;
/** After so many milliseconds of handling upcalls, timers, sockets and other upcalls have their turn. */
const UPCALL_TURN = 4;

/** Upcalls handed over together at most, and the milliseconds that they should not exceed. */
const MAX_BATCH = 32;
const LONG_BATCH = 1;

/** Upcalls with the thread they came from. */
class Upcalls extends ReceivedUpcalls {
  readonly thread: Thread;

  constructor(event: Pick<Event & { kind: "upcalls" }, "buffer" | "cookies">, thread: Thread) {
    super(event.buffer, event.cookies);
    this.thread = thread;
  }
}

export interface ThreadEngineHost {
  readonly clock: Clock;
  readonly threads: ThreadHost;
  /** The main thread's `performance.timeOrigin`. */
  readonly timeOrigin: number;
  log(level: "info" | "warn" | "err", text: string): void;
}

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

/**
 * Forwards in a thread of its own. Commands are gathered and posted together at the end of the current turn of the event
 * loop at the latest. If the thread dies, another takes its place with the same ports, flows and counters.
 */
export class ThreadEngine implements Engine {
  readonly #host: ThreadEngineHost;
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_INTS * 4));
  readonly counters: Float64Array = new Float64Array(new SharedArrayBuffer(COUNTERS * 8));
  readonly #metrics: Float64Array = newMetrics();
  readonly slots: FlowSlots = new FlowSlots((chunk) => this.#tellSlots(chunk));
  readonly #ports = new Map<number, Device>();
  #flows: () => Iterable<EngineFlow> = () => [];
  #options: ReadonlyMap<string, string> = new Map();
  readonly #portOptions = new Map<number, ReadonlyMap<string, string>>();
  readonly #portDrops = new Map<number, Map<string, number>>();
  readonly #meters = new Map<number, Command & { op: "meter" }>();
  readonly conntrack: ManagedTracking = new ManagedTracking({
    ask: (request) => this.#askCt(request),
    tell: (request) => this.#queue({ op: "ct", request, call: undefined }),
  });
  readonly #ctCalls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastCtCall = 0;
  #thread: Thread | undefined;
  #startedAt = 0;
  #pending: Command[] = [];
  /** Of what is pending, to be handed over and not copied. */
  #buffers: ArrayBuffer[] = [];
  readonly #work = new WorkBatch();
  #scheduled = false;
  #handler: ((batch: readonly Upcall[]) => void) | undefined;
  readonly #waiting = new UpcallQueue<Upcalls>();
  /** Upcalls that are handed over together: fewer where they take long. */
  #together = 1;
  #upcallTurn: Cancel | undefined;
  #closed = false;
  #lastMark = 0;
  /** Who waits for which mark, in the order of the marks. */
  readonly #marks = new Map<number, () => void>();

  constructor(host: ThreadEngineHost) {
    this.#host = host;
    this.#start();
  }

  masks(): number {
    return Atomics.load(this.#control, Control.masks);
  }

  portDrops(number: number): ReadonlyMap<string, number> {
    return this.#portDrops.get(number) ?? new Map<string, number>();
  }

  #tellSlots({ number, memories }: SlotChunk): void {
    this.#queue({ op: "slots", chunk: number, memory: memories[0]!.buffer as SharedArrayBuffer });
  }

  addPort(number: number, device: Device): void {
    this.#ports.set(number, device);
    this.#attach(number, device);
    let mtu = device.info().mtu;
    device.onChange(() => {
      if (this.#ports.get(number) !== device || device.info().mtu === mtu) return;
      mtu = device.info().mtu;
      this.#queue({ op: "mtu", port: number, mtu });
    });
  }

  removePort(number: number): void {
    if (!this.#ports.delete(number)) return;
    // Later the number may be another port's.
    const waiting = this.#waiting.takePort(number);
    const upcalls = waiting.map(({ source, place }) => source.read(place));
    this.#handle(
      upcalls,
      waiting.map(({ source }) => source),
    );
    this.#portDrops.delete(number);
    this.#portOptions.delete(number);
    this.#queue({ op: "detach", port: number });
    // The device's owner may close its descriptor next, and the number be given out again.
    this.settle();
  }

  setFlows(flows: () => Iterable<EngineFlow>): void {
    this.#flows = flows;
  }

  put(id: number, key: FlowKey, shape: MaskShape, program: Program, slot: Slot): void {
    this.#work.put(id, key, shape, program, slot);
    this.#worked();
  }

  setProgram(id: number, program: Program): void {
    this.#queue({ op: "program", id, program });
  }

  remove(ids: readonly number[]): void {
    this.#queue({ op: "remove", ids });
    this.settle();
  }

  setMeter(id: number, meter: DatapathMeter, memory: Float64Array, at: number): void {
    beginMeter(memory, at, meter, this.#host.clock.now());
    const command: Command = { op: "meter", id, meter, memory: memory.buffer as SharedArrayBuffer, at };
    this.#meters.set(id, command);
    this.#queue(command);
  }

  removeMeter(id: number): void {
    this.#meters.delete(id);
    this.#queue({ op: "meter", id, meter: undefined, memory: undefined, at: 0 });
  }

  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    const program = programOf(actions, key);
    this.#work.execute(packet, key, program);
    this.#worked();
  }

  setUpcalls(handler: ((batch: readonly Upcall[]) => void) | undefined): void {
    this.#handler = handler;
    this.#queue({ op: "upcalls", wanted: handler !== undefined });
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    if (sameOptions(options, this.#options)) return;
    this.#options = new Map(options);
    this.#queue({ op: "options", options: this.#options });
  }

  setPortOptions(port: number, options: ReadonlyMap<string, string>): void {
    if (sameOptions(options, this.#portOptions.get(port) ?? NO_OPTIONS)) return;
    this.#portOptions.set(port, options);
    this.#queue({ op: "port-options", port, options });
  }

  threads(): readonly ForwardingThreadInfo[] {
    const { counters } = this;
    const none = { core: undefined, numa: 0, isolated: false, queues: [] };
    return [{ ...none, counters, metrics: this.#metrics, overhead: () => undefined }];
  }

  rebalance(): void {}

  close(): void {
    this.#closed = true;
    this.#handler = undefined;
    this.#upcallTurn?.cancel();
    this.#waiting.clear();
    for (const port of this.#ports.keys()) this.#queue({ op: "detach", port });
    this.#ports.clear();
    this.#queue({ op: "stop" });
    const obeyed = this.settle();
    // The thread keeps its descriptors until it reads here that nobody will signal it any more.
    Atomics.store(this.#control, Control.wakeFd, -1);
    Atomics.notify(this.#control, Control.wakeFd);
    if (!obeyed) this.#thread?.terminate();
    this.#thread = undefined;
    this.#marked(this.#lastMark);
    this.#rejectCtCalls();
  }

  #start(): void {
    Atomics.store(this.#control, Control.ready, 0);
    Atomics.store(this.#control, Control.posted, 0);
    for (let i = 0; i < PORT_SHARES; i++) Atomics.store(this.#control, Control.handled + i, 0);
    this.#startedAt = this.#host.clock.now();
    const start: ThreadStart = {
      control: this.#control.buffer as SharedArrayBuffer,
      counters: this.counters.buffer as SharedArrayBuffer,
      metrics: this.#metrics.buffer as SharedArrayBuffer,
      timeOrigin: this.#host.timeOrigin,
    };
    const thread = this.#host.threads.start("userspace-worker", start);
    this.#thread = thread;
    thread.onMessage((event) => {
      if (thread === this.#thread) this.#onEvent(event as Event, thread);
    });
    thread.onExit((error) => {
      if (thread === this.#thread) this.#onExit(error);
    });
    this.#replay();
  }

  /** Tells a thread that has just started all there is. */
  #replay(): void {
    this.#pending = [];
    this.#buffers = [];
    this.#work.reset();
    this.#queue({ op: "options", options: this.#options });
    for (const [port, options] of this.#portOptions) this.#queue({ op: "port-options", port, options });
    for (const chunk of this.slots.chunks) this.#tellSlots(chunk);
    for (const command of this.#meters.values()) this.#queue(command);
    for (const { id, key, shape, program, slot } of this.#flows()) this.put(id, key, shape, program, slot);
    for (const request of this.conntrack.settings()) this.#queue({ op: "ct", request, call: undefined });
    for (const [number, device] of this.#ports) this.#attach(number, device);
    this.#queue({ op: "upcalls", wanted: this.#handler !== undefined });
  }

  #attach(port: number, device: Device): void {
    if (isTunnelDevice(device)) this.#queue({ op: "tunnel", port, tunnel: device.tunnel });
    if (!isFrameDevice(device)) return;
    this.#queue({ op: "attach", port, handle: { ...device.frames, mtu: device.info().mtu } });
  }

  #queue(command: Command): void {
    this.#packWork();
    this.#pending.push(command);
    if (this.#pending.length >= MAX_PENDING) this.#flush();
    else this.#schedule();
  }

  /** Something was packed. */
  #worked(): void {
    if (this.#work.isFull) this.#flush();
    else this.#schedule();
  }

  /** What was packed goes before what comes now. */
  #packWork(): void {
    if (this.#work.isEmpty) return;
    const { buffer, programs } = this.#work.take();
    this.#buffers.push(buffer);
    this.#pending.push({ op: "work", buffer, programs });
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    const thread = this.#thread;
    this.#packWork();
    if (this.#pending.length === 0 || thread === undefined) return;
    thread.post(this.#pending, this.#buffers);
    this.#pending = [];
    this.#buffers = [];
    Atomics.add(this.#control, Control.posted, 1);
    this.#wake();
  }

  /** True once the forwarding thread has come to life. */
  get isRunning(): boolean {
    return Atomics.load(this.#control, Control.ready) === 1;
  }

  /**
   * Returns when the thread has obeyed every command so far; false where it does not answer. One that does not run yet will obey them
   * before it forwards, and is not waited for.
   */
  settle(): boolean {
    const control = this.#control;
    if (this.#thread === undefined || !this.isRunning) {
      this.#flush();
      return true;
    }
    // Asked before the commands are posted, so that a thread they stop finds the question.
    const asked = Atomics.add(control, Control.asked, 1) + 1;
    this.#flush();
    this.#wake();
    for (;;) {
      const done = Atomics.load(control, Control.done);
      if (done === asked) return true;
      if (Atomics.wait(control, Control.done, done, HANDSHAKE_LIMIT) === "timed-out") break;
    }
    this.#host.log("warn", "the forwarding thread does not answer");
    return false;
  }

  settled(): Promise<void> {
    if (this.#thread === undefined) return Promise.resolve();
    const mark = ++this.#lastMark;
    this.#queue({ op: "mark", mark });
    return new Promise((resolve) => {
      const limit = this.#host.clock.after(SETTLE_LIMIT, () => {
        this.#host.log("warn", "the forwarding thread does not answer");
        this.#marked(mark);
      });
      this.#marks.set(mark, () => {
        limit.cancel();
        resolve();
      });
    });
  }

  #askCt(request: CtRequest): Promise<unknown> {
    if (this.#thread === undefined) return Promise.reject(hasEnded());
    const call = ++this.#lastCtCall;
    this.#queue({ op: "ct", request, call });
    return new Promise((resolve, reject) => this.#ctCalls.set(call, { resolve, reject }));
  }

  /** Nobody will answer any more. */
  #rejectCtCalls(): void {
    for (const { reject } of this.#ctCalls.values()) reject(hasEnded());
    this.#ctCalls.clear();
  }

  /** Everything up to a mark is in force. */
  #marked(mark: number): void {
    for (const [each, resolve] of this.#marks) {
      if (each > mark) continue;
      this.#marks.delete(each);
      resolve();
    }
  }

  /** Ends the thread's sleep. One that does not run yet looks for commands before it sleeps. */
  #wake(): void {
    if (this.isRunning && Atomics.load(this.#control, Control.sleeping) === 1)
      this.#thread?.signal(Atomics.load(this.#control, Control.wakeFd));
  }

  #onEvent(event: Event, thread: Thread): void {
    switch (event.kind) {
      case "upcalls":
        this.#wait(new Upcalls(event, thread));
        if (this.#upcallTurn === undefined) this.#handleSome();
        return;
      case "rehearsal": {
        const upcalls = new Upcalls(event, thread);
        for (let at = upcalls.next(-1); at >= 0; at = upcalls.next(at)) upcalls.read(at);
        return;
      }
      case "marked":
        this.#marked(event.mark);
        return;
      case "ct":
        this.#ctCalls.get(event.call)?.resolve(event.value);
        this.#ctCalls.delete(event.call);
        return;
      case "losses":
        for (const loss of event.losses) this.#countLoss(loss);
        return;
      case "log":
        this.#host.log(event.level, event.text);
        return;
    }
  }

  #wait(upcalls: Upcalls): void {
    for (let at = upcalls.next(-1); at >= 0; at = upcalls.next(at)) this.#waiting.add(upcalls.port(at), upcalls, at);
  }

  /** Handles what waits, port by port, for one turn's time at most; the rest has its turn when the event loop comes round again. */
  #handleSome(): void {
    const { clock } = this.#host;
    let now = clock.now();
    const end = now + UPCALL_TURN;
    try {
      while (now < end && this.#waiting.size > 0) {
        this.#handleBatch();
        const after = clock.now();
        this.#together =
          after - now > LONG_BATCH ? Math.max(1, this.#together >> 1) : Math.min(MAX_BATCH, this.#together + 1);
        now = after;
      }
    } finally {
      this.#flush();
      if (this.#waiting.size > 0) {
        this.#upcallTurn = clock.after(0, () => {
          this.#upcallTurn = undefined;
          this.#handleSome();
        });
      }
    }
  }

  #handleBatch(): void {
    const waiting = this.#waiting;
    const batch: Upcall[] = [];
    const sources: Upcalls[] = [];
    while (batch.length < this.#together && waiting.take()) {
      batch.push(waiting.source.read(waiting.place));
      sources.push(waiting.source);
    }
    this.#handle(batch, sources);
  }

  #handle(batch: readonly Upcall[], sources: readonly Upcalls[]): void {
    try {
      this.#handler?.(batch);
    } finally {
      for (let i = 0, count = 1; i < batch.length; i++, count++) {
        const port = batch[i]!.key[W.inPort]!;
        if (batch[i + 1]?.key[W.inPort] === port && sources[i + 1]!.thread === sources[i]!.thread) continue;
        // The counts of a thread that has died are no more.
        if (sources[i]!.thread === this.#thread) countHandled(this.#control, port, count);
        count = 0;
      }
    }
  }

  #countLoss({ port, reason, packets }: PortLoss): void {
    if (!this.#ports.has(port)) return;
    let drops = this.#portDrops.get(port);
    if (!drops) this.#portDrops.set(port, (drops = new Map()));
    drops.set(reason, (drops.get(reason) ?? 0) + packets);
  }

  #onExit(error: Error | undefined): void {
    this.#thread = undefined;
    this.#marked(this.#lastMark);
    this.#rejectCtCalls();
    if (this.#closed) return;
    const why = error === undefined ? "ended" : `failed (${error.message})`;
    this.#host.log("err", `the forwarding thread ${why}; starting another`);
    const again = (): void => {
      if (!this.#closed) this.#start();
    };
    const lived = this.#host.clock.now() - this.#startedAt;
    if (lived >= RESTART_PAUSE) again();
    else this.#host.clock.after(RESTART_PAUSE - lived, again);
  }
}

function sameOptions(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function hasEnded(): HostError {
  return new HostError("asking the forwarding thread", "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
}
