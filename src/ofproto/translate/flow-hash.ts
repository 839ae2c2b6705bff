import { getFieldBig, setFieldBig } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import { prerequisiteHolds, unwildcardPrerequisite } from "#flow/prerequisites.js";
import type { HashedField } from "#openflow/messages/group/selection.js";
import { put16, put32 } from "#util/big-endian.js";
import { lookup3 } from "#util/lookup3.js";
import { murmurAdd, murmurBytes, murmurFinish } from "#util/murmur-hash.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "./context.js";

/** Its value is without the two bits of ECN. */
const nwTos = field("nw_tos");
const DSCP = 0xfcn;
/** As OpenFlow 1.2 has it: with a bit that says that there is a VLAN. */
const vlanVid = field("vlan_vid");
const VID = 0xfff;
const PRESENT = 0x1000;

/**
 * Open vSwitch's hash of a packet's addresses, VLANs, protocol and ports that is the same in both directions; each of these is looked at.
 */
export function hashSymmetric(ctx: TranslationContext): number {
  const { flow, mask } = ctx;
  const type = flow[W.ethType]!;
  const protocol = flow[W.nw]! & 0xff;
  const hashed = new Uint8Array(32);
  for (let i = 0; i < 3; i++) mask[W.eth + i] = 0xffffffff;
  for (let i = 0; i < 2; i++) if (flow[W.vlan0 + i] !== 0) mask[W.vlan0 + i] = mask[W.vlan0 + i]! | PRESENT | VID;
  const [from, to, words] = type === EtherType.ipv6 ? [W.ipv6Src, W.ipv6Dst, 4] : [W.nwSrc, W.nwDst, 1];
  const isIp = type === EtherType.ipv4 || type === EtherType.ipv6;
  if (isIp) {
    mask[W.nw] = mask[W.nw]! | 0xff;
    hashed[28] = protocol;
    for (let i = 0; i < words; i++) {
      mask[from + i] = mask[to + i] = 0xffffffff;
      put32(hashed, 4 * i, (flow[from + i]! ^ flow[to + i]!) >>> 0);
    }
    const hasPorts = protocol === IpProtocol.tcp || protocol === IpProtocol.sctp;
    if (hasPorts || type === EtherType.ipv6) mask[W.tp] = 0xffffffff;
    if (hasPorts) put16(hashed, 20, (flow[W.tp]! >>> 16) ^ (flow[W.tp]! & 0xffff));
  }
  put16(hashed, 16, type);
  put16(hashed, 18, (flow[W.vlan0]! ^ flow[W.vlan0 + 1]!) & VID);
  const [a, b, c] = [flow[W.eth]!, flow[W.eth + 1]!, flow[W.eth + 2]!];
  put32(hashed, 22, (a ^ ((b << 16) | (c >>> 16))) >>> 0);
  put16(hashed, 26, (b >>> 16) ^ (c & 0xffff));
  return lookup3(hashed, 0);
}

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
