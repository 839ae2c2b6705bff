import { LEASE_ROW_WORDS, LEASE_ROWS, leaseTable, SUM_SIZE, trackMaps } from "#bpf/forward/track-layout.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { type LeaseHandle, LeaseState } from "../lease-memory.js";
import { type BpfMap, MappedArray } from "./bpf/map.js";

const single = { keySize: 4, entries: 1 } as const;

/** The maps of connections that the kernel follows, mapped for the thread that tracks them. */
export class LeaseMaps {
  readonly handle: LeaseHandle;
  readonly #mapped: readonly MappedArray[];

  /** `make` makes a map by its name among the program's symbols; `processorRows` is the map of processors' rows. Throws `HostError`. */
  constructor(make: (symbol: string, spec: MapSpec) => BpfMap, processorRows: BpfMap, processors: number) {
    const shared = { ...single, type: mapType.array, flags: mapFlag.mmapable };
    const rows = make(trackMaps.rows, { ...shared, name: "weft_conns", valueSize: 4 * LEASE_ROW_WORDS * LEASE_ROWS });
    const table = make(trackMaps.table, { ...shared, name: "weft_leases", valueSize: leaseTable.size });
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
