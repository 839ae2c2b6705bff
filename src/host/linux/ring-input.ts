import { CAPTURE_RESUMED, captureRecord, resumeRecord } from "#bpf/capture-program.js";
import { CHOSEN } from "#bpf/forward/layout.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import type { Offload } from "#wire/virtio-net.js";
import type { RingHandle, RingPlace } from "../capture-rings.js";
import type { BegunPacket, FrameCounters, FrameReceiver, QueueCounts } from "../frame-io.js";
import { frameOf, readCaptureOffload } from "./capture-offload.js";
import { CaptureRingReader } from "./capture-ring.js";
import { slotOf } from "./capture-rings.js";
import type { BackendHost, InputQueue, ReadResult } from "./port-backend.js";
import type { TunnelSegments } from "./tunnel-segments.js";

/** What it costs to forward a frame, in bytes that could be copied meanwhile; more where turns have a smaller budget. */
const FRAME_COST = 2048;
const FULL_BUDGET = 256;

/** A receive queue of a captured port, by its place in the ring. */
export interface RingQueue {
  readonly port: number;
  readonly counters: FrameCounters;
  readonly counts: QueueCounts;
  readonly place: RingPlace;
  /** Frames that were not taken from the ring, since too many waited. */
  skipped: number;
}

/** The capture ring that one thread reads, which the queues of all its captured ports share. */
export class RingInput implements InputQueue {
  readonly fd: number;
  count = 0;
  readonly #ring: CaptureRingReader;
  readonly #offload: Offload;
  readonly #segments: TunnelSegments;
  readonly #bySlot: (RingQueue | undefined)[] = [];
  /** Queues that were moved elsewhere, and the bytes of records that may be theirs. */
  #leaving: { readonly queue: RingQueue; unread: number }[] = [];
  /** Bytes of records that were given out since the last release. */
  #taken = 0;
  readonly #begun: BegunPacket = { metadata: new Uint32Array(resumeRecord.words), recirculations: 0, isChosen: false };
  /** The budget that the ring's frame cost fits. */
  #budget: number = FULL_BUDGET;

  /** Throws `HostError` where it cannot be mapped. */
  constructor(ring: RingHandle, host: BackendHost, segments: TunnelSegments) {
    this.#ring = new CaptureRingReader(ring);
    this.#ring.setFrameCost(FRAME_COST);
    this.fd = this.#ring.fd;
    this.#offload = host.offload;
    this.#segments = segments;
    host.memory.register(this.#ring.data);
  }

  /** Takes up the frames of a place. */
  add(queue: RingQueue): void {
    this.#bySlot[queue.place.slot] = queue;
  }

  /** Passes over the frames of a place from now on. */
  remove({ place }: RingQueue): void {
    if (this.#bySlot[place.slot]?.place.id === place.id) this.#bySlot[place.slot] = undefined;
  }

  /** Passes over the frames of a place once those have been read that are in the ring now. */
  drain(queue: RingQueue): void {
    this.#leaving.push({ queue, unread: this.#ring.unread });
  }

  /** `size` bytes of records have been given back. */
  #advance(size: number): void {
    for (const entry of this.#leaving) {
      entry.unread -= size;
      if (entry.unread <= 0) this.remove(entry.queue);
    }
    if (this.#leaving.some(({ unread }) => unread <= 0)) this.#leaving = this.#leaving.filter((e) => e.unread > 0);
  }

  /** Frames of a queue lost on the way in. */
  lost({ place, skipped }: RingQueue): number {
    return this.#ring.lost(place.slot) + skipped;
  }

  pending(): boolean {
    return this.#ring.pending();
  }

  setSleeping(sleeping: boolean): void {
    this.#ring.setSleeping(sleeping);
  }

  setBudget(budget: number): void {
    this.#budget = budget;
    // More than in proportion: each frame that waits has others wait behind it, and the slower they go, the fewer may wait.
    this.#ring.setFrameCost(Math.ceil(FRAME_COST * (FULL_BUDGET / Math.max(1, budget)) ** 1.5));
  }

  read(budget: number, receiver: FrameReceiver): ReadResult {
    const ring = this.#ring;
    const { bytes, words } = ring.data;
    const offload = this.#offload;
    const isSlow = this.#budget < FULL_BUDGET;
    let count = 0;
    let taken = this.#taken;
    while (count < budget) {
      const at = ring.record(taken);
      if (at < 0) break;
      taken += ring.step(at);
      if (ring.isDiscarded(at)) continue;
      count++;
      const id = words[(at + captureRecord.port) >> 2]!;
      const queue = this.#bySlot[slotOf(id)];
      if (queue?.place.id !== id) continue;
      ring.setReading(taken);
      const { counters, counts } = queue;
      const length = words[(at + captureRecord.length) >> 2]!;
      // Frames that came before it was known how long they take.
      if (isSlow && ring.hasTooMany(queue.place.slot)) {
        ring.took(queue.place.slot, length);
        queue.skipped++;
        count--;
        continue;
      }
      ring.took(queue.place.slot, length);
      if (!readCaptureOffload(bytes, words, at, offload)) {
        counters.rxUnusable++;
        continue;
      }
      counters.rxPackets++;
      counters.rxBytes += length;
      counts.frames++;
      counts.bytes += length;
      const tagged = bytes[at + captureRecord.tagged]!;
      const frame = at + frameOf(tagged);
      const begun = (tagged & CAPTURE_RESUMED) === 0 ? undefined : this.#readBegun(words, at);
      if (offload.gsoType !== 0 && isEncapsulatedGso(bytes, frame, offload)) {
        const each: FrameReceiver = begun
          ? (...args) => receiver(args[0], args[1], args[2], args[3], args[4], begun)
          : receiver;
        const segments = this.#segments.deliver(queue.port, bytes, frame, length, offload, each);
        if (segments === 0) counters.rxUnusable++;
        else count += segments - 1;
      } else receiver(queue.port, bytes, frame, length, offload, begun);
    }
    this.#taken = taken;
    this.count = count;
    return count < budget ? "empty" : "more";
  }

  #readBegun(words: Uint32Array, at: number): BegunPacket {
    const begun = this.#begun;
    const first = (at + captureRecord.size + resumeRecord.key) >> 2;
    for (let i = 0; i < resumeRecord.words; i++) begun.metadata[i] = words[first + i]!;
    const said = words[(at + captureRecord.size + resumeRecord.recirculations) >> 2]!;
    begun.recirculations = said & ~CHOSEN;
    begun.isChosen = (said & CHOSEN) !== 0;
    return begun;
  }

  /** Gives back the memory of the last turn's frames. */
  release(): void {
    if (this.#taken === 0) return;
    this.#ring.release(this.#taken);
    if (this.#leaving.length > 0) this.#advance(this.#taken);
    this.#taken = 0;
  }

  close(): void {
    this.#ring.close();
  }
}
