import { OfpError } from "../../ofp-error.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { formatMeterNumber } from "./meter-number.js";

/** What is done to packets beyond a rate. */
export interface MeterBand {
  /** `dscp_remark` raises the drop precedence by `precedence` levels. */
  readonly type: "drop" | "dscp_remark";
  /** In kilobits or packets per second, by the meter's flags. */
  readonly rate: number;
  /** In kilobits or packets; counts where the meter has the flag. */
  readonly burstSize: number;
  /** 0 to 255; 0 in bands that drop. */
  readonly precedence: number;
}

/** A meter. */
export interface MeterConfig {
  readonly meterId: number;
  /** Bits of `MeterFlag`. */
  readonly flags: number;
  readonly bands: readonly MeterBand[];
}

/** How a meter measures. */
export const MeterFlag = { kbps: 1, pktps: 2, burst: 4, stats: 8 } as const;

/** The words of a meter's flags, by bit. */
export const meterFlagNames: readonly string[] = ["kbps", "pktps", "burst", "stats"];

const BAND = 16;
const types = [undefined, "drop", "dscp_remark"] as const;

/** Reads bands to the reader's end. Throws `OfpError`. */
export function decodeBands(r: WireReader): MeterBand[] {
  const bands: MeterBand[] = [];
  while (r.left > 0) {
    if (r.left < BAND) throw new OfpError("OFPBRC_BAD_LEN");
    const number = r.u16();
    if (r.u16() !== BAND) throw new OfpError("OFPBRC_BAD_LEN");
    const type = types[number];
    if (type === undefined) throw new OfpError("OFPMMFC_BAD_BAND");
    const [rate, burstSize, precedence] = [r.u32(), r.u32(), r.u8()];
    r.skip(3);
    bands.push({ type, rate, burstSize, precedence: type === "drop" ? 0 : precedence });
  }
  return bands;
}

/** Writes bands. */
export function encodeBands(bands: readonly MeterBand[], w: WireWriter): void {
  for (const { type, rate, burstSize, precedence } of bands) {
    w.u16(types.indexOf(type)).u16(BAND).u32(rate).u32(burstSize);
    w.u8(type === "drop" ? 0 : precedence).zeros(3);
  }
}

/** `meter=1 kbps bands=` and a line for each band. */
export function formatMeterConfig({ meterId, flags, bands }: MeterConfig): string {
  const words = [`meter=${formatMeterNumber(meterId)}`];
  for (const [i, name] of meterFlagNames.entries()) if (((flags >>> i) & 1) !== 0) words.push(name);
  const unknown = flags & ~0xf;
  if (unknown !== 0) words.push(`flags:0x${unknown.toString(16)}`);
  return `${words.join(" ")} bands=\n${bands.map((b) => formatBand(b, flags)).join("")}`;
}

function formatBand({ type, rate, burstSize, precedence }: MeterBand, flags: number): string {
  const burst = (flags & MeterFlag.burst) === 0 ? "" : ` burst_size=${burstSize}`;
  const level = type === "drop" ? "" : ` prec_level=${precedence}`;
  return `type=${type} rate=${rate}${burst}${level}\n`;
}
