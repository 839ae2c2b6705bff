import type { MapSpec } from "../map-spec.js";
import type { AddressSpace, Region } from "./address-space.js";
import { errno, type InterpretedMap } from "./interpreted-map.js";

/** A place in the ring that a program has taken and must give back. */
export interface Reservation {
  readonly ring: RingMap;
  readonly region: Region;
  readonly size: number;
  state: "reserved" | "submitted" | "discarded";
}

const HEADER = 8;
const MOST = 0x3fff_ffff;

/** A ring buffer: records in the order in which they were reserved. */
export class RingMap implements InterpretedMap {
  readonly spec: MapSpec;
  readonly #memory: AddressSpace;
  #reservations: Reservation[] = [];
  #produced = 0;
  #consumed = 0;
  /** Flags of each submission and discard: whether the reader was to be woken (BPF_RB_NO_WAKEUP 1, BPF_RB_FORCE_WAKEUP 2). */
  readonly wakeups: number[] = [];

  constructor(spec: MapSpec, memory: AddressSpace) {
    this.spec = spec;
    this.#memory = memory;
  }

  /** Takes a place, undefined where there is no room. */
  reserve(size: number): Reservation | undefined {
    const taken = HEADER + ((size + 7) & ~7);
    if (size > MOST || this.#produced - this.#consumed + taken > this.spec.entries - 1) return undefined;
    this.#produced += taken;
    const region = this.#memory.add(`a record of ring ${this.spec.name}`, new Uint8Array(size));
    const reservation: Reservation = { ring: this, region, size, state: "reserved" };
    this.#reservations.push(reservation);
    return reservation;
  }

  /** Gives a place back, with its record or without. */
  finish(reservation: Reservation, state: "submitted" | "discarded", flags: number): void {
    reservation.state = state;
    this.wakeups.push(flags);
    this.#memory.remove(reservation.region, `was ${state}`);
  }

  /** Takes out all records up to the first that is not finished: what a reader would see. */
  drain(): Uint8Array[] {
    const records: Uint8Array[] = [];
    while (this.#reservations[0] && this.#reservations[0].state !== "reserved") {
      const { state, region, size } = this.#reservations.shift()!;
      this.#consumed += HEADER + ((size + 7) & ~7);
      if (state === "submitted") records.push(region.bytes);
    }
    return records;
  }

  /** bpf_ringbuf_query: unread bytes, the ring's size, the reader's position, the writer's. */
  query(what: number): number {
    return [this.#produced - this.#consumed, this.spec.entries, this.#consumed, this.#produced][what] ?? 0;
  }

  find(): undefined {}

  update(): number {
    return -errno.EINVAL;
  }

  remove(): number {
    return -errno.EINVAL;
  }

  get(): undefined {}
}
