import type { LinkStats } from "#host/net.js";

/**
 * Counters of a device that the host uses as its own, from the switch's side: what the host sends is what the switch receives. Details of physical errors mean
 * nothing there.
 */
export function switchSide(host: LinkStats): LinkStats {
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
