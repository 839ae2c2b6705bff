import { MeterFlag } from "#openflow/messages/meter/meter-config.js";
import type { MeterConfigReply } from "#openflow/messages/meter/meter-config-reply.js";
import type { MeterFeaturesReply } from "#openflow/messages/meter/meter-features.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import type { MeterStatsReply } from "#openflow/messages/meter/meter-stats.js";
import { OfpError } from "#openflow/ofp-error.js";
import { elapsed } from "../elapsed.js";
import type { FlowTables } from "../tables/flow-tables.js";
import type { DatapathMeterIds } from "./datapath-meter-ids.js";
import type { Meter } from "./meter.js";
import type { MeterTable } from "./meter-table.js";

/** The meters that a request is about. Throws OFPMMFC_UNKNOWN_METER. */
function asked(meters: MeterTable, meterId: number): readonly Meter[] {
  if (meterId === OFPM.all) return meters.inOrder();
  const meter = meters.get(meterId);
  if (meter === undefined) throw new OfpError("OFPMMFC_UNKNOWN_METER");
  return [meter];
}

/** What meters there are. Throws OFPMMFC_UNKNOWN_METER. */
export function meterConfigurations(meters: MeterTable, meterId: number): MeterConfigReply {
  return { kind: "meter_config_reply", meters: asked(meters, meterId).map((m) => m.config) };
}

/** What meters have counted. `now`: clock milliseconds. Throws OFPMMFC_UNKNOWN_METER. */
export function meterStatistics(
  meters: MeterTable,
  tables: FlowTables,
  datapath: DatapathMeterIds,
  meterId: number,
  now: number,
): MeterStatsReply {
  return {
    kind: "meter_stats_reply",
    meters: asked(meters, meterId).map(({ config, datapathId, created }) => {
      const found = datapath.stats(datapathId);
      return {
        meterId: config.meterId,
        flows: tables.users.meters.count(config.meterId),
        packets: BigInt(found?.packets ?? 0),
        bytes: BigInt(found?.bytes ?? 0),
        duration: elapsed(now - created),
        bands: config.bands.map((_, i) => ({
          packets: BigInt(found?.bands[i]?.packets ?? 0),
          bytes: BigInt(found?.bands[i]?.bytes ?? 0),
        })),
      };
    }),
  };
}

/** Bits of band types: drop and dscp_remark. */
const BANDS = (1 << 1) | (1 << 2);

/** What meters there can be. */
export function meterFeatures({ most, mostBands }: DatapathMeterIds): MeterFeaturesReply {
  return {
    kind: "meter_features_reply",
    maxMeters: most,
    bandTypes: BANDS,
    capabilities: MeterFlag.kbps | MeterFlag.pktps | MeterFlag.burst | MeterFlag.stats,
    maxBands: mostBands,
    maxColors: 0,
  };
}
