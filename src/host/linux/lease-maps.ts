import {
  LEASE_LAYOUT,
  LEASE_ROW_WORDS,
  LEASE_ROWS,
  leaseTable,
  SUM_SIZE,
  trackMaps,
} from "#bpf/forward/track-layout.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { type LeaseHandle, LeaseState } from "../lease-memory.js";
import { type BpfMap, MappedArray } from "./bpf/map.js";
import { mapInfo } from "./bpf/object.js";
import { openPinned } from "./bpf/pin.js";
import * as sys from "./syscalls.js";

const single = { keySize: 4, entries: 1 } as const;

/** The names of these maps among a datapath's pins. */
export const leasePins: readonly (readonly [symbol: string, name: string])[] = [
  [trackMaps.rows, `connections_${LEASE_LAYOUT}`],
  [trackMaps.table, `leases_${LEASE_LAYOUT}`],
];

/** Descriptors of the two maps that are pinned in one of the directories, if they are what they are to be. */
function leftMaps(directories: readonly string[], specs: readonly MapSpec[]): readonly number[] | undefined {
  for (const directory of directories) {
    const fds: number[] = [];
    try {
      for (const [, name] of leasePins) fds.push(openPinned(`${directory}/${name}`));
      if (fds.every((fd, i) => mapInfo(fd).valueSize === specs[i]!.valueSize)) return fds;
    } catch {
      // It has none.
    }
    for (const fd of fds) sys.close(fd);
  }
  return undefined;
}

/** The maps of connections that the kernel follows, mapped for the thread that tracks them. */
export class LeaseMaps {
  readonly handle: LeaseHandle;
  readonly #mapped: readonly MappedArray[];

  /**
   * `make` makes a map by its name among the program's symbols, or takes the one that a descriptor is of; `processorRows` is the map of processors' rows. Maps that a process before this one has pinned in one
   * of `directories` are used on: the programs that are there still write to them until they are replaced. Throws `HostError`.
   */
  constructor(
    make: (symbol: string, spec: MapSpec, fd?: number) => BpfMap,
    processorRows: BpfMap,
    processors: number,
    directories: readonly string[],
  ) {
    const shared = { ...single, type: mapType.array, flags: mapFlag.mmapable };
    const specs = {
      rows: { ...shared, name: "weft_conns", valueSize: 4 * LEASE_ROW_WORDS * LEASE_ROWS },
      table: { ...shared, name: "weft_leases", valueSize: leaseTable.size },
    };
    const left = leftMaps(directories, [specs.rows, specs.table]);
    const rows = make(trackMaps.rows, specs.rows, left?.[0]);
    const table = make(trackMaps.table, specs.table, left?.[1]);
    make(trackMaps.sum, { ...single, name: "weft_sum", type: mapType.percpuArray, valueSize: SUM_SIZE });
    this.#mapped = [rows, table, processorRows].map((map) => new MappedArray(map));
    const [rowPlace, tablePlace, running] = this.#mapped.map(({ memory: { address, size } }) => ({ address, size }));
    this.handle = {
      rows: rowPlace!,
      table: tablePlace!,
      running: running!,
      processors,
      state: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    };
  }

  /** Where a thread may still use it, the memory stays. */
  close(): void {
    if (Atomics.load(new Int32Array(this.handle.state), 0) !== LeaseState.unused) return;
    for (const array of this.#mapped) array.close();
  }
}
