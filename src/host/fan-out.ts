/** What is written down of such a device. */
export const FAN_OUT_ALIAS = "Weft: copies packets for many ports";

/**
 * A device whose program sends each packet that is put to it to all devices of a set, which the packet's trailer names (`fanTrailer` of `#bpf/forward/layout.js`): copies that share their bytes and reach the devices' drivers at
 * once, at half of what copies one by one cost.
 */
export interface FanOut {
  readonly ifindex: number;
  /** Has a set, 0 to `FAN_OUT_LIMIT` - 1, be these devices. No packet may be on its way to it. Throws `HostError`. */
  put(set: number, ifindexes: readonly number[]): void;
  /** Called once where there is no such device any more: packets that are put to it are lost. */
  onLost: (() => void) | undefined;
}
