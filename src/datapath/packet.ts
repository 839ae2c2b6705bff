import type { Offload } from "#wire/virtio-net.js";

/**
 * One frame outside the fast path: its bytes from the destination MAC on, and the offload state that travels with it, so
 * that a GSO or partially checksummed frame stays one from input to output.
 */
export interface Packet {
  readonly data: Uint8Array;
  readonly offload: Readonly<Offload>;
  /** How many bytes it has, where that can be had for less than the bytes. */
  readonly length?: number;
  /** How often the datapath has recirculated it before it came up: executing it goes on counting. */
  readonly recirculations?: number;
}
