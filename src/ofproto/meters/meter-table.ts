import { OFPM } from "#openflow/messages/meter/meter-number.js";
import type { Meter } from "./meter.js";

/** A bridge's meters, the virtual ones among them. What changes it is `meterModification`. */
export class MeterTable {
  readonly #meters = new Map<number, Meter>();

  get(id: number): Meter | undefined {
    return this.#meters.get(id);
  }

  has(id: number): boolean {
    return this.#meters.has(id);
  }

  /** Puts a meter in the place of the one of its number, if there is any. */
  set(meter: Meter): void {
    this.#meters.set(meter.config.meterId, meter);
  }

  delete(id: number): void {
    this.#meters.delete(id);
  }

  /** All of them, by number. */
  inOrder(): Meter[] {
    return [...this.#meters.values()].sort((a, b) => a.config.meterId - b.config.meterId);
  }

  /**
   * The datapath's number of the meter that packets to controllers go through: the one that their action names, where there is no such one the
   * controller meter; undefined where there is none of these.
   */
  ofController(meterId: number | undefined): number | undefined {
    const named = meterId === undefined ? undefined : this.#meters.get(meterId);
    return (named ?? this.#meters.get(OFPM.controller))?.datapathId;
  }

  /** As above, of packets that go the slow way. */
  get ofSlowPath(): number | undefined {
    return this.#meters.get(OFPM.slowpath)?.datapathId;
  }
}
