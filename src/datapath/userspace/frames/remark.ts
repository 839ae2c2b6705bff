import { raiseDropPrecedence } from "../meters/meter.js";
import type { Frame } from "./frame.js";
import { L3_IPV4, L3_IPV6 } from "./layers.js";
import { rewrite } from "./rewrite.js";

/** Raises the drop precedence of an IP packet's DSCP by some levels (RFC 2597); false where that changes nothing. */
export function remark(frame: Frame, levels: number): boolean {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const { kind, l3 } = layers;
  if (kind !== L3_IPV4 && kind !== L3_IPV6) return false;
  // IPv4 has it in the second byte, IPv6 around the boundary of the first two.
  const shift = kind === L3_IPV4 ? 0 : 4;
  const before = (frame.u16(l3) >> shift) & 0xff;
  const after = raiseDropPrecedence(before, levels);
  if (after === before) return false;
  const words = Uint16Array.of(0, after << shift, 0xff << shift);
  rewrite(frame, { layer: kind === L3_IPV4 ? "ipv4" : "ipv6", words, end: 2 });
  return true;
}
