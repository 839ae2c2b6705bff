import type { Device } from "../device.js";
import type { Packet } from "../packet.js";

/** A device whose frames are handed over by calls, as dummy devices' are. */
export interface DirectDevice extends Device {
  /** Takes a frame the datapath sends; the receiver owns `packet`. */
  transmit(packet: Packet): void;
  /** Sets who takes the frames the device receives, and from which of its queues. */
  onReceive(handler: ((packet: Packet, queue?: number) => void) | undefined): void;
  /** Receive queues where they are to be polled by threads of their own; undefined where the main thread does. */
  readonly polledQueues?: number | undefined;
}

/** True where the device is such a one. */
export function isDirectDevice(device: Device): device is DirectDevice {
  return "transmit" in device && "onReceive" in device;
}
