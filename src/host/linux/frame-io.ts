import { captureRecord } from "#bpf/capture-program.js";
import { BugError } from "#util/errors.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameIo, FrameReceiver } from "../frame-io.js";
import type { FrameHandle } from "../net.js";
import { updateLink } from "./bpf.js";
import { readCaptureOffload } from "./capture-offload.js";
import { CaptureRing } from "./capture-ring.js";
import { Memory } from "./memory.js";
import { startReceiving, stopReceiving, takeLost } from "./packet-socket.js";
import { PollSet } from "./poll-set.js";
import { SocketReader } from "./socket-reader.js";
import { admitStackedTag } from "./stacked-tag.js";
import * as sys from "./syscalls.js";
import { TapReader } from "./tap-reader.js";
import { TransmitQueue } from "./transmit-queue.js";
import { TunnelSegments } from "./tunnel-segments.js";

const EFD_NONBLOCK_CLOEXEC = 0x80800;
const SCRATCH = 256 << 10;
/** Room for copies of frames in memory of others. */
const COPIES = 1 << 20;
/** Frames of one turn at most. */
const MAX_BUDGET = 256;
/** Frames of one TAP or socket before the next has its turn. */
const SHARE = 32;
/** What it costs to forward a frame, in bytes that could be copied meanwhile; more where turns have a smaller budget. */
const FRAME_COST = 2048;
/** The low bits of a ring identity are the counter slot; the rest tells one use of it from the next. */
const SLOT_BITS = 9;

/** One attached port. */
interface Port {
  readonly number: number;
  readonly handle: FrameHandle;
  readonly counters: FrameCounters;
  readonly queue: TransmitQueue;
  /** Identity in the ring's records and the program that writes them; undefined for a TAP or a socket. */
  readonly ring: { readonly id: number; readonly slot: number; readonly program: number } | undefined;
  /** Frames that were not taken from the ring, since too many waited. */
  skipped: number;
  /** Frames lost since the ring or the socket's buffer was full, as far as they have been asked for. */
  lost: number;
}

export interface LinuxFrameIoOptions {
  /** Bytes of the capture ring, a power of two; 8 MiB by default: more than the window of a TCP stream, so that a late reader costs it nothing. */
  readonly ringSize?: number;
}

/** `FrameIo` over a BPF ring, AF_PACKET sockets and TAP devices. */
export class LinuxFrameIo implements FrameIo {
  readonly wakeFd: number;
  readonly scratch: Uint8Array;
  readonly #scratch: Memory = Memory.anonymous(SCRATCH);
  readonly #copies: Memory = Memory.anonymous(COPIES);
  #copied = 0;
  readonly #ringSize: number;
  #ring: CaptureRing | undefined;
  /** Bytes of the ring's records that were given out since the last release. */
  #taken = 0;
  readonly #taps: TapReader = new TapReader();
  #sockets: SocketReader | undefined;
  #segments: TunnelSegments | undefined;
  readonly #poll: PollSet;
  readonly #ports: (Port | undefined)[] = [];
  /** Ports fed by the ring, by counter slot. */
  readonly #bySlot: (Port | undefined)[] = [];
  #generation = 0;
  /** Queues with frames in them. */
  readonly #waiting: TransmitQueue[] = [];
  readonly #offload: Offload = plainOffload();
  #turn = 0;
  #polled = false;
  /** The budget that the ring's frame cost fits. */
  #budget = 0;

  /** Throws `HostError` where the kernel has no room. */
  constructor(options: LinuxFrameIoOptions = {}) {
    this.#ringSize = options.ringSize ?? 8 << 20;
    this.scratch = this.#scratch.bytes;
    this.wakeFd = sys.check(sys.eventfd(0, EFD_NONBLOCK_CLOEXEC), "eventfd");
    this.#poll = new PollSet(this.wakeFd);
  }

