import { UserError } from "#util/errors.js";
import type { DatapathMeter, DatapathMeterStats, DatapathMeters } from "../../meters.js";
import type { Engine } from "../engine.js";
import { MAX_BANDS, METER_SIZE, readMeter } from "./meter.js";

/** Meters of a datapath, as upstream's userspace datapath has them. */
const MAX_METERS = 262_144;
/** Meters whose counters lie in one piece of shared memory. */
const CHUNK = 64;

interface Slot {
  readonly memory: Float64Array;
  readonly at: number;
}

/** The meters of a userspace datapath, seen from the main thread; an engine runs them. */
export class MeterTable implements DatapathMeters {
  readonly most: number = MAX_METERS;
  readonly mostBands: number = MAX_BANDS;
  readonly #engine: Engine;
  readonly #meters = new Map<number, { readonly meter: DatapathMeter; readonly slot: Slot }>();
  readonly #free: Slot[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  set(id: number, meter: DatapathMeter): void {
    if (!(id >= 0 && id < MAX_METERS)) throw new UserError(`meter ${id} is outside of the datapath's ${MAX_METERS}`);
    if (meter.bands.length > MAX_BANDS) throw new UserError(`a meter has at most ${MAX_BANDS} bands`);
    const old = this.#meters.get(id);
    const slot = this.#take();
    this.#meters.set(id, { meter, slot });
    this.#engine.setMeter(id, meter, slot.memory, slot.at);
    if (old !== undefined) this.#release(old.slot);
  }

  delete(id: number): void {
    const old = this.#meters.get(id);
    if (!this.#meters.delete(id)) return;
    this.#engine.removeMeter(id);
    this.#release(old!.slot);
  }

  stats(id: number): DatapathMeterStats | undefined {
    const found = this.#meters.get(id);
    return found && readMeter(found.slot.memory, found.slot.at, found.meter.bands.length);
  }

  #take(): Slot {
    if (this.#free.length === 0) {
      const memory = new Float64Array(new SharedArrayBuffer(CHUNK * METER_SIZE * 8));
      for (let i = CHUNK - 1; i >= 0; i--) this.#free.push({ memory, at: i * METER_SIZE });
    }
    return this.#free.pop()!;
  }

  /** Another meter may count there once the engine counts this one no more. */
  #release(slot: Slot): void {
    void this.#engine.settled().then(() => this.#free.push(slot));
  }
}
