import { FORWARD_SLOTS, processorRow, sentRow } from "#bpf/forward/layout.js";
import type { ForwardMaps, SentPackets } from "#host/forward-maps.js";
import { Counter } from "../userspace/counters.js";
import { DROP } from "../userspace/drop-positions.js";

/** Totals of the program, and what they count as. */
const TOTALS: readonly { readonly row: number; readonly counters: readonly number[] }[] = [
  { row: processorRow.packets, counters: [Counter.received, Counter.megaflowHits] },
  { row: processorRow.bytes, counters: [Counter.receivedBytes] },
  { row: processorRow.masksTried, counters: [Counter.maskLookups] },
  { row: processorRow.outputs, counters: [Counter.sent] },
  { row: processorRow.pipelineDrops, counters: [DROP.pipeline] },
  { row: processorRow.otherDrops, counters: [DROP.other] },
  { row: processorRow.recirculated, counters: [Counter.recirculated] },
  { row: processorRow.recirculationDrops, counters: [DROP.recirc] },
  { row: processorRow.meterDrops, counters: [DROP.meter] },
];

/** What the program counts of all flows together, and of ports' guests. */
export class KernelTotals {
  readonly #maps: ForwardMaps;
  /** The totals when it ended. */
  #final: readonly number[] | undefined;

  constructor(maps: ForwardMaps) {
    this.#maps = maps;
  }

  /** Adds the totals to a datapath's counters. */
  addTo(counters: Float64Array): void {
    for (const [i, at] of TOTALS.entries()) {
      const sum = this.#final?.[i] ?? this.#sum(at.row);
      for (const counter of at.counters) counters[counter]! += sum;
    }
  }

  /** The totals stay as they are, whatever becomes of the maps. */
  end(): void {
    this.#final = TOTALS.map(({ row }) => this.#sum(row));
  }

  /** What went directly to the guest of the port with a slot. */
  sent(slot: number | undefined): SentPackets {
    let [packets, bytes] = [0, 0];
    for (const at of slot === undefined ? [] : this.#sentRows(slot)) {
      packets += Number(this.#maps.sent.getBigUint64(at + sentRow.packets, true));
      bytes += Number(this.#maps.sent.getBigUint64(at + sentRow.bytes, true));
    }
    return { packets, bytes };
  }

  /** The slot is another port's. */
  clearSent(slot: number): void {
    for (const at of this.#sentRows(slot)) {
      this.#maps.sent.setBigUint64(at + sentRow.packets, 0n, true);
      this.#maps.sent.setBigUint64(at + sentRow.bytes, 0n, true);
    }
  }

  #sentRows(slot: number): number[] {
    return Array.from({ length: this.#maps.processors }, (_, cpu) => (cpu * FORWARD_SLOTS + slot) * sentRow.size);
  }

  #sum(row: number): number {
    const { processors, processorRows } = this.#maps;
    let sum = 0;
    for (let cpu = 0; cpu < processors; cpu++) {
      sum += Number(processorRows.getBigUint64(cpu * processorRow.size + row, true));
    }
    return sum;
  }
}