  attach(port: number, handle: FrameHandle): void {
    if (this.#ports[port]) throw new BugError(`port ${port} is attached twice`);
    const counters: FrameCounters = {
      rxPackets: 0,
      rxBytes: 0,
      txPackets: 0,
      txBytes: 0,
      txDropped: 0,
      rxDropped: 0,
      rxUnusable: 0,
      txErrors: new Map(),
    };
    const ring = handle.kind === "capture" && handle.input === "ring" ? this.#feedRing(handle) : undefined;
    if (!ring && handle.kind === "capture") {
      startReceiving(handle.fd, handle.ifindex);
      this.#sockets ??= new SocketReader();
    }
    const queue = new TransmitQueue(handle.fd, handle.kind === "capture", handle.mtu, counters);
    const attached = { number: port, handle, counters, queue, ring, skipped: 0, lost: 0 };
    this.#ports[port] = attached;
    if (ring) this.#bySlot[ring.slot] = attached;
    else this.#poll.add(port, handle.fd);
  }

  /** Puts the capture program in the dropping one's place. Undefined where this kernel cannot: the socket then serves. */
  #feedRing(handle: FrameHandle): Port["ring"] {
    let slot = 0;
    let program = -1;
    try {
      if (!this.#ring) {
        this.#ring = new CaptureRing(this.#ringSize);
        this.#ring.setFrameCost(FRAME_COST);
        this.#poll.setRing(this.#ring.fd);
      }
      slot = this.#ring.takeSlot();
      const id = ((++this.#generation << SLOT_BITS) | slot) >>> 0;
      program = this.#ring.loadProgram(id, slot);
      updateLink(handle.hideLink, program);
      return { id, slot, program };
    } catch {
      if (program >= 0) sys.close(program);
      if (slot > 0) this.#ring?.freeSlot(slot);
      return undefined;
    }
  }

  detach(port: number): void {
    const attached = this.#ports[port];
    if (!attached) return;
    this.flush();
    this.#ports[port] = undefined;
    const { handle, ring, queue } = attached;
    if (ring) {
      try {
        updateLink(handle.hideLink, handle.dropProgram);
      } catch {
        // The device has gone and took the BPF link with it.
      }
      sys.close(ring.program);
      this.#bySlot[ring.slot] = undefined;
      this.#ring?.freeSlot(ring.slot);
    } else {
      this.#poll.remove(port);
      if (handle.kind === "capture") {
        try {
          stopReceiving(handle.fd, handle.ifindex);
        } catch {
          // The device has gone.
        }
      }
    }
    queue.close();
  }

  setMtu(port: number, mtu: number): void {
    const attached = this.#ports[port];
    if (attached) attached.queue.mtu = mtu;
  }

  counters(port: number): FrameCounters | undefined {
    const attached = this.#ports[port];
    if (attached) {
      if (attached.ring && this.#ring) attached.lost = this.#ring.lost(attached.ring.slot);
      else if (attached.handle.kind === "capture") attached.lost += takeLost(attached.handle.fd);
      attached.counters.rxDropped = attached.lost + attached.skipped + attached.counters.rxUnusable;
    }
    return attached?.counters;
  }

  wait(timeout: number): void {
    this.#release();
    const ring = this.#ring;
    ring?.setSleeping(true);
    this.#poll.wait(ring?.pending() ? 0 : timeout);
    ring?.setSleeping(false);
    this.#polled = true;
  }

  receive(budget: number, receiver: FrameReceiver): number {
    this.#release();
    const poll = this.#poll;
    if (poll.size > 0 && !this.#polled) poll.look();
    this.#polled = false;
    const limit = Math.min(budget, MAX_BUDGET);
    if (this.#ring && limit !== this.#budget) {
      this.#budget = limit;
      // More than in proportion: each frame that waits has others wait behind it, and the slower they go, the fewer may wait.
      this.#ring.setFrameCost(Math.ceil(FRAME_COST * (MAX_BUDGET / Math.max(1, limit)) ** 1.5));
    }
    const others = poll.size > 0 && poll.anyReady();
    let count = this.#ring ? this.#receiveRing(this.#ring, others ? limit - (limit >> 2) : limit, receiver) : 0;
    if (others) count += this.#receiveOthers(limit - count, receiver);
    return count;
  }

  #receiveRing(ring: CaptureRing, budget: number, receiver: FrameReceiver): number {
    const { bytes, words } = ring.data;
    const offload = this.#offload;
    const isSlow = this.#budget < MAX_BUDGET;
    let count = 0;
    while (count < budget) {
      const at = ring.record(this.#taken);
      if (at < 0) break;
      this.#taken += ring.step(at);
      if (ring.isDiscarded(at)) continue;
      count++;
      const id = words[(at + captureRecord.port) >> 2]!;
      const port = this.#bySlot[id & ((1 << SLOT_BITS) - 1)];
      if (port?.ring?.id !== id) continue;
      const length = words[(at + captureRecord.length) >> 2]!;
      // Frames that came before it was known how long they take.
      if (isSlow && ring.hasTooMany(port.ring.slot)) {
        ring.took(port.ring.slot, length);
        port.skipped++;
        count--;
        continue;
      }
      ring.took(port.ring.slot, length);
      if (!readCaptureOffload(bytes, words, at, offload)) {
        port.counters.rxUnusable++;
        continue;
      }
      port.counters.rxPackets++;
      port.counters.rxBytes += length;
      const frame = at + captureRecord.size;
      if (offload.gsoType !== 0 && isEncapsulatedGso(bytes, frame, offload))
        count += this.#deliverSegments(port, bytes, frame, length, offload, receiver);
      else receiver(port.number, bytes, frame, length, offload);
    }
    return count;
  }

  /** Cuts a frame of a tunnel; counts it where that cannot be done. Returns the frames beyond one. */
  #deliverSegments(
    port: Port,
    memory: Uint8Array,
    at: number,
    length: number,
    offload: Readonly<Offload>,
    receiver: FrameReceiver,
  ): number {
    this.#segments ??= new TunnelSegments();
    const count = this.#segments.deliver(port.number, memory, at, length, offload, receiver);
    if (count === 0) port.counters.rxUnusable++;
    return Math.max(0, count - 1);
  }

  /** Gives the ready TAPs and sockets their share each, beginning with another one each time. */
  #receiveOthers(budget: number, receiver: FrameReceiver): number {
    const poll = this.#poll;
    let left = budget;
    for (let i = 0, turn = this.#turn++; i < poll.size && left > 0; i++) {
      const index = (turn + i) % poll.size;
      if (!poll.isReady(index)) continue;
      const port = this.#ports[poll.port(index)];
      if (!port) continue;
      const isSocket = port.handle.kind === "capture";
      const reader = isSocket ? this.#sockets! : this.#taps;
      // A TAP is not given tunnels' frames whole, since it was not asked for that.
      const deliver = isSocket ? this.#cutting(port, receiver) : receiver;
      const result = reader.read(
        port.handle.fd,
        port.number,
        Math.min(left, SHARE),
        port.counters,
        this.#offload,
        deliver,
      );
      left -= reader.count;
      if (result === "dead") poll.silence(index);
      else if (result === "empty") poll.setReady(index, false);
    }
    return budget - left;
  }

  /** The receiver behind one that cuts the frames of tunnels. */
  #cutting(port: Port, receiver: FrameReceiver): FrameReceiver {
    return (number, memory, at, length, offload) => {
      if (offload.gsoType !== 0 && isEncapsulatedGso(memory, at, offload))
        this.#deliverSegments(port, memory, at, length, offload, receiver);
      else receiver(number, memory, at, length, offload);
    };
  }

  /** Gives back the memory of the last turn's frames. */
  #release(): void {
    if (this.#taken > 0) {
      this.#ring!.release(this.#taken);
      this.#taken = 0;
    }
    this.#taps.reset();
    this.#sockets?.reset();
    this.#segments?.reset();
  }

