import { errnoName } from "#util/errno.js";
import { restorePartialChecksum } from "#wire/partial-checksum.js";
import { clearOffload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver, QueueCounts } from "../frame-io.js";
import type { XdpHandle } from "../net.js";
import { Memory } from "./memory.js";
import type { BackendHost, InputQueue, ReadResult } from "./port-backend.js";
import * as sys from "./syscalls.js";
import { countDrop } from "./transmit-queue.js";
import { XDP_FRAME, XDP_LONGEST, XDP_RING, xdpState } from "./xdp-layout.js";
import { openXdpRings, type XdpRing } from "./xdp-ring.js";
import { xdpCounts } from "./xdp-socket.js";

const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const EBUSY = 16;
const ENOBUFS = 105;
/** Milliseconds after which the thread that had a queue must have died with it. */
const PATIENCE = 1000;
/** Calls of one flush at most, where the kernel copies; a driver without copies needs to be told once. */
const KICKS = 64;

/**
 * One AF_XDP socket as the thread that reads its queue uses it: frames in and out, each copied once on the way out. Where another thread still
 * has it, it waits for that one to close it.
 */
export class XdpQueue implements InputQueue {
  readonly fd: number;
  count = 0;
  readonly counts: QueueCounts;
  readonly #port: number;
  readonly #counters: FrameCounters;
  readonly #host: BackendHost;
  readonly #memory: Memory;
  readonly #copies: boolean;
  readonly #kicks: number;
  readonly #alwaysKicks: boolean;
  readonly #restores: boolean;
  readonly #rx: XdpRing;
  readonly #tx: XdpRing;
  readonly #fill: XdpRing;
  readonly #completion: XdpRing;
  /** Next position to read. */
  #received = 0;
  /** Frames of this turn, to be given back. */
  readonly #taken = new Uint32Array(XDP_RING);
  #takenCount = 0;
  /** Next position to write, and up to where the kernel may have looked. */
  #sent = 0;
  #shown = 0;
  /** Frames written but not yet handed over. */
  length = 0;
  #isOurs = false;
  readonly #since = performance.now();

  /** Throws `HostError`. */
  constructor(port: number, handle: XdpHandle, queue: number, counters: FrameCounters, host: BackendHost) {
    const socket = handle.sockets[queue]!;
    this.fd = socket.fd;
    this.counts = { queue, frames: 0, bytes: 0 };
    this.#port = port;
    this.#counters = counters;
    this.#host = host;
    this.#copies = handle.mode !== "native-with-zerocopy";
    this.#kicks = this.#copies ? KICKS : 1;
    this.#alwaysKicks = !handle.needWakeup;
    this.#restores = handle.hasPartialChecksums;
    this.#memory = Memory.of(socket.memory);
    const [rx, tx, fill, completion] = openXdpRings(this.fd);
    this.#rx = rx;
    this.#tx = tx;
    this.#fill = fill;
    this.#completion = completion;
    host.memory.register(this.#memory);
    this.#claim();
  }

  /** True where this thread has the queue, and nobody else. */
  get isOurs(): boolean {
    return this.#isOurs || this.#claim();
  }

  #claim(): boolean {
    const { ints, words } = this.#memory;
    const isTaken = Atomics.compareExchange(ints, xdpState.taken, 0, 1) !== 0;
    if (isTaken && performance.now() - this.#since < PATIENCE) return false;
    this.#isOurs = true;
    this.#received = this.#rx.consumer;
    this.#sent = this.#tx.producer;
    this.#shown = this.#sent;
    if (words[xdpState.filled] === 0) this.#fillFirst();
    return true;
  }

  #fillFirst(): void {
    const fill = this.#fill;
    for (let i = 0; i < XDP_RING; i++) fill.words[fill.at(i)] = i * XDP_FRAME;
    fill.producer = XDP_RING;
    this.#memory.words[xdpState.filled] = 1;
  }

  pending(): boolean {
    return this.isOurs && this.#rx.producer !== this.#received;
  }

