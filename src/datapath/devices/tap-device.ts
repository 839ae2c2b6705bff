import type { FrameSource, LinkStats, NetHost } from "#host/net.js";
import { HostError } from "#util/errors.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";
import { wantedQueues } from "./wanted-queues.js";

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

/** What opening /dev/net/tun says where a host, or a container, offers no TAP devices. */
const noTap: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENODEV", "ENXIO"]);
const IFNAMSIZ = 15;
/** The veth's end on our side lets everything pass; the port's own MTU is what counts. */
const VETH_MAX_MTU = 65535;

/**
 * A veth pair in place of a TAP: the end named as the port is the host's, the other one is captured. It goes with `close`, and
 * stays behind where the process is killed.
 */
function openPair(net: NetHost, name: string): FrameSource {
  const ours = `${name.slice(0, IFNAMSIZ - 2)}_p`;
  net.createVeth(name, ours);
  try {
    net.setMtu(ours, VETH_MAX_MTU);
    net.setUp(ours, true);
    const capture = net.capture(ours);
    const mtu = net.link(name)?.mtu ?? capture.frames.mtu;
    return {
      frames: { ...capture.frames, mtu },
      close() {
        capture.close();
        if (net.link(name)) net.deleteLink(name);
      },
    };
  } catch (error) {
    net.deleteLink(name);
    throw error;
  }
}

/**
 * `type=internal` and `type=tap`: a TAP device of the port's name, made when the port is opened and gone when it is closed. It outlives a process that ends
 * without closing it, with its addresses and routes, and is taken up again by the next. The host uses it as any other interface, in its own network namespace or another that it is moved to. An internal port is a veth pair where the host has no TAP.
 * `n_rxq` of Interface:options is how many receive queues the device is made with.
 */
export function tapDevices(
  net: NetHost,
  type: "internal" | "tap",
  warn: (text: string) => void = () => undefined,
): FrameDeviceClass {
  return {
    type,
    hasDatapathPort: true,
    open(name, options) {
      try {
        const queues = wantedQueues(options);
        const source = net.openTap(name, { persist: true, queues });
        if (source.frames.queues < queues)
          warn(`${name}: the device was there already and has one queue, where n_rxq is ${queues}`);
        const kind = { type, stats: switchSide, follow: source.follow };
        return new NetDevice(net, name, kind, { ...source, close: source.remove }, options);
      } catch (error) {
        if (type === "tap" || !(error instanceof HostError && noTap.has(error.code))) throw error;
        const kind = { type, stats: switchSide, follow: () => undefined };
        return new NetDevice(net, name, kind, openPair(net, name), options);
      }
    },
  };
}
