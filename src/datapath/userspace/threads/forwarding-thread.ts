import type { FlowKey } from "#flow/key.js";
import type { CaptureRing } from "#host/capture-rings.js";
import type { Thread, ThreadHost } from "#host/threads.js";
import type { Clock } from "#util/clock.js";
import type { Packet } from "../../packet.js";
import { COUNTERS } from "../counters.js";
import type { EngineFlow } from "../engine.js";
import type { Program } from "../ops.js";
import { newLoads } from "../queues/queue-loads.js";
import { type UpcallOrigin, UpcallPacket } from "../upcalls/received-upcalls.js";
import { countHandled } from "../upcalls/upcall-batch.js";
import { newMetrics } from "./thread-metrics.js";
import { CONTROL_INTS, type Command, Control, type Event, PORT_SHARES, type ThreadStart } from "./thread-protocol.js";
import { WorkBatch } from "./work-batch.js";

/** Longest the main thread waits for a forwarding thread, in milliseconds. */
const HANDSHAKE_LIMIT = 1000;
/** Longest that a mark is waited for, in milliseconds: starting a thread takes some 200. */
const MARK_LIMIT = 5000;
/** A thread that ends sooner than this after its start is started again only after as long. */
const RESTART_PAUSE = 1000;
/** Commands posted at once at most. */
const MAX_PENDING = 512;

/** What threads are made of, and whom they tell. */
export interface ForwardingThreadHost {
  readonly clock: Clock;
  readonly threads: ThreadHost;
  /** The main thread's `performance.timeOrigin`. */
  readonly timeOrigin: number;
  log(level: "info" | "warn" | "err", text: string): void;
}

/** Whoever has forwarding threads. */
export interface ThreadOwner {
  /** Queues everything that a thread has to know that begins anew. */
  replay(thread: ForwardingThread): void;
  /** Anything a thread says but of its marks. `origin` is that thread in this life. */
  onEvent(event: Event, origin: UpcallOrigin, thread: ForwardingThread): void;
  /** The thread is no more; unless it was closed, another will take its place. */
  onDeath(thread: ForwardingThread): void;
}

/** What is settled for a thread's whole life. */
export interface ThreadSetup {
  /** A small number that no other thread has at the same time. */
  readonly seat: number;
  readonly ring: CaptureRing | undefined;
  readonly handover: ThreadStart["handover"];
}

/**
 * A forwarding thread, seen from the main one: its memory, the way to it, and its replacement where it dies, which goes on with the same memory. Commands are
 * gathered and posted together at the end of the current turn of the event loop at the latest.
 */
export class ForwardingThread {
  readonly seat: number;
  readonly ring: CaptureRing | undefined;
  readonly handover: ThreadStart["handover"];
  readonly control: Int32Array = new Int32Array(new SharedArrayBuffer(CONTROL_INTS * 4));
  readonly counters: Float64Array = new Float64Array(new SharedArrayBuffer(COUNTERS * 8));
  readonly metrics: Float64Array = newMetrics();
  readonly loads: Float64Array = newLoads();
  readonly #host: ForwardingThreadHost;
  readonly #owner: ThreadOwner;
  #core: number | undefined;
  #thread: Thread | undefined;
  /** Whom its upcalls come from, in this life of its. */
  #origin: UpcallOrigin | undefined;
  #lives = 0;
  #startedAt = 0;
  #pending: Command[] = [];
  /** Of what is pending, to be handed over and not copied. */
  #buffers: ArrayBuffer[] = [];
  readonly #work = new WorkBatch();
  #scheduled = false;
  #closed = false;
  #asked = 0;
  #lastMark = 0;
  /** Who waits for which mark, in the order of the marks. */
  readonly #marks = new Map<number, () => void>();

  /** `start` is to be called once its owner is ready to have it told everything. */
  constructor(host: ForwardingThreadHost, owner: ThreadOwner, setup: ThreadSetup, core: number | undefined) {
    this.#host = host;
    this.#owner = owner;
    this.seat = setup.seat;
    this.ring = setup.ring;
    this.handover = setup.handover;
    this.#core = core;
  }

  /** The core that it runs on; undefined where it runs on any. */
  get core(): number | undefined {
    return this.#core;
  }

  moveTo(core: number | undefined): void {
    this.#core = core;
    this.queue({ op: "core", core });
  }

  /** Masks in its flow table. */
  get masks(): number {
    return Atomics.load(this.control, Control.masks);
  }

  /** How many threads it has been, each in the place of one that died. */
  get lives(): number {
    return this.#lives;
  }

  /** It is to end, or has ended. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** True while there is a thread, even one that has not come to life yet. */
  get isThere(): boolean {
    return this.#thread !== undefined;
  }

  /** True once the thread has come to life. */
  get isRunning(): boolean {
    return this.#thread !== undefined && Atomics.load(this.control, Control.ready) === 1;
  }

