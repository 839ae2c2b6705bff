import type { DatapathMeter, DatapathMeterStats, DatapathMeters } from "#datapath/meters.js";

/** A datapath's meters as its bridges share them: each meter of a bridge has the lowest number that is free. */
export class DatapathMeterIds {
  readonly #meters: DatapathMeters;
  /** Numbers below `#next` that are free, greatest first. */
  readonly #free: number[] = [];
  #next = 0;

  constructor(meters: DatapathMeters) {
    this.#meters = meters;
  }

  get most(): number {
    return this.#meters.most;
  }

  get mostBands(): number {
    return this.#meters.mostBands;
  }

  /** The number of a new meter; undefined where the datapath can have no more. */
  add(meter: DatapathMeter): number | undefined {
    const id = this.#free.pop() ?? (this.#next < this.#meters.most ? this.#next++ : undefined);
    if (id !== undefined) this.#meters.set(id, meter);
    return id;
  }

  /** Changes a meter: it counts anew. */
  set(id: number, meter: DatapathMeter): void {
    this.#meters.set(id, meter);
  }

  delete(id: number): void {
    this.#meters.delete(id);
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]! > id) low = middle + 1;
      else high = middle;
    }
    this.#free.splice(low, 0, id);
  }

  stats(id: number): DatapathMeterStats | undefined {
    return this.#meters.stats(id);
  }
}
