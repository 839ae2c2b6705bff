import { unwildcard } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { applyMask, type Match, newMatch } from "#flow/match.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import { narrowIcmp, setAddresses, setVlanTci, writeAddresses } from "./fixed-parts.js";

/** Length of `ofp10_match`. */
export const OFP10_MATCH_LENGTH = 40;

/** OFPFW10_*: what does not matter. */
const Wild = {
  inPort: 1 << 0,
  vlan: 1 << 1,
  ethSrc: 1 << 2,
  ethDst: 1 << 3,
  ethType: 1 << 4,
  proto: 1 << 5,
  tpSrc: 1 << 6,
  tpDst: 1 << 7,
  pcp: 1 << 20,
  tos: 1 << 21,
} as const;

/** Bits of an address that do not matter, from the least significant: 6 bits from this one, 32 and more being all. */
const SRC_BITS = 8;
const DST_BITS = 14;

const NO_VLAN = 0xffff;

const [ethSrc, ethDst] = [field("eth_src"), field("eth_dst")] as [Field, Field];

const prefixMask = (wild: number): number => (wild >= 32 ? 0 : wild === 0 ? 0xffffffff : (~0 << wild) >>> 0);

/**
 * Reads OpenFlow 1.0's `ofp_match`, 40 bytes: wildcards:32, in_port:16, dl_src:48, dl_dst:48, dl_vlan:16, dl_vlan_pcp:8, 0:8, dl_type:16,
 * nw_tos:8, nw_proto:8, 0:16, nw_src:32, nw_dst:32, tp_src:16, tp_dst:16. Any bytes are a match; fields without their prerequisites
 * are in it until `normalizeMatch` drops them.
 */
export function decodeOfp10Match(r: WireReader): Match {
  const match = newMatch();
  const { key, mask } = match;
  const wild = r.u32();
  const says = (bit: number): boolean => (wild & bit) === 0;
  key[W.inPort] = r.u16();
  if (says(Wild.inPort)) mask[W.inPort] = 0xffff;
  const at = r.at;
  r.skip(12);
  setAddresses(key, r.bytes, at + 6, at);
  if (says(Wild.ethSrc)) unwildcard(mask, ethSrc);
  if (says(Wild.ethDst)) unwildcard(mask, ethDst);
  const [vlan, pcp] = [r.u16(), r.u8()];
  r.skip(1);
  if (says(Wild.vlan) && vlan === NO_VLAN) setVlanTci(match, 0, 0xffff);
  else {
    if (says(Wild.vlan)) setVlanTci(match, VLAN_PRESENT | (vlan & 0xfff), VLAN_PRESENT | 0xfff);
    if (says(Wild.pcp)) setVlanTci(match, VLAN_PRESENT | ((pcp & 7) << 13), VLAN_PRESENT | 0xe000);
  }
  key[W.ethType] = r.u16();
  if (says(Wild.ethType)) mask[W.ethType] = 0xffff;
  const [tos, proto] = [r.u8(), r.u8()];
  r.skip(2);
  key[W.nw] = ((tos & 0xfc) << 16) | proto;
  mask[W.nw] = (says(Wild.tos) ? 0xfc0000 : 0) | (says(Wild.proto) ? 0xff : 0);
  key[W.nwSrc] = r.u32();
  key[W.nwDst] = r.u32();
  mask[W.nwSrc] = prefixMask((wild >>> SRC_BITS) & 0x3f);
  mask[W.nwDst] = prefixMask((wild >>> DST_BITS) & 0x3f);
  key[W.tp] = r.u32();
  mask[W.tp] = (says(Wild.tpSrc) ? 0xffff0000 : 0) | (says(Wild.tpDst) ? 0xffff : 0);
  narrowIcmp(match);
  applyMask(key, mask);
  return match;
}

/** How many low bits of an address do not matter: those below the lowest that does. */
function wildBits(mask: number): number {
  return mask === 0 ? 32 : 31 - Math.clz32(mask & -mask);
}

/**
 * Writes a match as OpenFlow 1.0's `ofp_match`: the nearest to it that this can say. Fields that it has no place for, and masks, are left out
 * (`matchProtocols` says whether any are).
 */
export function encodeOfp10Match({ key, mask }: Match, w: WireWriter): void {
  let wild = (wildBits(mask[W.nwSrc]!) << SRC_BITS) | (wildBits(mask[W.nwDst]!) << DST_BITS);
  const say = (there: boolean, bit: number): boolean => {
    if (!there) wild |= bit;
    return there;
  };
  const nw = mask[W.nw]!;
  const port = say(mask[W.inPort] !== 0, Wild.inPort) ? key[W.inPort]! : 0;
  say((mask[W.eth]! | (mask[W.eth + 1]! >>> 16)) !== 0, Wild.ethDst);
  say(((mask[W.eth + 1]! & 0xffff) | mask[W.eth + 2]!) !== 0, Wild.ethSrc);
  const ethType = say(mask[W.ethType] !== 0, Wild.ethType) ? key[W.ethType]! : 0;
  const tos = say((nw & 0xfc0000) !== 0, Wild.tos) ? (key[W.nw]! >>> 16) & 0xfc : 0;
  const proto = say((nw & 0xff) !== 0, Wild.proto) ? key[W.nw]! & 0xff : 0;
  say(mask[W.tp]! >>> 16 !== 0, Wild.tpSrc);
  say((mask[W.tp]! & 0xffff) !== 0, Wild.tpDst);
  const tciMask = mask[W.vlan0]! & 0xffff;
  const tci = key[W.vlan0]! & tciMask;
  let [vlan, pcp] = [0, 0];
  if (tciMask === 0) wild |= Wild.vlan | Wild.pcp;
  else if ((tciMask & VLAN_PRESENT) !== 0 && (tci & VLAN_PRESENT) === 0) vlan = NO_VLAN;
  else {
    if (say((tciMask & 0xfff) !== 0, Wild.vlan)) vlan = tci & 0xfff;
    if (say(tciMask >>> 13 !== 0, Wild.pcp)) pcp = tci >>> 13;
  }
  w.u32(wild).u16(port);
  writeAddresses(key, mask, w);
  w.u16(vlan).u8(pcp).u8(0).u16(ethType).u8(tos).u8(proto).u16(0);
  w.u32(key[W.nwSrc]! & mask[W.nwSrc]!)
    .u32(key[W.nwDst]! & mask[W.nwDst]!)
    .u32(key[W.tp]! & mask[W.tp]!);
}