  send(
    port: number,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const attached = this.#ports[port];
    if (!attached) return;
    const queue = attached.queue;
    // Never between the parts of one frame: the first one's copy could be written over before it is sent.
    if (this.#copied + headLength + tailLength > COPIES) this.flush();
    const headAddress = headLength > 0 ? this.#address(head, headAt, headLength) : 0;
    const tailAddress = tailLength > 0 ? this.#address(tail, tailAt, tailLength) : 0;
    if (queue.length === 0) this.#waiting.push(queue);
    const state =
      offload.gsoType === 0 && queue.isOneTagOver(headLength + tailLength)
        ? admitStackedTag(offload, (at) => u16Of(head, headAt, headLength, tail, tailAt, at))
        : offload;
    queue.add(headAddress, headLength, tailAddress, tailLength, state);
  }

  /** Where the kernel finds these bytes: where they are, or in a copy when they are in nobody's fixed memory. */
  #address(memory: Uint8Array, at: number, length: number): number {
    if (this.#ring && memory === this.#ring.data.bytes) return this.#ring.data.address + at;
    if (memory === this.scratch) return this.#scratch.address + at;
    if (memory === this.#taps.memory.bytes) return this.#taps.memory.address + at;
    if (this.#sockets && memory === this.#sockets.memory.bytes) return this.#sockets.memory.address + at;
    if (this.#segments && memory === this.#segments.memory.bytes) return this.#segments.memory.address + at;
    const place = this.#copied;
    this.#copies.bytes.set(memory.subarray(at, at + length), place);
    this.#copied = place + length;
    return this.#copies.address + place;
  }

  flush(): void {
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush();
    waiting.length = 0;
    this.#copied = 0;
  }

  close(): void {
    for (const port of this.#ports) if (port) this.detach(port.number);
    this.#ring?.close();
    this.#ring = undefined;
    this.#taps.close();
    this.#sockets?.close();
    this.#segments?.close();
    this.#scratch.release();
    this.#copies.release();
    this.#poll.close();
    sys.close(this.wakeFd);
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
