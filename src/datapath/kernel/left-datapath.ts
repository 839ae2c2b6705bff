import type { LeftMaps, SentPackets } from "#host/forward-maps.js";
import type { FlowStats } from "../datapath.js";
import { type DatapathDescription, type DescribedPort, type Lookups, parseDescription } from "./description.js";
import { decodeFlowRecord, type FlowRecord } from "./flow-record.js";

/** Where the row is in the value of a flow in the maps. */
const ROW_AT = 4;

/** A flow that another process has put into the maps. */
export interface LeftFlow extends FlowRecord {
  readonly row: number;
}

/** A datapath as its pinned maps tell of it: another process has left it, or works with it. */
export class LeftDatapath {
  readonly description: DatapathDescription;
  readonly ports: ReadonlyMap<number, DescribedPort>;
  readonly #maps: LeftMaps;

  private constructor(maps: LeftMaps, description: DatapathDescription) {
    this.#maps = maps;
    this.description = description;
    this.ports = new Map(description.ports.map((port) => [port.number, port]));
  }

  /** Takes the maps over; undefined, and they are closed, where they are not to be read. */
  static of(maps: LeftMaps): LeftDatapath | undefined {
    const description = parseDescription(maps.description);
    if (description !== undefined) return new LeftDatapath(maps, description);
    maps.close();
    return undefined;
  }

  /** The flows that are written down, and are in the maps as it says there. */
  *flows(): Generator<LeftFlow> {
    for (const [row, bytes] of this.#maps.records()) {
      const record = decodeFlowRecord(bytes);
      // What changed last may not have been written down any more.
      if (record !== undefined && this.#maps.valueOf(record.place, ROW_AT) === row) yield { ...record, row };
    }
  }

  /** All that was counted on a flow; `used` is in milliseconds of CLOCK_MONOTONIC. */
  counted({ row, elsewhere }: LeftFlow): FlowStats {
    const here = this.#maps.counted(row, this.description);
    return {
      packets: elsewhere.packets + here.packets,
      bytes: elsewhere.bytes + here.bytes,
      used: Math.max(elsewhere.used, here.used),
      tcpFlags: elsewhere.tcpFlags | here.tcpFlags,
    };
  }

  /** What went to the guest of a port; undefined where that went by another device. */
  sent(name: string, ifindex: number | undefined): SentPackets | undefined {
    const before = this.description.ports.find((port) => port.name === name)?.sent;
    if (before === undefined || before.ifindex !== ifindex) return undefined;
    const here = this.#maps.sent(before.slot, this.description);
    return { packets: before.packets + here.packets, bytes: before.bytes + here.bytes };
  }

  /** Lookups so far. */
  lookups(): Lookups {
    const { hits, misses, lost, packets } = this.description.lookups;
    return { hits: hits + this.#total("packets") - packets, misses, lost };
  }

  /** How often a mask was tried for a packet that found a flow. */
  masksTried(): number {
    return this.#total("masksTried");
  }

  #total(which: keyof DatapathDescription["totals"]): number {
    return this.#maps.total(this.description.totals[which], this.description);
  }

  /** Takes a flow out of the maps; its counters are final on return. */
  deleteFlow({ row, place }: LeftFlow): void {
    this.#maps.deleteFlow(place);
    this.#maps.removeRecord(row);
    this.waitForPrograms();
  }

  /** Returns when no program runs any more that did when it was called. */
  waitForPrograms(): void {
    this.#maps.waitForPrograms(this.description);
  }

  close(): void {
    this.#maps.close();
  }
}
