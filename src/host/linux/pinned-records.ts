import { mapFlag, mapType } from "#bpf/map-spec.js";
import { HostError } from "#util/errors.js";
import type { FlowRecords } from "../forward-maps.js";
import { BpfMap, MappedArray } from "./bpf/map.js";
import { MapBatch } from "./bpf/map-batch.js";
import { pin } from "./bpf/pin.js";

/** Names of pins in a directory of maps. Of `records` keys are u32 row, u32 part; values u32 bytes of the whole record, then a part of it. */
export const pinNames = {
  records: "records",
  description: "description",
  flows: "flows",
  wideFlows: "wide_flows",
  counters: "counters",
  processors: "processors",
  sent: "sent",
} as const;

/** Bytes of a value of `records`, of its head, and parts of a record at most. */
export const recordValue = { size: 512, head: 4, parts: 8 } as const;
export const RECORD_KEY = 8;

/** The description is there twice, and a u32 before says which holds. Each is a u32 length and text. */
export const descriptionValue: { half(which: number): number; readonly size: number } = {
  half: (which: number): number => 8 + which * (1 << 18),
  size: 8 + 2 * (1 << 18),
} as const;

const BATCH = 256;

/** Records of a datapath's flows, and what is to be known beside them, in pinned maps. */
export class PinnedRecords implements FlowRecords {
  readonly #records: BpfMap;
  readonly #batch: MapBatch;
  readonly #description: BpfMap;
  readonly #shared: MappedArray;
  /** How many parts each row's record has. */
  readonly #parts: Uint8Array;
  /** A description has been written: what is pinned may be taken over. */
  isDescribed = false;
  /** Values in the batch. */
  #pending = 0;

  /** Throws `HostError`. */
  constructor(directory: string, rows: number) {
    const { hash, array } = mapType;
    this.#parts = new Uint8Array(rows);
    const opened: { close(): void }[] = [];
    const keep = <T extends { close(): void }>(what: T): T => {
      opened.push(what);
      return what;
    };
    try {
      this.#records = keep(
        BpfMap.create({
          name: "weft_records",
          type: hash,
          keySize: RECORD_KEY,
          valueSize: recordValue.size,
          entries: 2 * rows,
          flags: mapFlag.noPreallocation,
        }),
      );
      this.#description = keep(
        BpfMap.create({
          name: "weft_about",
          type: array,
          keySize: 4,
          valueSize: descriptionValue.size,
          entries: 1,
          flags: mapFlag.mmapable,
        }),
      );
      this.#shared = keep(new MappedArray(this.#description));
      this.#batch = keep(new MapBatch(this.#records, BATCH));
      pin(this.#records.fd, `${directory}/${pinNames.records}`);
      pin(this.#description.fd, `${directory}/${pinNames.description}`);
    } catch (error) {
      for (const each of opened) each.close();
      throw error;
    }
  }

  write(row: number, record: Uint8Array): void {
    const room = recordValue.size - recordValue.head;
    const parts = Math.ceil(record.length / room);
    if (parts > recordValue.parts) {
      this.remove([row]);
      return;
    }
    if (this.#pending + parts > BATCH) this.flush();
    const { keys, values, valuesView } = this.#batch;
    const keysView = new DataView(keys.buffer, keys.byteOffset);
    for (let part = 0; part < parts; part++) {
      const i = this.#pending++;
      keysView.setUint32(i * RECORD_KEY, row, true);
      keysView.setUint32(i * RECORD_KEY + 4, part, true);
      const at = i * this.#records.stride;
      valuesView.setUint32(at, record.length, true);
      values.set(record.subarray(part * room, (part + 1) * room), at + recordValue.head);
    }
    this.#parts[row] = Math.max(parts, this.#parts[row]!);
  }

  flush(): void {
    const count = this.#pending;
    this.#pending = 0;
    if (count === 0) return;
    try {
      this.#batch.update(count);
    } catch (error) {
      // No memory: what is not written down is not taken over later.
      if (!(error instanceof HostError)) throw error;
    }
  }

  remove(rows: Iterable<number>): void {
    this.flush();
    const { keys } = this.#batch;
    const view = new DataView(keys.buffer, keys.byteOffset);
    let count = 0;
    for (const row of rows) {
      if (count + recordValue.parts > BATCH) {
        this.#batch.delete(count);
        count = 0;
      }
      for (let part = 0; part < this.#parts[row]!; part++) {
        view.setUint32(count * RECORD_KEY, row, true);
        view.setUint32(count++ * RECORD_KEY + 4, part, true);
      }
      this.#parts[row] = 0;
    }
    if (count > 0) this.#batch.delete(count);
  }

  describe(text: string): void {
    const { view, bytes, ints } = this.#shared.memory;
    const encoded = new TextEncoder().encode(text);
    const next = 1 - (Atomics.load(ints, 0) & 1);
    const at = descriptionValue.half(next);
    if (encoded.length + 4 > descriptionValue.half(1) - descriptionValue.half(0)) return;
    view.setUint32(at, encoded.length, true);
    bytes.set(encoded, at + 4);
    Atomics.store(ints, 0, next);
    this.isDescribed = true;
  }

  close(): void {
    this.#batch.close();
    this.#shared.close();
    this.#records.close();
    this.#description.close();
  }
}
