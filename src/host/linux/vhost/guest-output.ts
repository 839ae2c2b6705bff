import { planSegmentation, writeSegment } from "#wire/segmentation.js";
import { copyOffload, type Offload, plainOffload, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { RING_BROKEN, RING_EMPTY, type SplitRing } from "#wire/virtqueue.js";
import type { FrameCounters } from "../../frame-io.js";
import { countDrop } from "../transmit-queue.js";
import { FLOW_HEADERS, flowHash } from "./flow-hash.js";
import { completeChecksum } from "./guest-offload.js";
import type { GuestRings } from "./guest-rings.js";
import { RingCount } from "./vhost-shared.js";

/** Beyond the MTU, what a frame may have: the Ethernet header and one tag. */
const LINK_HEADER = 18;
/** A frame that has to be changed for the guest: whole, then cut. */
const ROOM = 1 << 17;
/** Unusable buffers of the guest that one frame looks behind. */
const UNUSABLE = 4;
const NOTHING = new Uint8Array(0);

/** Frames that go to a guest: into the buffers of its even rings. */
export class GuestOutput {
  /** Frames since the last `flush`. */
  length = 0;
  mtu: number;
  readonly #rings: GuestRings;
  readonly #counters: FrameCounters;
  /** Rings that have something to show to the guest. */
  readonly #filled: number[] = [];
  readonly #header = new Uint8Array(12);
  /** A frame's headers, for the choice of a queue. */
  readonly #start = new Uint8Array(FLOW_HEADERS);
  #whole: Uint8Array | undefined;
  #segment: Uint8Array | undefined;
  readonly #changed: Offload = plainOffload();

  constructor(rings: GuestRings, mtu: number, counters: FrameCounters) {
    this.#rings = rings;
    this.mtu = mtu;
    this.#counters = counters;
  }

  /** As `FrameIo.send`; copies at once. */
  send(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    this.length++;
    const length = headLength + tailLength;
    if (length > this.mtu + LINK_HEADER && offload.gsoType === 0) {
      this.#dropUnserved("oversize");
      return;
    }
    const { shared } = this.#rings;
    const { pairs } = shared;
    if (pairs === 0 || shared.isDown) {
      this.#dropUnserved("ENETDOWN");
      return;
    }
    const pair = pairs === 1 ? 0 : this.#hash(head, headAt, headLength, tail, tailAt, tailLength) % pairs;
    const ring = 2 * pair;
    const view = this.#rings.open(ring);
    if (view === undefined) {
      this.#dropUnserved("ENETDOWN");
      return;
    }
    if (!this.#filled.includes(ring)) this.#filled.push(ring);
    const { agreement } = this.#rings;
    const isUnderstood =
      (offload.flags & VNET_NEEDS_CSUM) === 0 || agreement.toChecksum
        ? offload.gsoType === 0 || agreement.toGso.includes(offload.gsoType)
        : false;
    if (isUnderstood) this.#put(ring, view, head, headAt, headLength, tail, tailAt, tailLength, offload);
    else this.#putPlainly(ring, view, head, headAt, headLength, tail, tailAt, tailLength, offload);
    this.#rings.close(ring, view);
  }

  #hash(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
  ): number {
    const start = this.#start;
    const fromHead = Math.min(headLength, start.length);
    const length = Math.min(headLength + tailLength, start.length);
    for (let i = 0; i < fromHead; i++) start[i] = head[headAt + i]!;
    for (let i = fromHead; i < length; i++) start[i] = tail[tailAt + i - fromHead]!;
    return flowHash(start, length);
  }

  /** Cuts and completes what the guest's driver has not agreed to do itself. */
  #putPlainly(
    ring: number,
    view: SplitRing,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const whole = (this.#whole ??= new Uint8Array(ROOM));
    const length = headLength + tailLength;
    if (length > ROOM) {
      this.#drop(ring, "oversize");
      return;
    }
    whole.set(head.subarray(headAt, headAt + headLength));
    whole.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
    if (offload.gsoType === 0) {
      this.#putCompleted(ring, view, whole, length, offload);
      return;
    }
    const plan = planSegmentation(whole, 0, length, offload);
    if (plan === undefined || plan.headers + plan.size > ROOM) {
      this.#drop(ring, "EINVAL");
      return;
    }
    const segment = (this.#segment ??= new Uint8Array(ROOM));
    for (let i = 0; i < plan.count; i++) {
      const size = writeSegment(whole, 0, length, plan, i, segment, 0);
      const state = this.#changed;
      copyOffload(state, PLAIN);
      if (plan.leavesChecksum) {
        state.flags = VNET_NEEDS_CSUM;
        state.csumStart = offload.csumStart;
        state.csumOffset = offload.csumOffset;
      }
      this.#putCompleted(ring, view, segment, size, state);
    }
  }

  /** A frame without segmentation, its checksum filled in where the guest does not do that. */
  #putCompleted(ring: number, view: SplitRing, frame: Uint8Array, length: number, offload: Readonly<Offload>): void {
    let state = offload;
    if ((offload.flags & VNET_NEEDS_CSUM) !== 0 && !this.#rings.agreement.toChecksum) {
      completeChecksum(frame, 0, length, offload);
      state = PLAIN;
    }
    this.#put(ring, view, frame, 0, length, NOTHING, 0, 0, state);
  }

  #put(
    ring: number,
    view: SplitRing,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const { agreement, shared } = this.#rings;
    const length = headLength + tailLength;
    const total = agreement.headerLength + length;
    let buffers = view.reserve(total, agreement.mayMerge);
    for (let left = UNUSABLE; buffers === 0 && left > 0; left--) buffers = view.reserve(total, agreement.mayMerge);
    if (buffers === RING_EMPTY && shared.retries > 0) {
      // The guest may make room once it hears of what it has got.
      this.#rings.publish(ring, view);
      for (let left = shared.retries; buffers === RING_EMPTY && left > 0; left--) {
        buffers = view.reserve(total, agreement.mayMerge);
        this.#rings.add(ring, RingCount.retries, 1);
      }
    }
    if (buffers <= 0) {
      if (buffers === RING_BROKEN) this.#rings.giveUp(ring);
      if (buffers !== RING_EMPTY) this.#rings.add(ring, RingCount.bad, 1);
      this.#drop(ring, buffers === RING_EMPTY ? "ENOBUFS" : "EFAULT");
      return;
    }
    this.#writeHeader(offload, buffers);
    const isWritten =
      view.write(this.#header, 0, agreement.headerLength) &&
      view.write(head, headAt, headLength) &&
      view.write(tail, tailAt, tailLength);
    if (!isWritten) {
      view.drop();
      this.#rings.add(ring, RingCount.bad, 1);
      this.#drop(ring, "EFAULT");
      return;
    }
    view.finish(total);
    this.#rings.add(ring, RingCount.packets, 1);
    this.#rings.add(ring, RingCount.bytes, length);
    this.#counters.txPackets++;
    this.#counters.txBytes += length;
  }

  /** struct virtio_net_hdr with the count of merged buffers. */
  #writeHeader(offload: Readonly<Offload>, buffers: number): void {
    const header = this.#header;
    header[0] = this.#rings.agreement.toChecksum ? offload.flags : 0;
    header[1] = offload.gsoType;
    header[2] = offload.headerLength;
    header[3] = offload.headerLength >>> 8;
    header[4] = offload.gsoSize;
    header[5] = offload.gsoSize >>> 8;
    header[6] = offload.csumStart;
    header[7] = offload.csumStart >>> 8;
    header[8] = offload.csumOffset;
    header[9] = offload.csumOffset >>> 8;
    header[10] = buffers;
    header[11] = buffers >>> 8;
  }

  /** Counts a frame that an open ring did not take. */
  #drop(ring: number, reason: string): void {
    this.#rings.add(ring, RingCount.dropped, 1);
    countDrop(this.#counters, reason, 1);
  }

  /** Counts one that is for no ring. */
  #dropUnserved(reason: string): void {
    const { shared } = this.#rings;
    shared.lock(0);
    this.#drop(0, reason);
    shared.unlock(0);
  }

  /** Shows the guest what it has got. */
  flush(): void {
    this.length = 0;
    for (const ring of this.#filled) {
      const view = this.#rings.open(ring);
      if (view === undefined) continue;
      this.#rings.publish(ring, view);
      this.#rings.close(ring, view);
    }
    this.#filled.length = 0;
  }
}

const PLAIN: Readonly<Offload> = plainOffload();
