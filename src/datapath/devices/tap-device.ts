import type { LinkStats, NetHost } from "#host/net.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";

/**
 * What the host sends into a TAP is what the switch receives from it, so counters change sides. Details of physical errors mean
 * nothing here.
 */
function switchSide(host: LinkStats): LinkStats {
  return {
    rxPackets: host.txPackets,
    txPackets: host.rxPackets,
    rxBytes: host.txBytes,
    txBytes: host.rxBytes,
    rxErrors: host.txErrors,
    txErrors: host.rxErrors,
    rxDropped: host.txDropped,
    txDropped: host.rxDropped,
    multicast: 0,
    collisions: 0,
    rxLengthErrors: 0,
    rxOverErrors: 0,
    rxCrcErrors: 0,
    rxFrameErrors: 0,
    rxFifoErrors: 0,
    rxMissedErrors: 0,
  };
}

/**
 * `type=internal` and `type=tap`: a TAP device of the port's name, made when the port is opened and gone when it is closed. The host uses it as any
 * other interface, in its own network namespace or another that it is moved to.
 */
export function tapDevices(net: NetHost, type: "internal" | "tap"): FrameDeviceClass {
  return {
    type,
    hasDatapathPort: true,
    open(name, options) {
      const source = net.openTap(name, { persist: false });
      return new NetDevice(net, name, { type, stats: switchSide, follow: source.follow }, source, options);
    },
  };
}
