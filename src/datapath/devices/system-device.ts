import type { NetHost } from "#host/net.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";

/**
 * `type=system`: a network device that is there already. It is taken from the host's own stack while it is a port. Interface:options
 * mean nothing to it and are kept.
 */
export function systemDevices(net: NetHost): FrameDeviceClass {
  return {
    type: "system",
    hasDatapathPort: true,
    open(name, options) {
      const kind = { type: "system", stats: (stats: ReturnType<NetDevice["stats"]>) => stats, follow: () => undefined };
      return new NetDevice(net, name, kind, net.capture(name), options);
    },
  };
}
