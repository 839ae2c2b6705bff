import type { LinkStats } from "#host/net.js";
import type { Counter } from "#openflow/messages/port/counters.js";
import type { PortStats } from "#openflow/messages/port/port-stats.js";
import type { CustomStats } from "#openflow/messages/port/port-stats-intel.js";
import { elapsed } from "./elapsed.js";
import type { OfPort } from "./port.js";

const counter = (value: number): Counter => (value < 0 ? undefined : BigInt(value));

/** RFC 2819's counters: no device here has them. */
const rfc2819: readonly Counter[] = Array.from({ length: 21 }, () => undefined);

/** What dummies count of their own: two numbers that follow `rxPackets`, and their one queue. */
const ofDummies: readonly (readonly [name: string, member: keyof LinkStats])[] = [
  ["rx_custom_packets_1", "rxPackets"],
  ["rx_custom_packets_2", "rxPackets"],
  ["rx_q0_bytes", "rxBytes"],
  ["rx_q0_packets", "rxPackets"],
  ["tx_q0_bytes", "txBytes"],
  ["tx_q0_packets", "txPackets"],
];

/** True of ports whose device is not the kernel's: packets and bytes are all that they count. */
const countsOnlyTraffic = (port: OfPort): boolean => port.isPatch || isDummy(port);
const isDummy = ({ device }: OfPort): boolean => device.type.startsWith("dummy");

function customStats(port: OfPort, stats: LinkStats): CustomStats {
  if (!isDummy(port)) return [];
  return ofDummies.map(([name, member]) => ({ name, value: BigInt(stats[member]) }));
}

/** The counters of a port as controllers are told them, at `now` (clock milliseconds). */
export function portCounters(port: OfPort, stats: LinkStats, now: number): PortStats {
  const rare = countsOnlyTraffic(port) ? (): Counter => undefined : counter;
  const custom = customStats(port, stats);
  return {
    port: port.ofport,
    rxPackets: counter(stats.rxPackets),
    txPackets: counter(stats.txPackets),
    rxBytes: counter(stats.rxBytes),
    txBytes: counter(stats.txBytes),
    rxDropped: rare(stats.rxDropped),
    txDropped: rare(stats.txDropped),
    rxErrors: rare(stats.rxErrors),
    txErrors: rare(stats.txErrors),
    rxFrameErrors: rare(stats.rxFrameErrors),
    rxOverErrors: rare(stats.rxOverErrors),
    rxCrcErrors: rare(stats.rxCrcErrors),
    collisions: rare(stats.collisions),
    duration: elapsed(now - port.created),
    rfc2819,
    ...(custom.length === 0 ? {} : { custom }),
  };
}