  read(budget: number, receiver: FrameReceiver): ReadResult {
    const rx = this.#rx;
    const { words } = rx;
    const { bytes } = this.#memory;
    const { offload } = this.#host;
    const count = Math.min(budget, (rx.producer - this.#received) | 0);
    for (let i = 0; i < count; i++) {
      const entry = rx.at(this.#received);
      const at = words[entry]!;
      const length = words[entry + 2]!;
      this.#received = (this.#received + 1) | 0;
      this.#taken[this.#takenCount++] = at;
      this.#counters.rxPackets++;
      this.#counters.rxBytes += length;
      this.counts.bytes += length;
      clearOffload(offload);
      if (this.#restores) restorePartialChecksum(bytes, at, length, offload);
      receiver(this.#port, bytes, at, length, offload);
    }
    if (count > 0) rx.consumer = this.#received;
    this.count = count;
    return count < budget ? "empty" : "more";
  }

  /** Gives back the frames of the last turn, and has the kernel go on with those that still wait to be sent. */
  release(): void {
    if (!this.#isOurs) return;
    if (this.#takenCount > 0) {
      const fill = this.#fill;
      let position = fill.producer;
      for (let i = 0; i < this.#takenCount; i++) {
        fill.words[fill.at(position)] = this.#taken[i]! & ~(XDP_FRAME - 1);
        position = (position + 1) | 0;
      }
      this.#takenCount = 0;
      fill.producer = position;
      if (fill.needsWakeup) sys.recv(this.fd, null, 0, MSG_DONTWAIT);
    }
    if (this.#tx.consumer !== this.#sent) this.flush();
  }

  /** Frames lost on the way in that no thread has counted yet; now they are. */
  takeLost(): number {
    if (!this.#isOurs) return 0;
    const { words } = this.#memory;
    const { rxDropped, rxFull } = xdpCounts(this.fd);
    const lost = (rxDropped + rxFull - words[xdpState.lost]!) | 0;
    if (lost <= 0) return 0;
    words[xdpState.lost] = rxDropped + rxFull;
    return lost;
  }

  /** Copies a frame's parts into a free frame of the UMEM. */
  add(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
  ): void {
    const { bytes, words } = this.#memory;
    const length = headLength + tailLength;
    if (length > XDP_LONGEST) {
      countDrop(this.#counters, "oversize", 1);
      return;
    }
    if (words[xdpState.freeCount] === 0) {
      this.flush();
      this.#reclaim();
      if (words[xdpState.freeCount] === 0) {
        countDrop(this.#counters, "EAGAIN", 1);
        return;
      }
    }
    const at = words[xdpState.free + --words[xdpState.freeCount]!]!;
    copy(head, headAt, headLength, bytes, at);
    copy(tail, tailAt, tailLength, bytes, at + headLength);
    const tx = this.#tx;
    const entry = tx.at(this.#sent);
    tx.words[entry] = at;
    tx.words[entry + 1] = 0;
    tx.words[entry + 2] = length;
    tx.words[entry + 3] = 0;
    this.#sent = (this.#sent + 1) | 0;
    this.length++;
    this.#counters.txPackets++;
    this.#counters.txBytes += length;
  }

  /** Hands over what waits. */
  flush(): void {
    const tx = this.#tx;
    this.length = 0;
    tx.producer = this.#sent;
    for (let i = 0; i < this.#kicks && tx.consumer !== this.#sent; i++) {
      if (!this.#alwaysKicks && !tx.needsWakeup) break;
      if (sys.send(this.fd, null, 0, MSG_DONTWAIT) >= 0) {
        this.#shown = this.#sent;
        continue;
      }
      const errno = sys.errno();
      if (errno === EAGAIN) this.#shown = this.#sent;
      else {
        if (errno !== EBUSY && errno !== ENOBUFS) this.#takeBack(errnoName(errno));
        break;
      }
    }
    this.#reclaim();
  }

  /** The kernel refused to look at what it was shown: the device is down or gone. */
  #takeBack(reason: string): void {
    // A driver without copies may look at any time, and what the kernel has looked at before it may still send.
    if (!this.#copies) return;
    const { words } = this.#memory;
    const tx = this.#tx;
    let bytes = 0;
    let frames = 0;
    while (this.#sent !== this.#shown) {
      this.#sent = (this.#sent - 1) | 0;
      const entry = tx.at(this.#sent);
      bytes += tx.words[entry + 2]!;
      frames++;
      words[xdpState.free + words[xdpState.freeCount]!++] = tx.words[entry]!;
    }
    tx.producer = this.#sent;
    if (frames === 0) return;
    this.#counters.txPackets -= frames;
    this.#counters.txBytes -= bytes;
    countDrop(this.#counters, reason, frames);
  }

  /** Frames that the kernel has sent are free again. */
  #reclaim(): void {
    const completion = this.#completion;
    const { words } = this.#memory;
    const end = completion.producer;
    let position = completion.consumer;
    if (position === end) return;
    let free = words[xdpState.freeCount]!;
    for (; position !== end; position = (position + 1) | 0)
      words[xdpState.free + free++] = completion.words[completion.at(position)]! & ~(XDP_FRAME - 1);
    words[xdpState.freeCount] = free;
    completion.consumer = position;
  }

  /** Leaves everything as the next thread can take it over. */
  close(): void {
    if (this.#isOurs) {
      this.release();
      this.#reclaim();
      Atomics.store(this.#memory.ints, xdpState.taken, 0);
    }
    this.#host.memory.forget(this.#memory);
    for (const ring of [this.#rx, this.#tx, this.#fill, this.#completion]) ring.close();
  }
}

/** Short pieces byte by byte: a view costs more than they do. */
const SHORT = 48;

function copy(from: Uint8Array, at: number, length: number, to: Uint8Array, toAt: number): void {
  if (length > SHORT) to.set(from.subarray(at, at + length), toAt);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i]!;
}
