import { expect, it } from "vitest";
import { type LinkStats, noStats } from "#host/net.js";
import { statisticsColumn } from "./status.js";

const stats: LinkStats = { ...noStats, rxPackets: 3, rxBytes: 318, multicast: 2 };

/** The keys that Open vSwitch 3.1 writes, by type of device. */
const everyDevice = ["rx_bytes", "rx_packets", "tx_bytes", "tx_packets"];
const dummy = ["rx_custom_packets_1", "rx_custom_packets_2"].concat(
  ["rx_q0_bytes", "rx_q0_packets", "tx_q0_bytes", "tx_q0_packets"],
  everyDevice,
);
const kernel = ["collisions", "rx_crc_err", "rx_dropped", "rx_errors", "rx_frame_err", "rx_missed_errors"].concat(
  ["rx_multicast_packets", "rx_over_err", "tx_dropped", "tx_errors"],
  everyDevice,
);

it.each([
  ["system", kernel],
  ["internal", kernel],
  ["tap", kernel],
  ["patch", everyDevice],
  ["afxdp", everyDevice],
  ["dummy", dummy],
  ["dummy-internal", dummy],
])("counts on a device of type %s what upstream does", (type, keys) => {
  expect([...statisticsColumn(type, stats).keys()].sort()).toEqual([...keys].sort());
});

it("takes the values of a dummy's queue and own counters from its totals", () => {
  expect(statisticsColumn("dummy", stats).get("rx_custom_packets_2")).toBe(3);
  expect(statisticsColumn("dummy-pmd", stats).get("rx_q0_bytes")).toBe(318);
  expect(statisticsColumn("system", stats).get("rx_multicast_packets")).toBe(2);
});
