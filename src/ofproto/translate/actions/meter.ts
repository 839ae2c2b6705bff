import type { Meter } from "#openflow/actions/meter.js";
import type { TranslationContext } from "../context.js";

/** `meter:N`: the datapath has its meter of it decide whether the packet goes on. */
export function translateMeter(ctx: TranslationContext, { meterId }: Meter): void {
  const meter = ctx.bridge.meters.get(meterId);
  if (meter !== undefined) ctx.actions.push({ kind: "meter", id: meter.datapathId });
}
