import type { MapSpec } from "../map-spec.js";

/** A map as an interpreted program and its test see it. Keys and values are bytes; results are 0 or the negative errno that the kernel gives. */
export interface InterpretedMap {
  readonly spec: MapSpec;
  /** Address of a value, undefined where there is none. */
  find(key: Uint8Array): bigint | undefined;
  update(key: Uint8Array, value: Uint8Array, flags: number): number;
  remove(key: Uint8Array): number;
  /** A copy of a value, undefined where there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
}

/** Errors of maps, as the kernel numbers them. */
export const errno = { ENOENT: 2, E2BIG: 7, EEXIST: 17, ENODEV: 19, EINVAL: 22, EPROTONOSUPPORT: 93 } as const;

/** Flags of an update: create or change, create only, change only (BPF_ANY, BPF_NOEXIST, BPF_EXIST). */
export const updateFlag = { any: 0, create: 1, change: 2 } as const;

/** A little-endian 32-bit number as a key or a value. */
export function bytesOf32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
