import type { Device } from "#datapath/device.js";
import type { FrameDevice } from "#datapath/devices/frame-device.js";
import { ForwardingLoop } from "#datapath/userspace/forwarding-loop.js";
import { ThreadEngine } from "#datapath/userspace/thread-engine.js";
import type { ThreadStart } from "#datapath/userspace/thread-protocol.js";
import { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FrameHandle } from "#host/net.js";
import type { Thread, ThreadHost, ThreadMessage } from "#host/threads.js";
import type { Bed } from "./datapath.js";
import { QueueFrameIo } from "./queue-frame-io.js";

/** A forwarding thread that takes its turns when the test says, messages cloned as between threads. */
export class PlayedThread implements Thread {
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

  /** Takes turns, and hands up what they say, until nothing more happens. */
  play(): void {
    if (this.#dead) return;
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
      pin: () => {},
    });
    for (let quiet = 0; quiet < 3; quiet++) {
      if (this.#loop.turn()) quiet = 0;
      for (let m = this.#next(); m !== undefined; m = this.#next()) {
        quiet = 0;
        this.#onMessage(m);
      }
    }
  }
}

export class PlayedThreads implements ThreadHost {
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
  get current(): PlayedThread {
    return this.started.at(-1)!;
  }
}

/** A device with a handle that leads nowhere. */
function handleDevice(name: string): Device {
  const frames: FrameHandle = {
    kind: "fake",
    name,
    ifindex: 1,
    fd: -1,
    mtu: 1500,
    queues: 1,
  };
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

export function threadBed(): Bed & {
  readonly threads: PlayedThreads;
  readonly log: string[];
  readonly clock: FakeClock;
} {
  const clock = new FakeClock();
  const threads = new PlayedThreads(clock);
  const log: string[] = [];
  const engine = new ThreadEngine({ clock, threads, timeOrigin: 0, log: (_level, text) => log.push(text) });
  const datapath = new UserspaceDatapath("netdev", "ovs-netdev", engine);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await Promise.resolve();
      threads.current.play();
    }
  };
  return {
    threads,
    log,
    clock,
    datapath,
    takesAnyFrame: true,
    addPort: (name, requested) => datapath.addPort(handleDevice(name), requested),
    put: (port, packet) => threads.current.io.put(port, packet),
    settle,
    take: (port) => threads.current.io.take(port),
    close: () => datapath.close(),
  };
}
