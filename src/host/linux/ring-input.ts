import { captureRecord } from "#bpf/capture-program.js";
import { isEncapsulatedGso } from "#wire/segmentation.js";
import type { Offload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver } from "../frame-io.js";
import { readCaptureOffload } from "./capture-offload.js";
import { CaptureRing } from "./capture-ring.js";
import type { BackendHost, InputQueue, ReadResult } from "./port-backend.js";
import * as sys from "./syscalls.js";
import type { TunnelSegments } from "./tunnel-segments.js";

/** What it costs to forward a frame, in bytes that could be copied meanwhile; more where turns have a smaller budget. */
const FRAME_COST = 2048;
const FULL_BUDGET = 256;
/** The low bits of a ring identity are the counter slot; the rest tells one use of it from the next. */
const SLOT_BITS = 9;

/** A captured port as the ring knows it. */
export interface RingPort {
  readonly number: number;
  readonly counters: FrameCounters;
  /** Identity in the ring's records, and the counter slot. */
  readonly id: number;
  readonly slot: number;
  /** Descriptor of the program that writes them. */
  readonly program: number;
  /** Frames that were not taken from the ring, since too many waited. */
  skipped: number;
}

/** The capture ring of one thread, which all of its captured ports share. */
export class RingInput implements InputQueue {
  readonly fd: number;
  count = 0;
  readonly #ring: CaptureRing;
  readonly #offload: Offload;
  readonly #segments: TunnelSegments;
  readonly #bySlot: (RingPort | undefined)[] = [];
  #generation = 0;
  /** Bytes of records that were given out since the last release. */
  #taken = 0;
  /** The budget that the ring's frame cost fits. */
  #budget: number = FULL_BUDGET;

  /** Throws `HostError` where the kernel has no such ring. */
  constructor(size: number, host: BackendHost, segments: TunnelSegments) {
    this.#ring = new CaptureRing(size);
    this.#ring.setFrameCost(FRAME_COST);
    this.fd = this.#ring.fd;
    this.#offload = host.offload;
    this.#segments = segments;
    host.memory.register(this.#ring.data);
  }

  /** Loads the program that feeds a port's frames into this ring. Throws `HostError`. */
  add(number: number, counters: FrameCounters): RingPort {
    const slot = this.#ring.takeSlot();
    try {
      const id = ((++this.#generation << SLOT_BITS) | slot) >>> 0;
      const port = { number, counters, id, slot, program: this.#ring.loadProgram(id, slot), skipped: 0 };
      this.#bySlot[slot] = port;
      return port;
    } catch (error) {
      this.#ring.freeSlot(slot);
      throw error;
    }
  }

  remove(port: RingPort): void {
    sys.close(port.program);
    this.#bySlot[port.slot] = undefined;
    this.#ring.freeSlot(port.slot);
  }

  /** Frames of a port lost on the way in. */
  lost(port: RingPort): number {
    return this.#ring.lost(port.slot) + port.skipped;
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
      const port = this.#bySlot[id & ((1 << SLOT_BITS) - 1)];
      if (port?.id !== id) continue;
      const length = words[(at + captureRecord.length) >> 2]!;
      // Frames that came before it was known how long they take.
      if (isSlow && ring.hasTooMany(port.slot)) {
        ring.took(port.slot, length);
        port.skipped++;
        count--;
        continue;
      }
      ring.took(port.slot, length);
      if (!readCaptureOffload(bytes, words, at, offload)) {
        port.counters.rxUnusable++;
        continue;
      }
      port.counters.rxPackets++;
      port.counters.rxBytes += length;
      const frame = at + captureRecord.size;
      if (offload.gsoType !== 0 && isEncapsulatedGso(bytes, frame, offload)) {
        const segments = this.#segments.deliver(port.number, bytes, frame, length, offload, receiver);
        if (segments === 0) port.counters.rxUnusable++;
        else count += segments - 1;
      } else receiver(port.number, bytes, frame, length, offload);
    }
    this.#taken = taken;
    this.count = count;
    return count < budget ? "empty" : "more";
  }

  /** Gives back the memory of the last turn's frames. */
  release(): void {
    if (this.#taken === 0) return;
    this.#ring.release(this.#taken);
    this.#taken = 0;
  }

  close(): void {
    this.#ring.close();
  }
}
