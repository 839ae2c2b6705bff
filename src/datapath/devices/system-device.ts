import type { NetHost } from "#host/net.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";

/**
 * `type=system`: a network device that is there already. It is taken from the host's own stack while it is a port. Interface:options
 * mean nothing to it and are kept. `warn` is told of a device that cannot be kept from that stack here.
 */
export function systemDevices(net: NetHost, warn: (text: string) => void = () => undefined): FrameDeviceClass {
  return {
    type: "system",
    hasDatapathPort: true,
    open(name, options) {
      const kind = { type: "system", stats: (stats: ReturnType<NetDevice["stats"]>) => stats, follow: () => undefined };
      const capture = net.capture(name);
      if (capture.hidden.by === "none")
        warn(`${name}: what it receives also reaches the host's own stack (${capture.hidden.reason})`);
      return new NetDevice(net, name, kind, capture, options);
    },
  };
}
