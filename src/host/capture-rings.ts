import type { CaptureHandle } from "./net.js";

/** A capture ring as plain data: the forwarding thread that reads it maps it by this. It stays valid until its `CaptureRing` is closed. */
export interface RingHandle {
  /** Descriptors of the ring buffer map and of the map of what its writers and its reader tell each other. */
  readonly ring: number;
  readonly state: number;
  /** Bytes of the ring. */
  readonly size: number;
}

/** A receive queue's place in a ring: its counters, and the number that its frames carry there, which no other has had. */
export interface RingPlace {
  readonly slot: number;
  readonly id: number;
}

/** A ring that frames of captured ports go into, from which one thread at a time reads them; what is in it outlives the thread. */
export interface CaptureRing {
  readonly handle: RingHandle;
  /** Makes a place for a queue. Throws `HostError` `ENOSPC` where there are too many. */
  takePlace(): RingPlace;
  /** Nobody writes to, or reads from, the place any more. */
  freePlace(place: RingPlace): void;
  /** Nobody reads it any more. */
  close(): void;
}

/** Makes rings, and sees to it that frames go there. */
export interface CaptureRings {
  /** Throws `HostError` where the kernel has no such rings, or no room. */
  open(): CaptureRing;
  /**
   * Has the frames of a captured port go to these places, flows spread evenly over them in order, instead of to where they went. No frame passes between.
   * Throws `HostError`; then nothing has changed.
   */
  feed(port: CaptureHandle, queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[]): void;
  /** Has the frames of a port go nowhere. */
  stop(port: CaptureHandle): void;
}
