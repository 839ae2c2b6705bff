import { type LinkStats, noStats } from "#host/net.js";

/**
 * Counters of a device that the host uses as its own, from the switch's side: what the host sends is what the switch receives. Details of physical errors mean
 * nothing there.
 */
export function switchSide(host: LinkStats): LinkStats {
  return {
    ...noStats,
    rxPackets: host.txPackets,
    txPackets: host.rxPackets,
    rxBytes: host.txBytes,
    txBytes: host.rxBytes,
    rxErrors: host.txErrors,
    txErrors: host.rxErrors,
    rxDropped: host.txDropped,
    txDropped: host.rxDropped,
  };
}
