import type { FrameHandle } from "#host/net.js";
import type { Device, DeviceClass } from "../device.js";

/**
 * A device whose frames the userspace engine moves itself. Its forwarding thread attaches `frames` to its `FrameIo`, tells it
 * of a new MTU after `onChange`, and must have detached it before `close`. Where `frames` is another object after `onChange`, it has another number
 * of queues, and is to be attached anew.
 */
export interface FrameDevice extends Device {
  readonly frames: FrameHandle;
}

export interface FrameDeviceClass extends DeviceClass {
  open(name: string, options: ReadonlyMap<string, string>): FrameDevice;
}

/** Tells devices that the userspace engine serves by their frames from those it makes itself (dummy, patch). */
export function isFrameDevice(device: Device): device is FrameDevice {
  return "frames" in device;
}
