import { FAN_OUT_LIMIT } from "#bpf/forward/layout.js";
import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { BpfMap, createMap } from "./bpf/map.js";
import { MapBatch } from "./bpf/map-batch.js";
import { mapInfo, openObject } from "./bpf/object.js";

/** So many sets' maps are put in place at once: for each time the kernel makes us wait, ten or twenty milliseconds. */
const FEWEST = 8;
const MOST = 64;

const setsSpec = {
  type: mapType.arrayOfMaps,
  keySize: 4,
  valueSize: 4,
  entries: FAN_OUT_LIMIT,
  name: "weft_fan_outs",
} as const;

const setSpec = (entries: number): MapSpec => ({
  type: mapType.devmap,
  keySize: 4,
  valueSize: 4,
  entries,
  name: "weft_fan_out",
});

/** A set's map that was filled. */
interface Filled {
  readonly id: number;
  /** Devices that it may have, and that it has at most. */
  readonly room: number;
  readonly used: number;
}

const bytesOf = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);

/** The maps of sets of devices, in one outer map. Maps are put there before they are needed, and filled in place, as each change of the outer map is waited for. */
export class FanOutMaps {
  readonly #outer: BpfMap;
  readonly #batch: MapBatch;
  /** Maps of sets that have never had devices. */
  readonly #empty = new Map<number, BpfMap>();
  readonly #filled = new Map<number, Filled>();

  /** Throws `HostError`. */
  constructor() {
    const model = BpfMap.create(setSpec(1));
    try {
      this.#outer = new BpfMap(createMap(setsSpec, model.fd), setsSpec);
    } finally {
      model.close();
    }
    this.#batch = new MapBatch(this.#outer, MOST);
  }

  /** The outer map's. */
  get fd(): number {
    return this.#outer.fd;
  }

  /** Has a set be these devices of the calling thread's network namespace; no packet may be on its way to it. Throws `HostError`. */
  put(set: number, ifindexes: readonly number[]): void {
    const map = this.#inPlace(set, ifindexes.length) ?? this.#make(set, ifindexes.length);
    this.#empty.delete(set);
    try {
      this.#filled.set(set, { id: mapInfo(map.fd).id, room: map.spec.entries, used: ifindexes.length });
      for (const [i, ifindex] of ifindexes.entries()) map.update(bytesOf(i), bytesOf(ifindex));
    } finally {
      // The outer map keeps it.
      map.close();
    }
  }

  close(): void {
    for (const map of this.#empty.values()) map.close();
    this.#empty.clear();
    this.#batch.close();
    this.#outer.close();
  }

  /** The set's map, emptied, if it is there, is large enough, and may be opened. */
  #inPlace(set: number, room: number): BpfMap | undefined {
    const filled = this.#filled.get(set);
    if (filled === undefined) return fits(this.#empty.get(set), room);
    const map = filled.room < room ? undefined : openMap(filled);
    for (let i = room; map && i < filled.used; i++) map.delete(bytesOf(i));
    return map;
  }

  /** Puts a new map in the set's place, and others for sets behind it that have not been filled yet. */
  #make(set: number, room: number): BpfMap {
    const spec = setSpec(2 ** Math.ceil(Math.log2(Math.max(room, FEWEST))));
    const most = Math.min(set + Math.min(Math.max(set, FEWEST), MOST), FAN_OUT_LIMIT);
    let end = set + 1;
    while (end < most && !this.#filled.has(end)) end++;
    const maps: BpfMap[] = [];
    try {
      for (let number = set; number < end; number++) {
        const map = BpfMap.create(spec);
        maps.push(map);
        this.#batch.keys.set(bytesOf(number), 4 * (number - set));
        this.#batch.values.set(bytesOf(map.fd), 4 * (number - set));
      }
      this.#batch.update(maps.length);
    } catch (error) {
      for (const map of maps) map.close();
      throw error;
    }
    for (const [i, map] of maps.entries()) {
      this.#empty.get(set + i)?.close();
      this.#empty.set(set + i, map);
    }
    return maps[0]!;
  }
}

function fits(map: BpfMap | undefined, room: number): BpfMap | undefined {
  return map && map.spec.entries >= room ? map : undefined;
}

/** Undefined where this process may not open maps by their numbers. */
function openMap({ id, room }: Filled): BpfMap | undefined {
  try {
    const fd = openObject("map", id);
    return fd === undefined ? undefined : new BpfMap(fd, setSpec(room));
  } catch {
    return undefined;
  }
}
