import { OfpError } from "../../ofp-error.js";
import { OF13, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageDecodeContext, type MessageRow, ofpst } from "../message.js";
import { decodeBands, encodeBands, formatMeterConfig, type MeterConfig } from "./meter-config.js";

/** What meters there are. */
export interface MeterConfigReply {
  readonly kind: "meter_config_reply";
  readonly meters: readonly MeterConfig[];
}

const HEADER = 8;

function decodeMeter(r: WireReader, { warn }: MessageDecodeContext): MeterConfig {
  if (r.left < HEADER) {
    warn("ofp_meter", `OFPMP_METER_CONFIG reply has ${r.left} leftover bytes at end`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  const left = r.left;
  const length = r.u16();
  if (length < HEADER || length > left) throw new OfpError("OFPBRC_BAD_LEN");
  const [flags, meterId] = [r.u16(), r.u32()];
  return { meterId, flags, bands: decodeBands(r.slice(length - HEADER)) };
}

export const meterConfigReply: MessageRow<MeterConfigReply> = {
  kind: "meter_config_reply",
  forms: [
    {
      name: "OFPST_METER_CONFIG reply",
      numbers: [ofpst("reply", since(OF13), 10)],
      length: [0, 8],
      decode: (r, ctx) => {
        const meters: MeterConfig[] = [];
        const body: MeterConfigReply = { kind: "meter_config_reply", meters };
        try {
          while (r.left > 0) meters.push(decodeMeter(r, ctx));
        } catch (error) {
          if (meters.length > 0) ctx.partial(body, "\n");
          throw error;
        }
        return body;
      },
      encode: ({ meters }, w, ctx) => {
        for (const { meterId, flags, bands } of meters) {
          ctx.element();
          const start = w.length;
          w.u16(0).u16(flags).u32(meterId);
          encodeBands(bands, w);
          w.patch16(start, w.length - start);
        }
      },
    },
  ],
  format: ({ meters }) =>
    meters
      .map((m) => `\n${formatMeterConfig(m)}`)
      .join("")
      .trimEnd(),
};
