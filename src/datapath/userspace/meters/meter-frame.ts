import type { Frame } from "../frames/frame.js";
import { isGso, segmentedSize } from "../frames/headers.js";
import { remark } from "../frames/remark.js";
import { type Meter, NO_BAND } from "./meter.js";

/** True of a frame that is metered as it is: one packet, or a large segment where every band has tokens for all the packets it will become. */
export function metersWhole(meter: Meter, frame: Frame, now: number): boolean {
  if (!isGso(frame)) return true;
  const { packets, bytes } = segmentedSize(frame);
  return packets === 1 || meter.holds(now, packets, bytes);
}

/** Gives a frame that `metersWhole` is true of to a meter at clock millisecond `now`. "remarked": its DSCP has been changed. */
export function meterFrame(meter: Meter, frame: Frame, now: number): "passed" | "remarked" | "dropped" {
  const { packets, bytes } = isGso(frame) ? segmentedSize(frame) : { packets: 1, bytes: frame.length };
  const exceeded = meter.take(now, packets, bytes);
  if (exceeded === NO_BAND) return "passed";
  const band = meter.bands[exceeded]!;
  if (band.type === "drop") return "dropped";
  return remark(frame, band.precedence) ? "remarked" : "passed";
}
