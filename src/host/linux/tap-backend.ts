import { BugError } from "#util/errors.js";
import type { Offload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver, QueueCounts } from "../frame-io.js";
import type { FrameHandle } from "../net.js";
import type { BackendHost, BackendKind, InputQueue, PortBackend, ReadResult } from "./port-backend.js";
import { TapReader } from "./tap-reader.js";
import { TransmitQueue } from "./transmit-queue.js";

/** TAP devices: a descriptor for each queue, frames behind a virtio_net_hdr both ways. */
export class TapBackends implements BackendKind {
  readonly #host: BackendHost;
  readonly #reader: TapReader = new TapReader();

  constructor(host: BackendHost) {
    this.#host = host;
    host.memory.register(this.#reader.memory);
  }

  open(port: number, handle: FrameHandle, receiveQueues: readonly number[], counters: FrameCounters): PortBackend {
    if (handle.kind !== "tap") throw new BugError(`${handle.name} is no TAP`);
    const inputs = receiveQueues.map(
      (queue) => new TapInput(port, queue, handle.fds[queue]!, counters, this.#reader, this.#host),
    );
    // The device gives a flow's frames to the queue that its answers came by.
    const out = inputs[0]?.fd ?? handle.fds[0]!;
    return new TapBackend(inputs, new TransmitQueue(out, undefined, handle.mtu, counters), this.#host);
  }

  release(): void {
    this.#reader.reset();
  }

  close(): void {
    this.#reader.close();
  }
}

class TapBackend implements PortBackend {
  readonly inputs: readonly InputQueue[];
  readonly #queue: TransmitQueue;
  readonly #host: BackendHost;

  constructor(inputs: readonly InputQueue[], queue: TransmitQueue, host: BackendHost) {
    this.inputs = inputs;
    this.#queue = queue;
    this.#host = host;
  }

  get length(): number {
    return this.#queue.length;
  }

  send(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const { memory } = this.#host;
    memory.find(head, headAt, headLength, tail, tailAt, tailLength);
    this.#queue.add(memory.found, headLength, tailLength, offload);
  }

  flush(): void {
    this.#queue.flush();
  }

  setMtu(mtu: number): void {
    this.#queue.mtu = mtu;
  }

  close(): void {
    this.#queue.close();
  }
}

class TapInput implements InputQueue {
  readonly fd: number;
  readonly counts: QueueCounts;
  readonly #port: number;
  readonly #counters: FrameCounters;
  readonly #reader: TapReader;
  readonly #offload: Offload;

  constructor(port: number, queue: number, fd: number, counters: FrameCounters, reader: TapReader, host: BackendHost) {
    this.fd = fd;
    this.counts = { queue, frames: 0, bytes: 0 };
    this.#port = port;
    this.#counters = counters;
    this.#reader = reader;
    this.#offload = host.offload;
  }

  get count(): number {
    return this.#reader.count;
  }

  read(budget: number, receiver: FrameReceiver): ReadResult {
    const before = this.#counters.rxBytes;
    const result = this.#reader.read(this.fd, this.#port, budget, this.#counters, this.#offload, receiver);
    this.counts.bytes += this.#counters.rxBytes - before;
    return result;
  }
}
