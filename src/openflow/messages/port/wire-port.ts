import { OfpError } from "../../ofp-error.js";
import { portFrom32, portTo32 } from "../../port-number.js";
import { OF10, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext } from "../message.js";

/** What reading a port's number needs of a context. */
export type PortContext = Pick<MessageDecodeContext, "version" | "warn">;

/**
 * The 16-bit form of a port's number since OpenFlow 1.1. Throws OFPBAC_BAD_OUT_PORT, as Open vSwitch does wherever a message has a port, for
 * those that have none.
 */
export function portOf(wide: number, { warn }: PortContext): number {
  const port = portFrom32(wide);
  if (port !== undefined) return port;
  warn("ofp_port", `port ${wide} is outside the supported range 0 through 65279 or 0xffffff00 through 0xffffffff`);
  throw new OfpError("OFPBAC_BAD_OUT_PORT");
}

/** Reads a port's number: 16 bits in OpenFlow 1.0, 32 bits since. Throws as `portOf`. */
export function readPort(r: WireReader, ctx: PortContext): number {
  return ctx.version === OF10 ? r.u16() : portOf(r.u32(), ctx);
}

/** Writes a port's number as `readPort` reads it. */
export function writePort(w: WireWriter, port: number, version: Version): void {
  if (version === OF10) w.u16(port);
  else w.u32(portTo32(port));
}
