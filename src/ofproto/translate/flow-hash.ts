import { getFieldBig, setFieldBig } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import { prerequisiteHolds, unwildcardPrerequisite } from "#flow/prerequisites.js";
import type { HashedField } from "#openflow/messages/group/selection.js";
import { murmurAdd, murmurBytes, murmurFinish } from "#util/murmur-hash.js";
import type { TranslationContext } from "./context.js";

/** Its value is without the two bits of ECN. */
const nwTos = field("nw_tos");
const DSCP = 0xfcn;
/** As OpenFlow 1.2 has it: with a bit that says that there is a VLAN. */
const vlanVid = field("vlan_vid");
const PRESENT = 0x1000;

/** Open vSwitch's hash of those of the fields that the packet has; they are looked at, and whether it has them. */
export function hashFields(ctx: TranslationContext, fields: readonly HashedField[], parameter: bigint): number {
  const { flow, mask } = ctx;
  let hash = murmurAdd(murmurAdd(0, Number(parameter & 0xffffffffn)), Number(parameter >> 32n));
  hash = murmurFinish(hash, 8);
  for (const { field: hashed, mask: bits } of fields) {
    unwildcardPrerequisite(mask, hashed.prerequisite, flow);
    if (!prerequisiteHolds(hashed.prerequisite, flow)) continue;
    const seen = bits & ((1n << BigInt(hashed.bits)) - 1n) & (hashed === nwTos ? DSCP : bits);
    setFieldBig(mask, hashed, getFieldBig(mask, hashed) | seen);
    let value = getFieldBig(flow, hashed) & seen;
    if (hashed === vlanVid && (flow[W.vlan0]! & PRESENT) !== 0) value |= BigInt(PRESENT);
    const bytes = new Uint8Array(hashed.bytes);
    for (let i = bytes.length - 1; i >= 0; i--) {
      bytes[i] = Number(value & 0xffn);
      value >>= 8n;
    }
    hash = murmurBytes(bytes, hash);
  }
  return hash;
}
