import { OF13, since } from "../../version.js";
import { type MessageRow, ofpst } from "../message.js";
import { formatMeterNumber } from "./meter-number.js";

/** Asks what a meter has counted, or what it is. */
export interface MeterRequest {
  readonly kind: "meter_stats_request" | "meter_config_request";
  /** A meter, or one of `OFPM`. */
  readonly meterId: number;
}

function request<K extends MeterRequest["kind"]>(
  kind: K,
  name: string,
  type: number,
): MessageRow<MeterRequest & { kind: K }> {
  return {
    kind,
    forms: [
      {
        name,
        numbers: [ofpst("request", since(OF13), type)],
        length: [8, 0],
        decode: (r) => ({ kind, meterId: r.u32() }),
        encode: ({ meterId }, w) => void w.u32(meterId).zeros(4),
      },
    ],
    format: ({ meterId }) => ` meter=${formatMeterNumber(meterId)}`,
  };
}

export const meterStatsRequest: MessageRow<MeterRequest & { kind: "meter_stats_request" }> = request(
  "meter_stats_request",
  "OFPST_METER request",
  9,
);
export const meterConfigRequest: MessageRow<MeterRequest & { kind: "meter_config_request" }> = request(
  "meter_config_request",
  "OFPST_METER_CONFIG request",
  10,
);
