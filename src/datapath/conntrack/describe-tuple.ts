import { put32 } from "#util/big-endian.js";
import { PORTS } from "./connection-layout.js";
import type { CtTuple } from "./connection-tracking.js";
import { isIcmp } from "./tuple.js";

/** The tuple at `at` of `w` as data; `ident` is its identity. */
export function tupleOf(w: Uint32Array, at: number, ident: number): CtTuple {
  const words = (ident & 1) === 0 ? 1 : 4;
  const address = (from: number): Uint8Array => {
    const bytes = new Uint8Array(4 * words);
    for (let i = 0; i < words; i++) put32(bytes, 4 * i, w[from + i]!);
    return bytes;
  };
  const ports = w[at + PORTS]!;
  const both = { source: address(at), destination: address(at + 4), sourcePort: ports >>> 16 };
  if (!isIcmp((ident >>> 8) & 0xff)) return { ...both, destinationPort: ports & 0xffff };
  return { ...both, destinationPort: 0, icmpType: (ports >>> 8) & 0xff, icmpCode: ports & 0xff };
}
