import { counterRow } from "#bpf/forward/layout.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import type { FlowStats } from "../datapath.js";
import type { SlotPart } from "../userspace/flow-slots.js";

/** What the kernel has counted on one flow: in a row of the maps for each processor, and what was there before it last left them. */
export class KernelCounts implements SlotPart {
  readonly #maps: ForwardMaps;
  /** What is to be taken from the maps' milliseconds to have the clock's. */
  readonly #offset: number;
  #before: FlowStats;
  #row = -1;

  constructor(maps: ForwardMaps, offset: number, before: FlowStats | undefined) {
    this.#maps = maps;
    this.#offset = offset;
    this.#before = before ?? { packets: 0, bytes: 0, used: 0, tcpFlags: 0 };
  }

  get isThere(): boolean {
    return this.#row >= 0;
  }

  /** What was counted before it came into its row, or elsewhere. */
  get before(): FlowStats {
    return this.#before;
  }

  /** From now on it is counted in this row, which is made 0. */
  begin(row: number): void {
    const { processors, counters } = this.#maps;
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = this.#at(row, cpu);
      for (let i = 0; i < counterRow.size; i += 8) counters.setBigUint64(at + i, 0n, true);
    }
    this.#row = row;
  }

  /** Packets were counted elsewhere, too. */
  credit({ packets, bytes, used, tcpFlags }: FlowStats): void {
    const before = this.#before;
    this.#before = {
      packets: before.packets + packets,
      bytes: before.bytes + bytes,
      used: used === 0 ? before.used : Math.max(before.used || used, used),
      tcpFlags: before.tcpFlags | tcpFlags,
    };
  }

  /** It is not counted there any more; gives the row back. */
  end(): number {
    this.#before = this.read();
    const row = this.#row;
    this.#row = -1;
    return row;
  }

  packets(): number {
    let { packets } = this.#before;
    if (this.#row < 0) return packets;
    const { processors, counters } = this.#maps;
    for (let cpu = 0; cpu < processors; cpu++) {
      packets += Number(counters.getBigUint64(this.#at(this.#row, cpu) + counterRow.packets, true));
    }
    return packets;
  }

  read(): FlowStats {
    if (this.#row < 0) return this.#before;
    let { packets, bytes, used, tcpFlags } = this.#before;
    const { processors, counters } = this.#maps;
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = this.#at(this.#row, cpu);
      packets += Number(counters.getBigUint64(at + counterRow.packets, true));
      bytes += Number(counters.getBigUint64(at + counterRow.bytes, true));
      const last = Number(counters.getBigUint64(at + counterRow.used, true));
      if (last > 0) used = Math.max(used, last / 1e6 - this.#offset);
      tcpFlags |= Number(counters.getBigUint64(at + counterRow.tcpFlags, true));
    }
    return { packets, bytes, used, tcpFlags };
  }

  #at(row: number, cpu: number): number {
    return (cpu * this.#maps.flows + row) * counterRow.size;
  }
}
