import type { CountedFlow, LeftLayout, LeftMaps, SentPackets } from "../forward-maps.js";
import { BpfMap, MappedArray } from "./bpf/map.js";
import { MapBatch } from "./bpf/map-batch.js";
import { type MapInfo, mapInfo } from "./bpf/object.js";
import { openPinned } from "./bpf/pin.js";
import { descriptionValue, pinNames, RECORD_KEY, recordValue } from "./pinned-records.js";
import * as sys from "./syscalls.js";

const BATCH = 1024;
/** How often it is looked whether a program still runs before it is left to time, a millisecond each, and how often then: none runs for a second, so what says that it does is broken. */
const SPINS = 10_000;
const PATIENCE = 1000;

type MapSpecType = BpfMap["spec"]["type"];

/** A datapath's pinned maps, of this process or another one. */
export class LinuxLeftMaps implements LeftMaps {
  readonly description: string;
  readonly #maps = new Map<string, BpfMap>();
  readonly #shared = new Map<string, MappedArray>();

  /** Throws `HostError` where something is missing. */
  constructor(directory: string) {
    try {
      for (const name of Object.values(pinNames)) this.#open(`${directory}/${name}`, name);
      for (const name of [pinNames.description, pinNames.counters, pinNames.processors, pinNames.sent]) {
        this.#shared.set(name, new MappedArray(this.#maps.get(name)!));
      }
      this.description = this.#describe();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  *records(): Iterable<readonly [row: number, record: Uint8Array]> {
    const parts = new Map<number, Map<number, Uint8Array>>();
    const batch = new MapBatch(this.#maps.get(pinNames.records)!, BATCH);
    try {
      for (const count of batch.read()) {
        const keys = new DataView(batch.keys.buffer, batch.keys.byteOffset);
        for (let i = 0; i < count; i++) {
          const row = keys.getUint32(i * RECORD_KEY, true);
          const at = i * recordValue.size;
          const length = batch.valuesView.getUint32(at, true);
          if (length <= recordValue.size - recordValue.head) {
            if (keys.getUint32(i * RECORD_KEY + 4, true) === 0)
              yield [row, batch.values.slice(at + recordValue.head, at + recordValue.head + length)];
            continue;
          }
          const value = batch.values.slice(at, at + recordValue.size);
          const known = parts.get(row) ?? new Map<number, Uint8Array>();
          known.set(keys.getUint32(i * RECORD_KEY + 4, true), value);
          parts.set(row, known);
        }
      }
    } finally {
      batch.close();
    }
    for (const [row, values] of parts) {
      const record = joined(values);
      if (record !== undefined) yield [row, record];
    }
  }

  valueOf(key: Uint8Array, at: number): number | undefined {
    const map = [pinNames.flows, pinNames.wideFlows]
      .map((n) => this.#maps.get(n)!)
      .find((m) => m.spec.keySize === key.length);
    const value = map?.lookup(key);
    return value && new DataView(value.buffer, value.byteOffset).getUint32(at, true);
  }

  deleteFlow(key: Uint8Array): void {
    for (const name of [pinNames.flows, pinNames.wideFlows]) {
      const map = this.#maps.get(name)!;
      if (map.spec.keySize === key.length) map.delete(key);
    }
  }

  removeRecord(row: number): void {
    const key = new Uint8Array(RECORD_KEY);
    const view = new DataView(key.buffer);
    view.setUint32(0, row, true);
    for (let part = 0; part < recordValue.parts; part++) {
      view.setUint32(4, part, true);
      if (!this.#maps.get(pinNames.records)!.delete(key)) return;
    }
  }

  counted(row: number, { counter, rows, processors }: LeftLayout): CountedFlow {
    const { view } = this.#shared.get(pinNames.counters)!.memory;
    let [packets, bytes, used, tcpFlags] = [0, 0, 0, 0];
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = (cpu * rows + row) * counter.size;
      if (at + counter.size > view.byteLength) break;
      packets += Number(view.getBigUint64(at + counter.packets, true));
      bytes += Number(view.getBigUint64(at + counter.bytes, true));
      used = Math.max(used, Number(view.getBigUint64(at + counter.used, true)) / 1e6);
      tcpFlags |= Number(view.getBigUint64(at + counter.tcpFlags, true)) & 0xfff;
    }
    return { packets, bytes, used, tcpFlags };
  }

  total(offset: number, { processor, processors }: LeftLayout): number {
    const { view } = this.#shared.get(pinNames.processors)!.memory;
    let sum = 0;
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = cpu * processor.size + offset;
      if (at + 8 > view.byteLength) break;
      sum += Number(view.getBigUint64(at, true));
    }
    return sum;
  }

  sent(slot: number, { sent, processors }: LeftLayout): SentPackets {
    const { view } = this.#shared.get(pinNames.sent)!.memory;
    let [packets, bytes] = [0, 0];
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = (cpu * sent.slots + slot) * sent.size;
      if (at + sent.size > view.byteLength) break;
      packets += Number(view.getBigUint64(at + sent.packets, true));
      bytes += Number(view.getBigUint64(at + sent.bytes, true));
    }
    return { packets, bytes };
  }

  waitForPrograms({ processor, processors }: LeftLayout): void {
    const { ints } = this.#shared.get(pinNames.processors)!.memory;
    for (let cpu = 0; cpu < processors; cpu++) {
      const at = (cpu * processor.size + processor.running) >> 2;
      if (at >= ints.length) break;
      const before = Atomics.load(ints, at);
      if ((before & 1) === 0) continue;
      for (let spins = 0; Atomics.load(ints, at) === before && spins < SPINS + PATIENCE; spins++) {
        if (spins > SPINS) sys.poll(0, 0, 1);
      }
    }
  }

  close(): void {
    for (const shared of this.#shared.values()) shared.close();
    for (const map of this.#maps.values()) map.close();
    this.#shared.clear();
    this.#maps.clear();
  }

  #open(path: string, name: string): void {
    const fd = openPinned(path);
    let info: MapInfo;
    try {
      info = mapInfo(fd);
    } catch (error) {
      sys.close(fd);
      throw error;
    }
    const { type, keySize, valueSize, entries, flags } = info;
    this.#maps.set(name, new BpfMap(fd, { name, type: type as MapSpecType, keySize, valueSize, entries, flags }));
  }

  #describe(): string {
    const { view, bytes, ints } = this.#shared.get(pinNames.description)!.memory;
    const at = descriptionValue.half(Atomics.load(ints, 0) & 1);
    return new TextDecoder().decode(bytes.slice(at + 4, at + 4 + view.getUint32(at, true)));
  }
}

/** What parts make up; undefined where one is missing. */
function joined(parts: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  const first = parts.get(0);
  if (first === undefined) return undefined;
  const length = new DataView(first.buffer, first.byteOffset).getUint32(0, true);
  const room = recordValue.size - recordValue.head;
  if (length > recordValue.parts * room) return undefined;
  const record = new Uint8Array(length);
  for (let part = 0; part * room < record.length; part++) {
    const value = parts.get(part);
    if (value === undefined) return undefined;
    record.set(
      value.subarray(recordValue.head, recordValue.head + Math.min(room, record.length - part * room)),
      part * room,
    );
  }
  return record;
}
