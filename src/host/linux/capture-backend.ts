import { BugError } from "#util/errors.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import type { Offload } from "#wire/virtio-net.js";
import type { CaptureRing, RingHandle } from "../capture-rings.js";
import type { FrameCounters, FrameReceiver, QueueCounts, ReceiveQueue } from "../frame-io.js";
import type { CaptureHandle, FrameHandle } from "../net.js";
import { LinuxCaptureRings } from "./capture-rings.js";
import { startReceiving, stopReceiving, takeLost } from "./packet-socket.js";
import type { BackendHost, BackendKind, InputQueue, PortBackend, ReadResult } from "./port-backend.js";
import { RingInput, type RingQueue } from "./ring-input.js";
import { SocketReader } from "./socket-reader.js";
import { admitStackedTag } from "./stacked-tag.js";
import { TransmitQueue } from "./transmit-queue.js";
import { TunnelSegments } from "./tunnel-segments.js";

/** Captured links: in by the thread's capture ring, or by the packet socket; out by the packet socket. */
export class CaptureBackends implements BackendKind {
  readonly host: BackendHost;
  readonly #ring: RingHandle | undefined;
  readonly #rings: LinuxCaptureRings;
  readonly segments: TunnelSegments = new TunnelSegments();
  /** Where nobody else makes rings. */
  #own: CaptureRing | undefined;
  #input: RingInput | undefined;
  #sockets: SocketReader | undefined;

  /** Throws `HostError` where the ring cannot be mapped. */
  constructor(host: BackendHost, options: { readonly ring?: RingHandle | undefined; readonly ringSize?: number }) {
    this.host = host;
    this.#ring = options.ring;
    this.#rings = new LinuxCaptureRings(options.ringSize);
    host.memory.register(this.segments.memory);
    if (options.ring) this.#input = new RingInput(options.ring, host, this.segments);
  }

  get shared(): InputQueue | undefined {
    return this.#input;
  }

