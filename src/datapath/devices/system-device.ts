import type { NetHost } from "#host/net.js";
import { UserError } from "#util/errors.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";
import { portOfInnerEnd } from "./pair-device.js";

const IFF_LOOPBACK = 0x8;

/**
 * `type=system`: a network device that is there already. It is taken from the host's own stack while it is a port. Interface:options
 * mean nothing to it and are kept. `warn` is told of a device that cannot be kept from that stack here. The loopback device is refused, and the switch's end of an internal port.
 */
export function systemDevices(net: NetHost, warn: (text: string) => void = () => undefined): FrameDeviceClass {
  return {
    type: "system",
    hasDatapathPort: true,
    open(name, options) {
      const link = net.link(name);
      if (link && (link.flags & IFF_LOOPBACK) !== 0) {
        throw new UserError(`could not add network device ${name} to ofproto (Invalid argument)`);
      }
      const port = link && portOfInnerEnd(link);
      if (port !== undefined) {
        throw new UserError(
          `could not add network device ${name} to ofproto: it is the inner end of internal port ${port}`,
        );
      }
      const kind = { type: "system", stats: (stats: ReturnType<NetDevice["stats"]>) => stats, follow: () => undefined };
      const capture = net.capture(name);
      if (capture.hidden.by === "none")
        warn(`${name}: what it receives also reaches the host's own stack (${capture.hidden.reason})`);
      return new NetDevice(net, name, kind, capture, options);
    },
  };
}
