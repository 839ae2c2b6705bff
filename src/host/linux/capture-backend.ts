import { BugError } from "#util/errors.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import type { Offload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver } from "../frame-io.js";
import type { CaptureHandle, FrameHandle } from "../net.js";
import { updateLink } from "./bpf.js";
import { startReceiving, stopReceiving, takeLost } from "./packet-socket.js";
import type { BackendHost, BackendKind, InputQueue, PortBackend, ReadResult } from "./port-backend.js";
import { RingInput, type RingPort } from "./ring-input.js";
import { SocketReader } from "./socket-reader.js";
import { admitStackedTag } from "./stacked-tag.js";
import { TransmitQueue } from "./transmit-queue.js";
import { TunnelSegments } from "./tunnel-segments.js";

/** Captured links: in by the thread's capture ring, or by the packet socket; out by the packet socket. */
export class CaptureBackends implements BackendKind {
  readonly #host: BackendHost;
  readonly #ringSize: number;
  readonly #segments: TunnelSegments = new TunnelSegments();
  #ring: RingInput | undefined;
  #sockets: SocketReader | undefined;

  constructor(host: BackendHost, ringSize: number) {
    this.#host = host;
    this.#ringSize = ringSize;
    host.memory.register(this.#segments.memory);
  }

  get shared(): InputQueue | undefined {
    return this.#ring;
  }

  open(port: number, handle: FrameHandle, receiveQueues: readonly number[], counters: FrameCounters): PortBackend {
    if (handle.kind !== "capture") throw new BugError(`${handle.name} is no capture`);
    const queue = new TransmitQueue(handle.fd, true, handle.mtu, counters);
    const common = { handle, queue, counters, host: this.#host };
    if (receiveQueues.length === 0) return new CaptureBackend(common, []);
    const fed = handle.input === "ring" ? this.#feedRing(port, handle, counters) : undefined;
    if (fed) return new RingBackend(common, fed.ring, fed.port);
    startReceiving(handle.fd, handle.ifindex);
    if (!this.#sockets) {
      this.#sockets = new SocketReader();
      this.#host.memory.register(this.#sockets.memory);
    }
    return new SocketBackend(
      common,
      new SocketInput(port, handle.fd, counters, this.#sockets, this.#segments, this.#host),
    );
  }

  /** Puts the capture program in the dropping one's place. Undefined where this kernel cannot: the socket then serves. */
  #feedRing(
    number: number,
    handle: CaptureHandle,
    counters: FrameCounters,
  ): { readonly ring: RingInput; readonly port: RingPort } | undefined {
    try {
      const ring = (this.#ring ??= new RingInput(this.#ringSize, this.#host, this.#segments));
      const port = ring.add(number, counters);
      try {
        updateLink(handle.hideLink, port.program);
      } catch (error) {
        ring.remove(port);
        throw error;
      }
      return { ring, port };
    } catch {
      return undefined;
    }
  }

  setBudget(budget: number): void {
    this.#ring?.setBudget(budget);
  }

  release(): void {
    this.#ring?.release();
    this.#sockets?.reset();
    this.#segments.reset();
  }

  close(): void {
    this.#ring?.close();
    this.#sockets?.close();
    this.#segments.close();
  }
}

interface Common {
  readonly handle: CaptureHandle;
  readonly queue: TransmitQueue;
  readonly counters: FrameCounters;
  readonly host: BackendHost;
}

/** A captured link that this thread only sends to. */
class CaptureBackend implements PortBackend {
  readonly inputs: readonly InputQueue[];
  protected readonly common: Common;
  readonly #queue: TransmitQueue;
  readonly #host: BackendHost;

  constructor(common: Common, inputs: readonly InputQueue[]) {
    this.common = common;
    this.inputs = inputs;
    this.#queue = common.queue;
    this.#host = common.host;
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
    const queue = this.#queue;
    const headAddress = headLength > 0 ? memory.address(head, headAt, headLength) : 0;
    const tailAddress = tailLength > 0 ? memory.address(tail, tailAt, tailLength) : 0;
    const state =
      offload.gsoType === 0 && queue.isOneTagOver(headLength + tailLength)
        ? admitStackedTag(offload, (at) => u16Of(head, headAt, headLength, tail, tailAt, at))
        : offload;
    queue.add(headAddress, headLength, tailAddress, tailLength, state);
  }

  flush(): void {
    this.#queue.flush();
  }

  setMtu(mtu: number): void {
    this.#queue.mtu = mtu;
  }

  count(): void {}

  close(): void {
    this.#queue.close();
  }
}

/** A captured link whose frames come by the ring. */
class RingBackend extends CaptureBackend {
  readonly #ring: RingInput;
  readonly #port: RingPort;

  constructor(common: Common, ring: RingInput, port: RingPort) {
    super(common, []);
    this.#ring = ring;
    this.#port = port;
  }

  override count(): void {
    const { counters } = this.common;
    counters.rxDropped = this.#ring.lost(this.#port) + counters.rxUnusable;
  }

  override close(): void {
    const { hideLink, dropProgram } = this.common.handle;
    try {
      updateLink(hideLink, dropProgram);
    } catch {
      // The device has gone and took the BPF link with it.
    }
    this.#ring.remove(this.#port);
    super.close();
  }
}

/** A captured link whose frames come by the packet socket. */
class SocketBackend extends CaptureBackend {
  #lost = 0;

  constructor(common: Common, input: SocketInput) {
    super(common, [input]);
  }

  override count(): void {
    const { counters, handle } = this.common;
    this.#lost += takeLost(handle.fd);
    counters.rxDropped = this.#lost + counters.rxUnusable;
  }

  override close(): void {
    const { fd, ifindex } = this.common.handle;
    try {
      stopReceiving(fd, ifindex);
    } catch {
      // The device has gone.
    }
    super.close();
  }
}

/** The frames of one packet socket; those of tunnels are cut, since a socket gives them whole. */
class SocketInput implements InputQueue {
  readonly fd: number;
  readonly #port: number;
  readonly #counters: FrameCounters;
  readonly #reader: SocketReader;
  readonly #offload: Offload;
  readonly #cut: FrameReceiver;
  #receiver: FrameReceiver = () => undefined;

  constructor(
    port: number,
    fd: number,
    counters: FrameCounters,
    reader: SocketReader,
    segments: TunnelSegments,
    host: BackendHost,
  ) {
    this.fd = fd;
    this.#port = port;
    this.#counters = counters;
    this.#reader = reader;
    this.#offload = host.offload;
    this.#cut = (number, memory, at, length, offload) => {
      if (offload.gsoType === 0 || !isEncapsulatedGso(memory, at, offload))
        this.#receiver(number, memory, at, length, offload);
      else if (segments.deliver(number, memory, at, length, offload, this.#receiver) === 0) counters.rxUnusable++;
    };
  }

  get count(): number {
    return this.#reader.count;
  }

  read(budget: number, receiver: FrameReceiver): ReadResult {
    this.#receiver = receiver;
    return this.#reader.read(this.fd, this.#port, budget, this.#counters, this.#offload, this.#cut);
  }
}

/** 16 bits at `at` of the frame made of two parts. */
function u16Of(
  head: Uint8Array,
  headAt: number,
  headLength: number,
  tail: Uint8Array,
  tailAt: number,
  at: number,
): number {
  const byte = (i: number): number => (i < headLength ? head[headAt + i]! : (tail[tailAt + i - headLength] ?? 0));
  return (byte(at) << 8) | byte(at + 1);
}
