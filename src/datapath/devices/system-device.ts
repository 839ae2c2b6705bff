import { FAN_OUT_ALIAS } from "#host/fan-out.js";
import type { NetHost } from "#host/net.js";
import { UserError } from "#util/errors.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";
import { portOfInnerEnd } from "./pair-device.js";

const IFF_LOOPBACK = 0x8;

/**
 * `type=system`: a network device that is there already. It is taken from the host's own stack while it is a port. Interface:options
 * mean nothing to it and are kept. `warn` is told of a device that cannot be kept from that stack here. The loopback device is refused, and what the switch has made for itself: its end of an internal port, and the fan-out device.
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
      if (link?.alias === FAN_OUT_ALIAS)
        throw new UserError(`could not add network device ${name} to ofproto: the kernel engine copies packets by it`);
      const kind = { type: "system", stats: (stats: ReturnType<NetDevice["stats"]>) => stats, follow: () => undefined };
      const capture = net.capture(name);
      if (capture.hidden.by === "none")
        warn(`${name}: what it receives also reaches the host's own stack (${capture.hidden.reason})`);
      return new NetDevice(net, name, kind, capture, options);
    },
  };
}
