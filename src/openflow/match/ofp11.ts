import { VLAN_PRESENT, W } from "#flow/layout.js";
import { applyMask, type Match, newMatch } from "#flow/match.js";
import { u16, u32 } from "#util/big-endian.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { OfpError } from "../ofp-error.js";
import { demandPort32, portTo32 } from "../port-number.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import { narrowIcmp, setVlanTci } from "./fixed-parts.js";

/** Length of OFPMT_STANDARD, type and length included. */
export const OFP11_MATCH_LENGTH = 88;

/** OFPFW11_*: what does not matter. */
const Wild = {
  inPort: 1 << 0,
  vlan: 1 << 1,
  pcp: 1 << 2,
  ethType: 1 << 3,
  tos: 1 << 4,
  proto: 1 << 5,
  tpSrc: 1 << 6,
  tpDst: 1 << 7,
  mplsLabel: 1 << 8,
  mplsTc: 1 << 9,
} as const;

/** dl_vlan: any header, or none. */
const ANY_VLAN = 0xfffe;
const NO_VLAN = 0xffff;

const MPLS_LABEL = 0xfffff000;
const MPLS_TC = 0xe00;

const isMpls = (type: number): boolean => type === EtherType.mpls || type === EtherType.mplsMulticast;
const isArp = (type: number): boolean => type === EtherType.arp || type === EtherType.rarp;

/**
 * Reads OpenFlow 1.1's OFPMT_STANDARD behind type and length, 84 bytes: in_port:32, wildcards:32, dl_src:48, its mask, dl_dst:48, its mask,
 * dl_vlan:16, dl_vlan_pcp:8, 0:8, dl_type:16, nw_tos:8, nw_proto:8, nw_src:32, its mask, nw_dst:32, its mask, tp_src:16, tp_dst:16,
 * mpls_label:32, mpls_tc:8, 0:24, metadata:64, its mask. One bits of masks do not matter. What the type and protocol do not have is passed
 * over. Throws OFPBMC_BAD_VALUE and OFPBMC_BAD_FIELD.
 */
export function decodeOfp11Match(r: WireReader): Match {
  const match = newMatch();
  const { key, mask } = match;
  const port = r.u32();
  const wild = r.u32();
  const says = (bit: number): boolean => (wild & bit) === 0;
  if (says(Wild.inPort)) {
    key[W.inPort] = demandPort32(port, "OFPBMC_BAD_VALUE");
    mask[W.inPort] = 0xffff;
  }
  const at = r.at;
  r.skip(24);
  ethernet(key, r.bytes, at, at + 12, 0);
  ethernet(mask, r.bytes, at + 6, at + 18, 0xffffffff);
  const [vlan, pcp] = [r.u16(), r.u8()];
  r.skip(1);
  if (says(Wild.vlan)) setVlan(match, vlan, says(Wild.pcp) ? pcp : undefined);
  const type = r.u16();
  const [tos, proto] = [r.u8(), r.u8()];
  const nw = [r.u32(), r.u32(), r.u32(), r.u32()] as const;
  const [tpSrc, tpDst] = [r.u16(), r.u16()];
  const [label, tc] = [r.u32(), r.u8()];
  r.skip(3);
  [key[W.metadata], key[W.metadata + 1]] = [r.u32(), r.u32()];
  [mask[W.metadata], mask[W.metadata + 1]] = [~r.u32(), ~r.u32()];
  if (says(Wild.ethType)) {
    key[W.ethType] = type;
    mask[W.ethType] = 0xffff;
    const isIp = type === EtherType.ipv4;
    if (isIp && says(Wild.tos)) {
      if ((tos & 3) !== 0) throw new OfpError("OFPBMC_BAD_VALUE", "nw_tos");
      key[W.nw] = tos << 16;
      mask[W.nw] = 0xfc0000;
    }
    if (isIp || isArp(type)) {
      [key[W.nwSrc], key[W.nwDst]] = [nw[0], nw[2]];
      [mask[W.nwSrc], mask[W.nwDst]] = [~nw[1], ~nw[3]];
      if (says(Wild.proto)) {
        key[W.nw] = key[W.nw]! | proto;
        mask[W.nw] = mask[W.nw]! | 0xff;
        if (isIp) setPorts(match, proto, says(Wild.tpSrc) ? tpSrc : undefined, says(Wild.tpDst) ? tpDst : undefined);
      }
    } else if (isMpls(type)) {
      key[W.mpls] = (label << 12) | ((tc & 7) << 9);
      mask[W.mpls] = (says(Wild.mplsLabel) ? MPLS_LABEL : 0) | (says(Wild.mplsTc) ? MPLS_TC : 0);
    }
  }
  applyMask(key, mask);
  return match;
}

