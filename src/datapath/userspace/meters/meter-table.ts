import { UserError } from "#util/errors.js";
import type { DatapathMeter, DatapathMeterStats, DatapathMeters } from "../../meters.js";
import type { Engine } from "../engine.js";
import { MAX_BANDS, readMeter } from "./meter.js";
import { type MeterPlace, MeterPlaces } from "./meter-places.js";

/** Meters of a datapath, as upstream's userspace datapath has them. */
const MAX_METERS = 262_144;

/** The meters of a userspace datapath, seen from the main thread; an engine runs them. */
export class MeterTable implements DatapathMeters {
  readonly most: number = MAX_METERS;
  readonly mostBands: number = MAX_BANDS;
  readonly #engine: Engine;
  readonly #meters = new Map<number, { readonly meter: DatapathMeter; readonly slot: MeterPlace }>();
  readonly #places = new MeterPlaces();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  set(id: number, meter: DatapathMeter): void {
    if (!(id >= 0 && id < MAX_METERS)) throw new UserError(`meter ${id} is outside of the datapath's ${MAX_METERS}`);
    if (meter.bands.length > MAX_BANDS) throw new UserError(`a meter has at most ${MAX_BANDS} bands`);
    const old = this.#meters.get(id);
    const slot = this.#engine.takeMeterPlace?.() ?? this.#places.take();
    this.#meters.set(id, { meter, slot });
    this.#engine.setMeter(id, meter, slot);
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
    return found && readMeter(found.slot, found.meter.bands.length);
  }

  /** Another meter may count there once the engine counts this one no more. */
  #release(place: MeterPlace): void {
    void this.#engine.settled().then(() => {
      if (place.row === undefined) this.#places.free(place);
      else this.#engine.freeMeterPlace?.(place);
    });
  }
}
