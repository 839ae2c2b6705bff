import type { NetHost } from "#host/net.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";
import { switchSide } from "./switch-side.js";
import { wantedQueues } from "./wanted-queues.js";

/** Opens a TAP of a port's name, made where there is none; it goes when the device is closed. Throws `HostError`. */
export function openTapDevice(
  net: NetHost,
  type: "internal" | "tap",
  name: string,
  options: ReadonlyMap<string, string>,
  warn: (text: string) => void,
): NetDevice {
  const queues = wantedQueues(options);
  const source = net.openTap(name, { persist: true, queues });
  if (source.frames.queues < queues)
    warn(`${name}: the device was there already and has one queue, where n_rxq is ${queues}`);
  const kind = { type, stats: switchSide, follow: source.follow };
  return new NetDevice(net, name, kind, { ...source, close: source.remove }, options);
}

/**
 * `type=tap`: a TAP device of the port's name, made when the port is opened and gone when it is closed. It outlives a process that ends
 * without closing it, with its addresses and routes, and is taken up again by the next. The host uses it as any other interface, in its own network namespace or another that it is moved to.
 * `n_rxq` of Interface:options is how many receive queues the device is made with.
 */
export function tapDevices(net: NetHost, warn: (text: string) => void = () => undefined): FrameDeviceClass {
  return {
    type: "tap",
    hasDatapathPort: true,
    open: (name, options) => openTapDevice(net, "tap", name, options, warn),
  };
}
