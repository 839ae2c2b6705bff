import type { Device } from "#datapath/device.js";
import type { FrameDevice } from "#datapath/devices/frame-device.js";
import type { Packet } from "#datapath/packet.js";
import { ForwardingLoop } from "#datapath/userspace/threads/forwarding-loop.js";
import { ThreadEngine } from "#datapath/userspace/threads/thread-engine.js";
import { Control, type ThreadStart } from "#datapath/userspace/threads/thread-protocol.js";
import { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FrameHandle } from "#host/net.js";
import type { Thread, ThreadHost, ThreadMessage } from "#host/threads.js";
import type { Bed } from "./datapath.js";
import { QueueFrameIo } from "./queue-frame-io.js";

/** A forwarding thread that takes its turns when the test says, messages cloned as between threads. */
class PlayedThread implements Thread {
  readonly io: QueueFrameIo = new QueueFrameIo();
  readonly #down: ThreadMessage[] = [];
  readonly #up: ThreadMessage[] = [];
  readonly #data: ThreadMessage;
  readonly #clock: FakeClock;
  #loop: ForwardingLoop | undefined;
  #onMessage: (message: ThreadMessage) => void = () => {};
  #onExit: (error: Error | undefined) => void = () => {};
  #dead = false;
  /** While set, what the thread says does not arrive. */
  hold = false;

  constructor(data: ThreadMessage, clock: FakeClock) {
    this.#data = data;
    this.#clock = clock;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  post(message: ThreadMessage): void {
    if (!this.#dead) this.#down.push(structuredClone(message));
  }
  onMessage(handler: (message: ThreadMessage) => void): void {
    this.#onMessage = handler;
  }
  onExit(handler: (error: Error | undefined) => void): void {
    this.#onExit = handler;
  }
  signal(): void {
    if (!this.#dead) this.#loop?.turn();
  }
  terminate(): void {
    this.#dead = true;
  }

  #next(): ThreadMessage | undefined {
    return this.hold ? undefined : this.#up.shift();
  }

  die(error: Error): void {
    this.#dead = true;
    this.#onExit(error);
  }

  /** Has the thread come to life. */
  begin(): { readonly loop: ForwardingLoop; readonly control: Int32Array } {
    this.#loop ??= new ForwardingLoop({
      parent: {
        data: this.#data,
        receive: () => this.#down.shift(),
        post: (message, transfer = []) => this.#up.push(structuredClone(message, { transfer: [...transfer] })),
      },
      io: this.io,
      now: () => this.#clock.now(),
      random: () => 0.5,
      signal: () => {},
      leases: () => {
        throw new Error("nothing is leased here");
      },
      attach: () => {
        throw new Error("there is no kernel here");
      },
      pin: () => {},
    });
    return { loop: this.#loop, control: new Int32Array((this.#data as ThreadStart).control) };
  }

  /** Takes turns, and hands up what they say, until nothing more happens. */
  play(): void {
    if (this.#dead) return;
    const { loop, control } = this.begin();
    for (let quiet = 0; quiet < 3; quiet++) {
      // It sleeps, and is woken, between turns.
      Atomics.store(control, Control.sleeping, 0);
      if (loop.turn()) quiet = 0;
      Atomics.store(control, Control.sleeping, 1);
      for (let m = this.#next(); m !== undefined; m = this.#next()) {
        quiet = 0;
        this.#onMessage(m);
      }
    }
  }
}

class PlayedThreads implements ThreadHost {
  readonly started: PlayedThread[] = [];
  readonly #clock: FakeClock;
  constructor(clock: FakeClock) {
    this.#clock = clock;
  }
  start(_entry: string, data: ThreadMessage): Thread {
    const control = (data as ThreadStart).control;
    if (!(control instanceof SharedArrayBuffer)) throw new Error("control is not shared");
    const thread = new PlayedThread(data, this.#clock);
    this.started.push(thread);
    return thread;
  }
  /** The one that was started last. */
  get current(): PlayedThread {
    return this.started.at(-1)!;
  }
  get living(): readonly PlayedThread[] {
    return this.started.filter((thread) => !thread.isDead);
  }
}

/** A device with a handle that leads nowhere. */
function handleDevice(name: string, queues: number): Device {
  const frames: FrameHandle = { kind: "fake", name, ifindex: 1, fd: -1, mtu: 1500, queues };
  const device: Partial<FrameDevice> = {
    name,
    type: "fake",
    frames,
    info: () => ({ mtu: 1500 }) as never,
    onChange: () => {},
    close: () => {},
  };
  return device as FrameDevice;
}

export interface ThreadBed extends Bed {
  readonly threads: PlayedThreads;
  readonly engine: ThreadEngine;
  readonly log: string[];
  readonly clock: FakeClock;
  /** Has threads on these cores; there are four. */
  setCores(...cores: number[]): void;
  addPort(name: string, requested?: number, queues?: number): number;
  /** How many frames have been sent to a port since the last time, also by threads that are no more. */
  taken(port: number): number;
  /** Lets the time pass in the middle of each thread's next turn that takes frames. */
  spend(milliseconds: number): void;
  /** A frame comes by a queue of a port, to whichever thread reads it. */
  putQueue(port: number, queue: number, packet: Packet): void;
}

/** A datapath whose threads a test plays; on several cores where it names some. */
export function threadBed(...cores: number[]): ThreadBed {
  const clock = new FakeClock();
  const threads = new PlayedThreads(clock);
  const log: string[] = [];
  const there = [0, 1, 2, 3].map((core) => ({ core, numa: 0 }));
  const engine = new ThreadEngine({
    clock,
    threads,
    timeOrigin: 0,
    cores: () => there,
    log: (_level, text) => log.push(text),
  });
  const datapath = new UserspaceDatapath("netdev", "ovs-netdev", engine);
  /** In queues that nobody reads yet. */
  const waiting: { readonly port: number; readonly queue: number; readonly packet: Packet }[] = [];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await Promise.resolve();
      for (const { port, queue, packet } of waiting.splice(0)) putQueue(port, queue, packet);
      for (const thread of threads.living) thread.play();
    }
  };
  const putQueue = (port: number, queue: number, packet: Packet): void => {
    const reader = threads.living.find(({ io }) => io.reads(port, queue));
    if (reader) reader.io.put(port, packet, queue);
    else if (datapath.port(port)) waiting.push({ port, queue, packet });
  };
  const setCores = (...wanted: number[]): void => {
    const mask = wanted.reduce((sum, core) => sum | (1 << core), 0).toString(16);
    datapath.setOptions(new Map(wanted.length > 0 ? [["pmd-cpu-mask", mask]] : []));
  };
  if (cores.length > 0) setCores(...cores);
  return {
    threads,
    engine,
    log,
    clock,
    datapath,
    takesAnyFrame: true,
    setCores,
    addPort: (name, requested, queues = 1) => datapath.addPort(handleDevice(name, queues), requested),
    put: (port, packet) => putQueue(port, 0, packet),
    putQueue,
    settle,
    taken: (port) => threads.started.reduce((sum, { io }) => sum + io.take(port).length, 0),
    spend: (milliseconds) => {
      for (const { io } of threads.living) io.onReceive = () => clock.advance(milliseconds / threads.living.length);
    },
    take: (port) => threads.living.flatMap(({ io }) => io.take(port)),
    close: () => datapath.close(),
  };
}
