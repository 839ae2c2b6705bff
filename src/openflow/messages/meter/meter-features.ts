import { OF13, since } from "../../version.js";
import { type MessageRow, ofpst } from "../message.js";
import { meterFlagNames } from "./meter-config.js";

/** Asks what meters a switch can have. */
export interface MeterFeaturesRequest {
  readonly kind: "meter_features_request";
}

/** What meters a switch can have. */
export interface MeterFeaturesReply {
  readonly kind: "meter_features_reply";
  readonly maxMeters: number;
  /** A bit for each type of band: 2 drop, 4 dscp_remark. */
  readonly bandTypes: number;
  /** Bits of `MeterFlag`. */
  readonly capabilities: number;
  /** Bands of a meter. */
  readonly maxBands: number;
  readonly maxColors: number;
}

export const meterFeaturesRequest: MessageRow<MeterFeaturesRequest> = {
  kind: "meter_features_request",
  forms: [
    {
      name: "OFPST_METER_FEATURES request",
      numbers: [ofpst("request", since(OF13), 11)],
      length: [0, 0],
      decode: () => ({ kind: "meter_features_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

/** Names of bits, 0 for none, unknown ones as a number. */
function formatBits(bits: number, names: readonly (string | undefined)[]): string {
  const known = names.filter((name, i) => name !== undefined && ((bits >>> i) & 1) !== 0);
  const mask = names.reduce((all, name, i) => (name === undefined ? all : all | (1 << i)), 0);
  const rest = (bits & ~mask) >>> 0;
  const words = rest === 0 ? known : [...known, `0x${rest.toString(16)}`];
  return words.length === 0 ? "0" : words.join(" ");
}

export const meterFeaturesReply: MessageRow<MeterFeaturesReply> = {
  kind: "meter_features_reply",
  forms: [
    {
      name: "OFPST_METER_FEATURES reply",
      numbers: [ofpst("reply", since(OF13), 11)],
      length: [16, 0],
      decode: (r) => ({
        kind: "meter_features_reply",
        maxMeters: r.u32(),
        bandTypes: r.u32(),
        capabilities: r.u32(),
        maxBands: r.u8(),
        maxColors: r.u8(),
      }),
      encode: ({ maxMeters, bandTypes, capabilities, maxBands, maxColors }, w) =>
        void w.u32(maxMeters).u32(bandTypes).u32(capabilities).u8(maxBands).u8(maxColors).zeros(2),
    },
  ],
  format: ({ maxMeters, bandTypes, capabilities, maxBands, maxColors }) =>
    `\nmax_meter:${maxMeters} max_bands:${maxBands} max_color:${maxColors}` +
    `\nband_types: ${formatBits(bandTypes, [undefined, "drop", "dscp_remark"])}` +
    `\ncapabilities: ${formatBits(capabilities, meterFlagNames)}`,
};
