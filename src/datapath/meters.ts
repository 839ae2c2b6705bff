/** What is done to packets beyond a rate. Bands of a meter are asked in the order of their rates: the highest that is exceeded acts. */
interface DatapathMeterBand {
  readonly type: "drop" | "dscp_remark";
  /** Kilobits or packets per second. */
  readonly rate: number;
  /** Kilobits or packets; 0 for as much as comes in a second. */
  readonly burst: number;
  /** By how many levels `dscp_remark` raises the drop precedence (RFC 2597). */
  readonly precedence: number;
}

/** A meter of a datapath: token buckets (OpenFlow 1.3, section 5.7). */
export interface DatapathMeter {
  readonly unit: "kbps" | "pktps";
  readonly bands: readonly DatapathMeterBand[];
}

/** What a meter has seen and what its bands have hit. A large segment counts as the packets it will become. */
export interface DatapathMeterStats {
  readonly packets: number;
  readonly bytes: number;
  readonly bands: readonly { readonly packets: number; readonly bytes: number }[];
}

/** A datapath's meters, by numbers that the caller gives; actions name them so. Statistics may lag by the packets in flight. */
export interface DatapathMeters {
  /** Meters and bands of each that there can be. */
  readonly most: number;
  readonly mostBands: number;
  /** Adds, or replaces, a meter; counters begin again. Packets of a meter that does not exist pass. */
  set(id: number, meter: DatapathMeter): void;
  delete(id: number): void;
  stats(id: number): DatapathMeterStats | undefined;
}