  start(): void {
    Atomics.store(this.control, Control.ready, 0);
    Atomics.store(this.control, Control.posted, 0);
    for (let i = 0; i < PORT_SHARES; i++) Atomics.store(this.control, Control.handled + i, 0);
    this.#startedAt = this.#host.clock.now();
    const start: ThreadStart = {
      control: this.control.buffer as SharedArrayBuffer,
      counters: this.counters.buffer as SharedArrayBuffer,
      metrics: this.metrics.buffer as SharedArrayBuffer,
      loads: this.loads.buffer as SharedArrayBuffer,
      timeOrigin: this.#host.timeOrigin,
      core: this.#core,
      ring: this.ring?.handle,
      handover: this.handover,
    };
    const thread = this.#host.threads.start("userspace-worker", start);
    this.#thread = thread;
    this.#lives++;
    // The counts of a thread that has died are no more.
    const origin: UpcallOrigin = {
      handled: (port, count) => {
        if (thread === this.#thread) countHandled(this.control, port, count);
      },
      released: (chunk) => {
        if (thread !== this.#thread) return;
        this.#work.release(chunk);
        this.#worked();
      },
    };
    this.#origin = origin;
    thread.onMessage((message) => {
      if (thread !== this.#thread) return;
      const event = message as Event;
      if (event.kind === "marked") this.#marked(event.mark);
      else this.#owner.onEvent(event, origin, this);
    });
    thread.onExit((error) => {
      if (thread === this.#thread) this.#onExit(error);
      else if (this.#closed) this.ring?.close();
    });
    this.#pending = [];
    this.#buffers = [];
    this.#work.reset();
    this.#owner.replay(this);
  }

  put(flow: EngineFlow, key: FlowKey): void {
    this.#work.put(flow, key);
    this.#worked();
  }

  execute(packet: Packet, key: FlowKey, program: Program): void {
    // A packet that came up need not come back.
    if (packet instanceof UpcallPacket && packet.isWith(this.#origin, key)) this.#work.executeKept(packet, program);
    else this.#work.execute(packet, key, program);
    this.#worked();
  }

  queue(command: Command): void {
    this.#packWork();
    this.#pending.push(command);
    if (this.#pending.length >= MAX_PENDING) this.flush();
    else this.#schedule();
  }

  /** Something was packed. */
  #worked(): void {
    if (this.#work.isFull) this.flush();
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
        this.flush();
      });
    }
  }

  /** Posts what has been gathered. */
  flush(): void {
    const thread = this.#thread;
    this.#packWork();
    if (this.#pending.length === 0 || thread === undefined) return;
    thread.post(this.#pending, this.#buffers);
    this.#pending = [];
    this.#buffers = [];
    Atomics.add(this.control, Control.posted, 1);
    this.#wake();
  }

  /** Asks whether every command so far has been obeyed, which `answered` waits for. One that does not run yet will obey them before it forwards: false. */
  ask(): boolean {
    // Asked before the commands are posted, so that a thread they stop finds the question.
    this.#asked = Atomics.add(this.control, Control.asked, 1) + 1;
    this.flush();
    // Looked at after that: one that comes to life now may have forwarded before they were there.
    if (!this.isRunning) return false;
    this.#wake();
    return true;
  }

  /** Returns when the thread has answered the last `ask`; false where it does not. */
  answered(): boolean {
    for (;;) {
      const done = Atomics.load(this.control, Control.done);
      if (done === this.#asked) return true;
      if (Atomics.wait(this.control, Control.done, done, HANDSHAKE_LIMIT) === "timed-out") break;
    }
    this.#host.log("warn", "the forwarding thread does not answer");
    return false;
  }

  /** Resolves when everything asked so far is in force, or when that cannot be expected any more. */
  mark(): Promise<void> {
    if (this.#thread === undefined) return Promise.resolve();
    const mark = ++this.#lastMark;
    this.queue({ op: "mark", mark });
    return new Promise((resolve) => {
      const limit = this.#host.clock.after(MARK_LIMIT, () => {
        this.#host.log("warn", "the forwarding thread does not answer");
        this.#marked(mark);
      });
      this.#marks.set(mark, () => {
        limit.cancel();
        resolve();
      });
    });
  }

  /** Has it end, once it has forwarded what waits in its ring, and returns when nothing is counted any more. Its ring goes when it has ended. */
  close(): void {
    this.#closed = true;
    this.queue({ op: "stop" });
    const obeyed = !this.ask() || this.answered();
    // The thread keeps its descriptors until it reads here that nobody will signal it any more.
    Atomics.store(this.control, Control.wakeFd, -1);
    Atomics.notify(this.control, Control.wakeFd);
    if (!obeyed) this.#thread?.terminate();
    if (!obeyed || this.#thread === undefined) this.ring?.close();
    this.#thread = undefined;
    this.#marked(this.#lastMark);
    this.#owner.onDeath(this);
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
    // It may be resting, too.
    Atomics.notify(this.control, Control.posted);
    if (this.isRunning && Atomics.load(this.control, Control.sleeping) === 1)
      this.#thread?.signal(Atomics.load(this.control, Control.wakeFd));
  }

  #onExit(error: Error | undefined): void {
    this.#thread = undefined;
    // Nobody is to be woken by the number of a descriptor that may be another's by now.
    Atomics.store(this.control, Control.sleeping, 0);
    this.#marked(this.#lastMark);
    this.#owner.onDeath(this);
    if (this.#closed) return;
    const why = error === undefined ? "ended" : `failed (${error.message})`;
    this.#host.log("err", `the forwarding thread ${why}; starting another`);
    const again = (): void => {
      if (!this.#closed) this.start();
    };
    const lived = this.#host.clock.now() - this.#startedAt;
    if (lived >= RESTART_PAUSE) again();
    else this.#host.clock.after(RESTART_PAUSE - lived, again);
  }
}