  open(
    port: number,
    handle: FrameHandle,
    receiveQueues: readonly number[],
    counters: FrameCounters,
    places?: readonly ReceiveQueue[],
  ): PortBackend {
    if (handle.kind !== "capture") throw new BugError(`${handle.name} is no capture`);
    const queue = new TransmitQueue(handle.fd, handle.ifindex, handle.mtu, counters);
    const backend = new CaptureBackend({ port, handle, queue, counters, kind: this });
    try {
      if (places) backend.setQueues(places);
      else if (receiveQueues.length > 0 && !(handle.input === "ring" && this.#feedOwn(backend, handle))) {
        backend.setQueues([{ queue: 0 }]);
      }
      return backend;
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /** Has a port's frames come through a ring that is only this thread's. False where this kernel cannot: the socket then serves. */
  #feedOwn(backend: CaptureBackend, handle: CaptureHandle): boolean {
    if (this.#ring) return false;
    try {
      this.#own ??= this.#rings.open();
      this.#input ??= new RingInput(this.#own.handle, this.host, this.segments);
      const ring = this.#own;
      const place = ring.takePlace();
      try {
        this.#rings.feed(handle, [{ ring, place }]);
      } catch (error) {
        ring.freePlace(place);
        throw error;
      }
      backend.setQueues([{ queue: 0, place }]);
      backend.onClose = () => {
        this.#rings.stop(handle);
        ring.freePlace(place);
      };
      return true;
    } catch {
      return false;
    }
  }

  /** The ring; there is one where a queue has a place in it. */
  get input(): RingInput {
    return this.#input!;
  }

  /** What reads packet sockets. */
  get sockets(): SocketReader {
    if (!this.#sockets) {
      this.#sockets = new SocketReader();
      this.host.memory.register(this.#sockets.memory);
    }
    return this.#sockets;
  }

  setBudget(budget: number): void {
    this.#input?.setBudget(budget);
  }

  release(): void {
    this.#input?.release();
    this.#sockets?.reset();
    this.segments.reset();
  }

  close(): void {
    this.#input?.close();
    this.#own?.close();
    this.#sockets?.close();
    this.segments.close();
  }
}

interface Common {
  readonly port: number;
  readonly handle: CaptureHandle;
  readonly queue: TransmitQueue;
  readonly counters: FrameCounters;
  readonly kind: CaptureBackends;
}

/** A captured link. What this thread reads of it has places in the ring, or comes by the socket; it may be nothing. */
class CaptureBackend implements PortBackend {
  inputs: readonly SocketInput[] = [];
  onClose: () => void = () => undefined;
  readonly #common: Common;
  readonly #queue: TransmitQueue;
  readonly #host: BackendHost;
  #places: readonly RingQueue[] = [];
  /** Frames lost in places that have been given up. */
  #lostBefore = 0;
  #isBound = false;

  constructor(common: Common) {
    this.#common = common;
    this.#queue = common.queue;
    this.#host = common.kind.host;
  }

  get counts(): readonly QueueCounts[] {
    return [...this.#places, ...this.inputs].map(({ counts }) => counts);
  }

  setQueues(receiveQueues: readonly ReceiveQueue[]): void {
    const { port, handle, counters, kind } = this.#common;
    const before = this.#places;
    const placed = receiveQueues.filter(({ place }) => place !== undefined);
    this.#places = placed.map(({ queue, place }) => {
      const known = before.find((b) => b.place.id === place!.id);
      if (known) return known;
      const added = { port, counters, counts: { queue, frames: 0, bytes: 0 }, place: place!, skipped: 0 };
      kind.input.add(added);
      return added;
    });
    for (const gone of before) {
      if (this.#places.includes(gone)) continue;
      this.#lostBefore += kind.input.lost(gone);
      kind.input.drain(gone);
    }
    const bySocket = receiveQueues.length > placed.length;
    if (bySocket === this.inputs.length > 0) return;
    this.inputs = bySocket ? [new SocketInput(this.#common)] : [];
    if (!bySocket || this.#isBound) return;
    // What one thread has bound stays so when another one reads it.
    this.#isBound = true;
    startReceiving(handle.fd, handle.ifindex);
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
    memory.find(head, headAt, headLength, tail, tailAt, tailLength);
    const state =
      offload.gsoType === 0 && queue.isOneTagOver(headLength + tailLength)
        ? admitStackedTag(offload, readerOf(head, headAt, headLength, tail, tailAt))
        : offload;
    queue.add(memory.found, headLength, tailLength, state);
  }

  flush(): void {
    this.#queue.flush();
  }

  setMtu(mtu: number): void {
    this.#queue.mtu = mtu;
  }

  count(): void {
    const { counters, handle, kind } = this.#common;
    if (this.inputs.length > 0) this.#lostBefore += takeLost(handle.fd);
    const lost = this.#places.reduce((sum, place) => sum + kind.input.lost(place), this.#lostBefore);
    counters.rxDropped = lost + counters.rxUnusable;
  }

  close(): void {
    const { handle, kind } = this.#common;
    this.onClose();
    for (const place of this.#places) kind.input.remove(place);
    if (this.#isBound) {
      try {
        stopReceiving(handle.fd, handle.ifindex);
      } catch {
        // The device has gone.
      }
    }
    this.#queue.close();
  }
}

/** The frames of one packet socket; those of tunnels are cut, since a socket gives them whole. */
class SocketInput implements InputQueue {
  readonly fd: number;
  readonly counts: QueueCounts = { queue: 0, frames: 0, bytes: 0 };
  readonly #port: number;
  readonly #counters: FrameCounters;
  readonly #reader: SocketReader;
  readonly #offload: Offload;
  readonly #cut: FrameReceiver;
  #receiver: FrameReceiver = () => undefined;

  constructor({ port, handle, counters, kind }: Common) {
    this.fd = handle.fd;
    this.#port = port;
    this.#counters = counters;
    this.#reader = kind.sockets;
    this.#offload = kind.host.offload;
    const { segments } = kind;
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
    const before = this.#counters.rxBytes;
    const result = this.#reader.read(this.fd, this.#port, budget, this.#counters, this.#offload, this.#cut);
    this.counts.bytes += this.#counters.rxBytes - before;
    return result;
  }
}

/** Gives the 16 bits at any place of the frame made of two parts. By itself, so that only a frame that needs it has a closure made. */
function readerOf(
  head: Uint8Array,
  headAt: number,
  headLength: number,
  tail: Uint8Array,
  tailAt: number,
): (at: number) => number {
  const byte = (i: number): number => (i < headLength ? head[headAt + i]! : (tail[tailAt + i - headLength] ?? 0));
  return (at) => (byte(at) << 8) | byte(at + 1);
}
