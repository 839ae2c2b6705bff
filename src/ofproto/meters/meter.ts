import type { DatapathMeter } from "#datapath/meters.js";
import { type MeterConfig, MeterFlag } from "#openflow/messages/meter/meter-config.js";

/** An OpenFlow meter of a bridge. Its settings never change: a modification makes another. */
export interface Meter {
  readonly config: MeterConfig;
  /** The datapath's number of it. */
  readonly datapathId: number;
  /** Clock milliseconds of when it was added; a modification leaves it. */
  readonly created: number;
}

/** What the datapath is to do; without the flag for them, bursts are of one second. */
export function datapathMeter({ flags, bands }: MeterConfig): DatapathMeter {
  return {
    unit: (flags & MeterFlag.pktps) !== 0 ? "pktps" : "kbps",
    bands: bands.map(({ type, rate, burstSize, precedence }) => ({
      type,
      rate,
      burst: (flags & MeterFlag.burst) !== 0 ? burstSize : 0,
      precedence,
    })),
  };
}
