import type { Machine } from "./machine.js";
import type { Reservation } from "./ring-map.js";

/** What a dynptr on the stack stands for: memory whose length is known at run time only. */
export interface Dynptr {
  /** Undefined where it has become null, and everything but giving it back fails. */
  readonly bytes: (() => Uint8Array) | undefined;
  readonly isWritable: boolean;
  readonly reservation?: Reservation;
}

const SIZE = 16;

/** Makes the 16 bytes of the stack at `address` a dynptr. */
export function putDynptr(machine: Machine, address: bigint, dynptr: Dynptr): void {
  const handle = BigInt(machine.dynptrs.size + 1);
  machine.dynptrs.set(handle, dynptr);
  const bytes = new Uint8Array(SIZE);
  new DataView(bytes.buffer).setBigUint64(0, handle, true);
  machine.memory.write(address, bytes);
}

/** The dynptr at an address, which must be one. */
export function dynptrAt(machine: Machine, address: bigint): Dynptr {
  return (
    machine.dynptrs.get(machine.memory.load(address, 8)) ?? machine.fault("this wants a dynptr, and there is none")
  );
}

/** The bytes of a dynptr from `offset` on, undefined where there are fewer than `size`, or it is null. */
export function dynptrBytes({ bytes }: Dynptr, offset: number, size: number): Uint8Array | undefined {
  const all = bytes?.();
  return all && offset + size <= all.length ? all.subarray(offset, offset + size) : undefined;
}
