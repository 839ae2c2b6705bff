import { FORWARD_METERS, meterRow, meterTable } from "#bpf/forward/layout.js";
import type { SharedMeters } from "#host/shared-meters.js";
import type { DatapathMeter } from "../meters.js";
import type { MeterPlace } from "../userspace/meters/meter-places.js";
import type { KernelTable } from "./kernel-table.js";

/** An engine's meters, as far as the kernel can have part in them: those whose numbers lie in its maps. */
export class KernelMeters {
  readonly #known = new Map<number, { readonly meter: DatapathMeter; readonly place: MeterPlace }>();
  readonly #free: number[] = [];
  #rows = 0;
  #shared: SharedMeters | undefined;
  #table: KernelTable | undefined;

  /** From now on these maps are in use. Meters that lie elsewhere stay with the threads. */
  begin(table: KernelTable, shared: SharedMeters): void {
    this.#table = table;
    this.#shared = shared;
    this.#free.length = 0;
    this.#rows = 0;
    for (const [id, { meter, place }] of this.#known) table.setMeter(id, meter, this.#rowOf(place));
  }

  /** The kernel meters nothing any more; what lies in the maps' memory goes on there. */
  end(): void {
    this.#table = undefined;
    this.#shared = undefined;
  }

  /** A place in the maps; undefined where there is none. */
  take(): MeterPlace | undefined {
    if (this.#shared === undefined) return undefined;
    const row = this.#free.pop() ?? this.#rows;
    if (row >= FORWARD_METERS) return undefined;
    if (row === this.#rows) this.#rows++;
    const { memory, place } = this.#shared;
    return { memory, at: (meterTable.rows + row * meterRow.size) / 8, shared: place, row };
  }

  free(place: MeterPlace): void {
    const row = this.#rowOf(place);
    if (row !== undefined) this.#free.push(row);
  }

  set(id: number, meter: DatapathMeter, place: MeterPlace): void {
    this.#known.set(id, { meter, place });
    this.#table?.setMeter(id, meter, this.#rowOf(place));
  }

  delete(id: number): void {
    this.#known.delete(id);
    this.#table?.setMeter(id, undefined, undefined);
  }

  /** Rows of maps before these are none. */
  #rowOf({ memory, row }: MeterPlace): number | undefined {
    return memory === this.#shared?.memory ? row : undefined;
  }
}
