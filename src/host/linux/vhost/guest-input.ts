import { type Offload, readVnetHeader } from "#wire/virtio-net.js";
import { RING_BROKEN, RING_EMPTY } from "#wire/virtqueue.js";
import type { FrameCounters, FrameReceiver, QueueCounts } from "../../frame-io.js";
import { Memory } from "../memory.js";
import type { InputQueue, ReadResult } from "../port-backend.js";
import * as sys from "../syscalls.js";
import type { GuestFrames } from "./guest-frames.js";
import { admitGuestOffload, type GuestAgreement } from "./guest-offload.js";
import type { GuestRings } from "./guest-rings.js";
import { RingCount } from "./vhost-shared.js";

/** Frames that are taken from a ring together. */
const BATCH = 32;
const ETHERNET_HEADER = 14;
/** A frame of 64 KB with its Ethernet header and tags. */
const LONGEST = 65535 + 22;
/** Its room, the vnet header included, which lies before it. */
const SLOT = LONGEST + 128;
const EVENTS = 8;

/** What the inputs of a port work with. */
export interface GuestInputParts {
  readonly port: number;
  /** Queues that the guest's queue pairs are spread over. */
  readonly queues: number;
  readonly rings: GuestRings;
  readonly counters: FrameCounters;
  readonly frames: GuestFrames;
  readonly offload: Offload;
}

/** Frames that a guest sends, by its odd rings: those of its queue pairs that fall to one queue. */
export class GuestInput implements InputQueue {
  /** Epoll set of the guest's kicks. */
  readonly fd: number;
  readonly counts: QueueCounts;
  /** The first ring, and how far it is to the next. */
  readonly #first: number;
  readonly #step: number;
  count = 0;
  readonly #parts: GuestInputParts;
  readonly #events: Memory = Memory.anonymous(4096);
  /** The ring that is looked at first next time. */
  #turn: number;
  /** The batch at hand: where its frames are, and how long. */
  readonly #at = new Int32Array(BATCH);
  readonly #lengths = new Int32Array(BATCH);

  constructor(queue: number, fd: number, parts: GuestInputParts) {
    this.fd = fd;
    this.counts = { queue, frames: 0, bytes: 0 };
    this.#parts = parts;
    this.#first = 2 * queue + 1;
    this.#step = 2 * parts.queues;
    this.#turn = this.#first;
  }

  pending(): boolean {
    const { rings } = this.#parts;
    const end = rings.shared.rings;
    for (let ring = this.#first; ring < end; ring += this.#step) {
      const view = rings.open(ring);
      if (view === undefined) continue;
      const waiting = view.waiting();
      rings.close(ring, view);
      if (waiting !== 0) return true;
    }
    return false;
  }

  setSleeping(sleeping: boolean): void {
    const { rings } = this.#parts;
    const end = rings.shared.rings;
    for (let ring = this.#first; ring < end; ring += this.#step) {
      const view = rings.open(ring);
      if (view === undefined) continue;
      if (sleeping) view.listen();
      else view.ignore();
      rings.close(ring, view);
    }
  }

  /** The epoll set has told of kicks: it forgets them. */
  woken(): void {
    while (sys.epollWait(this.fd, this.#events.address, EVENTS, 0) === EVENTS);
  }

  read(budget: number, receiver: FrameReceiver): ReadResult {
    this.count = 0;
    const end = this.#parts.rings.shared.rings;
    const rings = Math.max(0, Math.ceil((end - this.#first) / this.#step));
    let idle = 0;
    while (idle < rings && this.count < budget) {
      const ring = this.#turn < end ? this.#turn : this.#first;
      this.#turn = ring + this.#step;
      const before = this.count;
      if (!this.#readRing(ring, Math.min(BATCH, budget - before), receiver)) return "more";
      idle = this.count === before ? idle + 1 : 0;
    }
    return idle < rings ? "more" : "empty";
  }

  close(): void {
    this.#events.release();
  }

  /** Takes a batch out of the guest's memory, gives its buffers back, and only then looks at it. False where there is no room for more. */
  #readRing(ring: number, limit: number, receiver: FrameReceiver): boolean {
    const { rings, frames, counters, port } = this.#parts;
    const view = rings.open(ring);
    if (view === undefined) return true;
    const { agreement } = rings;
    const isWanted = rings.isEnabled(ring) && !rings.shared.isDown;
    let taken = 0;
    let bad = 0;
    let bytes = 0;
    let hasRoom = true;
    for (let i = 0; i < limit; i++) {
      if (frames.used + SLOT > frames.memory.size) {
        hasRoom = false;
        break;
      }
      const head = view.take();
      if (head === RING_EMPTY) break;
      if (head === RING_BROKEN) {
        rings.giveUp(ring);
        break;
      }
      // The addresses behind the Ethernet header are best read where they are aligned.
      const at = frames.used + 64 + 2;
      const length =
        view.read(head, frames.memory.bytes, at - agreement.headerLength, LONGEST + agreement.headerLength) -
        agreement.headerLength;
      view.giveBack(head, 0);
      this.count++;
      if (!isWanted) continue;
      if (length < ETHERNET_HEADER) {
        bad++;
        continue;
      }
      this.#at[taken] = at;
      this.#lengths[taken++] = length;
      bytes += length;
      frames.used = (at + length + 63) & ~63;
    }
    rings.add(ring, RingCount.packets, taken);
    rings.add(ring, RingCount.bytes, bytes);
    rings.add(ring, RingCount.bad, bad);
    rings.publish(ring, view);
    rings.close(ring, view);
    counters.rxPackets += taken;
    counters.rxBytes += bytes;
    this.counts.bytes += bytes;
    counters.rxUnusable += bad;
    counters.rxDropped += bad;
    for (let i = 0; i < taken; i++) this.#deliver(port, this.#at[i]!, this.#lengths[i]!, agreement, receiver);
    return hasRoom;
  }

  #deliver(port: number, at: number, length: number, agreement: GuestAgreement, receiver: FrameReceiver): void {
    const { frames, counters, offload } = this.#parts;
    const { bytes } = frames.memory;
    readVnetHeader(bytes, at - agreement.headerLength, offload);
    if (!admitGuestOffload(offload, bytes, at, length, agreement)) {
      counters.rxUnusable++;
      counters.rxDropped++;
      return;
    }
    receiver(port, bytes, at, length, offload);
  }
}
