import { newKey } from "#flow/key.js";
import type { FlowRecords } from "#host/forward-maps.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { FlowStats, HeldFlow } from "../datapath.js";
import { readSlot, type Slot } from "../userspace/flow-slots.js";
import { encodeFlowRecord } from "./flow-record.js";
import { KernelCounts } from "./kernel-counts.js";
import type { FlowPlaces } from "./kernel-flow.js";

/** A flow as whoever keeps the books knows it. */
export interface RecordedFlow extends Pick<HeldFlow, "ufid" | "mask" | "actions"> {
  readonly slot: Slot;
  readKey: HeldFlow["readKey"];
}

/** Milliseconds until what is new is written down, and between looks at what threads have counted. */
const DELAY = 100;
const INTERVAL = 500;
/** Flows that are written down, and that are looked at, in one turn; milliseconds between turns where there are more. Where very many come at once, these go before. */
const PER_TURN = 128;
const PAUSE = 10;
const LOOKED_AT = 4096;

const scratch = newKey();

interface Row {
  readonly id: number;
  readonly place: Uint8Array;
  /** Packets that were counted elsewhere when it was written down; -1 where it has not been, or does something else now. */
  elsewhere: number;
}

/**
 * Writes down what is to be known of the flows in the maps, for whoever comes after this process: a moment later, so that flows come quickly, and those that go at once are
 * never written. What is lost of it when the process is killed is a flow that comes up again.
 */
export class FlowJournal implements FlowPlaces {
  readonly #records: FlowRecords;
  readonly #clock: Clock;
  readonly #offset: number;
  readonly #flow: (id: number) => RecordedFlow | undefined;
  /** Called after what was new has been written. */
  onWrite: () => void = () => undefined;
  readonly #rows = new Map<number, Row>();
  readonly #fresh = new Set<number>();
  readonly #written = new Set<number>();
  readonly #gone = new Set<number>();
  #looking: Iterator<[number, Row]> | undefined;
  #timer: { readonly delay: number; readonly cancel: Cancel } | undefined;

  /** `offset` is what the clock's milliseconds lack to be CLOCK_MONOTONIC's. */
  constructor(records: FlowRecords, clock: Clock, offset: number, flow: (id: number) => RecordedFlow | undefined) {
    this.#records = records;
    this.#clock = clock;
    this.#offset = offset;
    this.#flow = flow;
  }

  placed(id: number, row: number, key: Uint8Array): void {
    this.#rows.set(row, { id, place: key, elsewhere: -1 });
    this.#fresh.add(row);
    this.#wake(DELAY);
  }

  displaced(row: number): void {
    this.#rows.delete(row);
    this.#fresh.delete(row);
    if (this.#written.delete(row)) this.#gone.add(row);
    this.#wake(DELAY);
  }

  /** Writes everything that is not written yet. */
  flush(): void {
    for (const [row, known] of this.#rows) if (this.#isOld(known)) this.#fresh.add(row);
    this.#write(Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.#timer?.cancel.cancel();
    this.#timer = undefined;
    this.#rows.clear();
    this.#fresh.clear();
  }

  #wake(delay: number): void {
    if (this.#timer && this.#timer.delay <= delay) return;
    this.#timer?.cancel.cancel();
    const cancel = this.#clock.after(delay, () => {
      this.#timer = undefined;
      this.#look();
      this.#write(PER_TURN);
      if (this.#fresh.size > 0) this.#wake(PAUSE);
      else if (this.#rows.size > 0) this.#wake(INTERVAL);
    });
    this.#timer = { delay, cancel };
  }

  /** Goes round the flows that are written down: of some, threads have counted more meanwhile. */
  #look(): void {
    this.#looking ??= this.#rows.entries();
    for (let i = 0; i < LOOKED_AT; i++) {
      const next = this.#looking.next();
      if (next.done === true) {
        this.#looking = undefined;
        return;
      }
      const [row, known] = next.value;
      if (this.#isOld(known)) this.#fresh.add(row);
    }
  }

  #write(most: number): void {
    if (this.#gone.size > 0) this.#records.remove(this.#gone);
    this.#gone.clear();
    let count = 0;
    for (const row of this.#fresh) {
      if (count++ >= most) break;
      this.#fresh.delete(row);
      this.#writeRow(row, this.#rows.get(row)!);
    }
    this.#records.flush();
    this.onWrite();
  }

  #writeRow(row: number, known: Row): void {
    const flow = this.#flow(known.id);
    if (flow === undefined) return;
    const { ufid, mask, actions } = flow;
    const elsewhere = this.#elsewhere(flow.slot);
    const record = encodeFlowRecord({ ufid, key: flow.readKey(scratch), mask, actions, place: known.place, elsewhere });
    known.elsewhere = elsewhere.packets;
    if (record === undefined) return;
    this.#written.add(row);
    this.#records.write(row, record);
  }

  #isOld({ id, elsewhere }: Row): boolean {
    const flow = this.#flow(id);
    return flow !== undefined && elsewhere !== this.#elsewhere(flow.slot).packets;
  }

  /** What is counted on a flow, but for its row. */
  #elsewhere({ chunk, at, part }: Slot): FlowStats {
    const stats = readSlot({ chunk, at, part: undefined });
    if (part instanceof KernelCounts) addStats(stats, part.before);
    if (stats.used !== 0) stats.used += this.#offset;
    return stats;
  }
}

function addStats(stats: FlowStats, { packets, bytes, used, tcpFlags }: FlowStats): void {
  stats.packets += packets;
  stats.bytes += bytes;
  stats.used = stats.used === 0 ? used : Math.max(stats.used, used || stats.used);
  stats.tcpFlags |= tcpFlags;
}
