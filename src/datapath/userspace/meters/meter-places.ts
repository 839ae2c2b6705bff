import type { SharedPlace } from "#host/lease-memory.js";
import { METER_SIZE, type MeterNumbers } from "./meter.js";

/** Where a meter's numbers lie, and how a thread comes to that memory. */
export interface MeterPlace extends MeterNumbers {
  readonly shared: SharedArrayBuffer | SharedPlace;
  /** The row among those that programs in the kernel have, too. */
  readonly row?: number;
}

/** Meters whose numbers lie in one piece of memory. */
const CHUNK = 64;

/** Places for meters in memory that threads share. */
export class MeterPlaces {
  readonly #free: MeterPlace[] = [];

  take(): MeterPlace {
    if (this.#free.length === 0) {
      const shared = new SharedArrayBuffer(CHUNK * METER_SIZE * 8);
      const memory = new BigInt64Array(shared);
      for (let i = CHUNK - 1; i >= 0; i--) this.#free.push({ memory, at: i * METER_SIZE, shared });
    }
    return this.#free.pop()!;
  }

  free(place: MeterPlace): void {
    this.#free.push(place);
  }
}