/** Sets source and destination from 6 bytes each, or their complement. */
function ethernet(words: Uint32Array, bytes: Uint8Array, src: number, dst: number, xor: number): void {
  words[W.eth] = u32(bytes, dst) ^ xor;
  words[W.eth + 1] = (u16(bytes, dst + 4) * 0x10000 + u16(bytes, src)) ^ xor;
  words[W.eth + 2] = u32(bytes, src + 2) ^ xor;
}

function setVlan(match: Match, vlan: number, pcp: number | undefined): void {
  if (vlan === NO_VLAN) {
    setVlanTci(match, 0, 0xffff);
    return;
  }
  if (vlan === ANY_VLAN) setVlanTci(match, VLAN_PRESENT, VLAN_PRESENT);
  else if (vlan > 0xfff) throw new OfpError("OFPBMC_BAD_VALUE", "dl_vlan");
  else setVlanTci(match, VLAN_PRESENT | vlan, VLAN_PRESENT | 0xfff);
  if (pcp === undefined) return;
  if (pcp > 7) throw new OfpError("OFPBMC_BAD_VALUE", "dl_vlan_pcp");
  setVlanTci(match, pcp << 13, 0xe000);
}

function setPorts(match: Match, proto: number, src: number | undefined, dst: number | undefined): void {
  const isIcmp = proto === IpProtocol.icmp;
  if (!isIcmp && proto !== IpProtocol.tcp && proto !== IpProtocol.udp && proto !== IpProtocol.sctp) return;
  if (isIcmp && ((src ?? 0) > 0xff || (dst ?? 0) > 0xff)) throw new OfpError("OFPBMC_BAD_FIELD", "icmp");
  match.key[W.tp] = ((src ?? 0) << 16) | (dst ?? 0);
  match.mask[W.tp] = (src === undefined ? 0 : 0xffff0000) | (dst === undefined ? 0 : 0xffff);
  narrowIcmp(match);
}

/**
 * Writes a match as OpenFlow 1.1's OFPMT_STANDARD behind type and length: the nearest to it that this can say. Fields that it has no
 * place for are left out (`matchProtocols` says whether any are).
 */
export function encodeOfp11Match({ key, mask }: Match, w: WireWriter): void {
  let wild = 0;
  const say = (there: boolean, bit: number): boolean => {
    if (!there) wild |= bit;
    return there;
  };
  const port = say(mask[W.inPort] !== 0, Wild.inPort) ? portTo32(key[W.inPort]!) : 0;
  const tciMask = mask[W.vlan0]! & 0xffff;
  const tci = key[W.vlan0]! & tciMask;
  let [vlan, pcp] = [0, 0];
  if (tciMask === 0) wild |= Wild.vlan | Wild.pcp;
  else if ((tciMask & VLAN_PRESENT) !== 0 && (tci & VLAN_PRESENT) === 0) {
    vlan = NO_VLAN;
    wild |= Wild.pcp;
  } else {
    vlan = (tciMask & 0xfff) !== 0 ? tci & 0xfff : ANY_VLAN;
    if (say(tciMask >>> 13 !== 0, Wild.pcp)) pcp = tci >>> 13;
  }
  const ethType = say(mask[W.ethType] !== 0, Wild.ethType) ? key[W.ethType]! : 0;
  const nw = mask[W.nw]!;
  const tos = say((nw & 0xfc0000) !== 0, Wild.tos) ? (key[W.nw]! >>> 16) & 0xfc : 0;
  const proto = say((nw & 0xff) !== 0, Wild.proto) ? key[W.nw]! & 0xff : 0;
  say(mask[W.tp]! >>> 16 !== 0, Wild.tpSrc);
  say((mask[W.tp]! & 0xffff) !== 0, Wild.tpDst);
  say((mask[W.mpls]! & MPLS_LABEL) !== 0, Wild.mplsLabel);
  say((mask[W.mpls]! & MPLS_TC) !== 0, Wild.mplsTc);
  const value = (word: number): number => (key[word]! & mask[word]!) >>> 0;
  const ignored = (word: number): number => ~mask[word]! >>> 0;
  w.u32(port).u32(wild);
  for (const get of [value, ignored]) w.u16(get(W.eth + 1) & 0xffff).u32(get(W.eth + 2));
  for (const get of [value, ignored]) w.u32(get(W.eth)).u16(get(W.eth + 1) >>> 16);
  w.u16(vlan).u8(pcp).u8(0).u16(ethType).u8(tos).u8(proto);
  for (const word of [W.nwSrc, W.nwDst]) w.u32(value(word)).u32(ignored(word));
  w.u32(value(W.tp));
  w.u32(value(W.mpls) >>> 12)
    .u8((value(W.mpls) & MPLS_TC) >>> 9)
    .zeros(3);
  for (const get of [value, ignored]) w.u32(get(W.metadata)).u32(get(W.metadata + 1));
}
