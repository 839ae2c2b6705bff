import { FORWARD_SLOTS, processorRow, sentRow } from "#bpf/forward/layout.js";
import type { ForwardMaps, SentPackets } from "#host/forward-maps.js";
import { Counter, dropCounter } from "../userspace/counters.js";
import { DROP } from "../userspace/drop-positions.js";

/** A total of each processor's, and what it counts as. */
interface Total {
  readonly row: number;
  readonly counters: readonly number[];
  /** These packets are found once more, and have not been received once more. */
  readonly isAgain?: true;
}

const totals: readonly Total[] = [
  { row: processorRow.packets, counters: [Counter.received, Counter.megaflowHits] },
  { row: processorRow.bytes, counters: [Counter.receivedBytes] },
  { row: processorRow.masksTried, counters: [Counter.maskLookups] },
  { row: processorRow.outputs, counters: [Counter.sent] },
  { row: processorRow.pipelineDrops, counters: [DROP.pipeline] },
  { row: processorRow.otherDrops, counters: [DROP.other] },
  { row: processorRow.recirculated, counters: [Counter.recirculated], isAgain: true },
  { row: processorRow.returned, counters: [Counter.received] },
  { row: processorRow.recirculationDrops, counters: [DROP.recirc] },
  { row: processorRow.meterDrops, counters: [DROP.meter] },
  { row: processorRow.downDrops, counters: [dropCounter("datapath_drop_tx_down")] },
];

/** What the forwarding program has counted of all flows together, and of what went to guests. */
export class KernelTotals {
  readonly #maps: ForwardMaps;
  #final: readonly number[] | undefined;

  constructor(maps: ForwardMaps) {
    this.#maps = maps;
  }

  /** Keeps what there is: the maps are closed next. */
  end(): void {
    this.#final = totals.map(({ row }) => this.#sum(row));
  }

  /** Adds it to a datapath's counters. */
  addTo(counters: Float64Array): void {
    for (const [i, { row, counters: to, isAgain }] of totals.entries()) {
      const sum = this.#final?.[i] ?? this.#sum(row);
      for (const counter of to) counters[counter]! += sum;
      if (isAgain) counters[Counter.received]! -= sum;
    }
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

  /** What was to go out by the port with a slot while that was down. */
  down(slot: number | undefined): number {
    const rows = slot === undefined ? [] : this.#sentRows(slot);
    return rows.reduce((sum, at) => sum + Number(this.#maps.sent.getBigUint64(at + sentRow.down, true)), 0);
  }

  /** The slot is another port's. */
  clearSent(slot: number): void {
    for (const at of this.#sentRows(slot)) {
      for (let i = 0; i < sentRow.size; i += 8) this.#maps.sent.setBigUint64(at + i, 0n, true);
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
