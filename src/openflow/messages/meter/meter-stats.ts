import { OfpError } from "../../ofp-error.js";
import { OF13, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageDecodeContext, type MessageRow, ofpst } from "../message.js";
import { type Duration, formatDuration } from "../port/counters.js";
import { formatMeterNumber } from "./meter-number.js";

/** What a meter has counted. */
interface MeterStats {
  readonly meterId: number;
  readonly flows: number;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly duration: Duration;
  /** What was beyond each band's rate. */
  readonly bands: readonly { readonly packets: bigint; readonly bytes: bigint }[];
}

/** What meters have counted. */
export interface MeterStatsReply {
  readonly kind: "meter_stats_reply";
  readonly meters: readonly MeterStats[];
}

const HEADER = 40;
const BAND = 16;

function decodeStats(r: WireReader, { warn }: MessageDecodeContext): MeterStats {
  if (r.left < HEADER) {
    warn("ofp_meter", `OFPMP_METER reply has ${r.left} leftover bytes at end`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  const left = r.left;
  const [meterId, length] = [r.u32(), r.u16()];
  if (length < HEADER || length > left || (length - HEADER) % BAND !== 0) throw new OfpError("OFPBRC_BAD_LEN");
  r.skip(6);
  const head = { meterId, flows: r.u32(), packets: r.u64(), bytes: r.u64() };
  const duration = { seconds: r.u32(), nanoseconds: r.u32() };
  const bands = Array.from({ length: (length - HEADER) / BAND }, () => ({ packets: r.u64(), bytes: r.u64() }));
  return { ...head, duration, bands };
}

export const meterStatsReply: MessageRow<MeterStatsReply> = {
  kind: "meter_stats_reply",
  forms: [
    {
      name: "OFPST_METER reply",
      numbers: [ofpst("reply", since(OF13), 9)],
      length: [0, 8],
      decode: (r, ctx) => {
        const meters: MeterStats[] = [];
        const body: MeterStatsReply = { kind: "meter_stats_reply", meters };
        try {
          while (r.left > 0) meters.push(decodeStats(r, ctx));
        } catch (error) {
          if (meters.length > 0) ctx.partial(body, "\n");
          throw error;
        }
        return body;
      },
      encode: ({ meters }, w, ctx) => {
        for (const m of meters) {
          ctx.element();
          w.u32(m.meterId)
            .u16(HEADER + BAND * m.bands.length)
            .zeros(6);
          w.u32(m.flows).u64(m.packets).u64(m.bytes).u32(m.duration.seconds).u32(m.duration.nanoseconds);
          for (const b of m.bands) w.u64(b.packets).u64(b.bytes);
        }
      },
    },
  ],
  format: ({ meters }) =>
    meters
      .map((m) => `\n${formatStats(m)}`)
      .join("")
      .trimEnd(),
};

function formatStats({ meterId, flows, packets, bytes, duration, bands }: MeterStats): string {
  const head = `meter:${formatMeterNumber(meterId)} flow_count:${flows} packet_in_count:${packets} byte_in_count:${bytes}`;
  const list = bands.map((b, i) => `${i}: packet_count:${b.packets} byte_count:${b.bytes}\n`).join("");
  return `${head} duration:${formatDuration(duration)} bands:\n${list}`;
}
