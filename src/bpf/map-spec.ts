/** Map types (enum bpf_map_type, linux/bpf.h). */
export const mapType = {
  hash: 1,
  array: 2,
  progArray: 3,
  perfEventArray: 4,
  percpuHash: 5,
  percpuArray: 6,
  lruHash: 9,
  lruPercpuHash: 10,
  lpmTrie: 11,
  arrayOfMaps: 12,
  hashOfMaps: 13,
  devmap: 14,
  cpumap: 16,
  xskmap: 17,
  queue: 22,
  stack: 23,
  devmapHash: 25,
  ringbuf: 27,
  bloomFilter: 30,
} as const;

/** Flags of a map (BPF_F_*, linux/bpf.h). */
export const mapFlag = {
  noPreallocation: 0x1,
  readOnlyForUser: 0x8,
  readOnlyForProgram: 0x80,
  mmapable: 0x400,
} as const;

/** A map that a program wants: plain data, from which whoever loads the program makes it. */
export interface MapSpec {
  /** What programs call it, and the kernel in the first 15 bytes. */
  readonly name: string;
  readonly type: (typeof mapType)[keyof typeof mapType];
  /** Bytes; 0 where the type has none. */
  readonly keySize: number;
  readonly valueSize: number;
  /** How many entries at most; of a ring buffer its bytes, a power of two of whole pages. */
  readonly entries: number;
  /** `mapFlag`s; none by default. */
  readonly flags?: number;
}
