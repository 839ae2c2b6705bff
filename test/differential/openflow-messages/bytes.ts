import fc from "fast-check";
import { NICIRA } from "#openflow/messages/message.js";
import type { Version } from "#openflow/version.js";
import { WireWriter } from "#openflow/wire-writer.js";

/** The type of a message: the header's, or Nicira's. */
export type WireType = { readonly ofpt: number } | { readonly nxt: number };

/** Messages of these bytes: for forms that ours reads and writes otherwise, and for what it never writes. */
export function wireMessage(
  version: Version,
  type: WireType,
  body: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(0xffff), body).map(([xid, bytes]) => {
    const head = "nxt" in type ? 16 : 8;
    const w = new WireWriter();
    w.u8(version)
      .u8("nxt" in type ? 4 : type.ofpt)
      .u16(head + bytes.length)
      .u32(xid);
    if ("nxt" in type) w.u32(NICIRA).u32(type.nxt);
    return w.raw(bytes).done();
  });
}
