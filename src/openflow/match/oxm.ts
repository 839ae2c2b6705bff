import { getFieldBig, isFieldExact, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { type Match, newMatch } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { u16 } from "#util/big-endian.js";
import { readFieldId, versionCodepoint, writeFieldId } from "../actions/field-id.js";
import { valueBits } from "../field-text.js";
import { setMatchField } from "../match-parse.js";
import { OfpError } from "../ofp-error.js";
import { portFrom32, portTo32 } from "../port-number.js";
import { OF12, OF15, type Version } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import * as order from "./field-order.js";

const [inPort, inPortOxm, vlanTci, vlanVid, vlanPcp, actsetOutput, dscp, nwTos] = [
  "in_port",
  "in_port_oxm",
  "vlan_tci",
  "vlan_vid",
  "vlan_pcp",
  "actset_output",
  "ip_dscp",
  "nw_tos",
].map(field) as [Field, Field, Field, Field, Field, Field, Field, Field];

/** True for fields whose values on the wire are 32-bit port numbers. */
const isPort32 = (f: Field): boolean => f.format === "of11Port";

/** Fields with bits on the wire that nobody can match, so that the mask is never whole. */
const hasNamelessBits: ReadonlySet<string> = new Set(["tun_flags", "ct_state"]);

const VID_BITS = 0xfff | VLAN_PRESENT;

/** Writes one field of a match: class:16 field:7 mask:1 length:8, value, and a mask where it is not whole. */
function writeTlv(f: Field, value: bigint, mask: bigint, version: Version, w: WireWriter): void {
  const whole = (1n << BigInt(f === vlanVid ? 13 : f.bits)) - 1n;
  const hasMask = mask !== whole || hasNamelessBits.has(f.name);
  writeFieldId(versionCodepoint(f, version), hasMask, hasMask ? 2 * f.bytes : f.bytes, w);
  w.big(value, f.bytes);
  if (hasMask) w.big(mask, f.bytes);
}

class MatchWriter {
  readonly #match: Match;
  readonly #version: Version;
  readonly #w: WireWriter;

  constructor(match: Match, version: Version, w: WireWriter) {
    this.#match = match;
    this.#version = version;
    this.#w = w;
  }

  all(): void {
    const { key, mask } = this.#match;
    // Before OpenFlow 1.2 every packet is an Ethernet frame, and there is no saying so.
    const saysType = this.#version >= OF12 || key[W.packetType] !== 0;
    this.#fields(saysType ? order.beforeVlan : order.beforeVlan.slice(1));
    this.#inPort();
    this.#port(actsetOutput);
    this.#fields(order.layer2);
    this.#vlan();
    const type = isFieldExact(mask, field("eth_type")) ? key[W.ethType]! : 0;
    const isMpls = type === 0x8847 || type === 0x8848;
    this.#fields(isMpls ? order.behindVlan : order.behindVlan.filter((f) => f.prerequisite !== "mpls"));
    if (type === 0x0800) this.#ip(order.ipv4Addresses, 1, order.icmp);
    else if (type === 0x86dd) this.#ip(order.ipv6Addresses, 58, order.icmpv6);
    else if (type === 0x0806 || type === 0x8035) this.#fields(order.arp);
    this.#fields(order.tunnel);
    this.#registers();
    this.#fields(order.behindRegisters);
  }

  #fields(list: readonly Field[]): void {
    for (const f of list) {
      if (isFieldZero(this.#match.mask, f)) continue;
      if (f === dscp && this.#version < OF12) this.#tos();
      else writeTlv(f, getFieldBig(this.#match.key, f), getFieldBig(this.#match.mask, f), this.#version, this.#w);
    }
  }

  #inPort(): void {
    if (this.#version >= OF12) this.#port(inPortOxm);
    else this.#fields([inPort]);
  }

  /** NXM has the DSCP bits where they are in the header. */
  #tos(): void {
    writeTlv(nwTos, getFieldBig(this.#match.key, dscp) << 2n, 0xffn, this.#version, this.#w);
  }

  #port(f: Field): void {
    if (isFieldZero(this.#match.mask, f)) return;
    const port = BigInt(portTo32(Number(getFieldBig(this.#match.key, f))));
    writeTlv(f, port, 0xffffffffn, this.#version, this.#w);
  }

  #vlan(): void {
    const tci = this.#match.key[W.vlan0]! & 0xffff;
    const mask = this.#match.mask[W.vlan0]! & 0xffff;
    if (mask === 0) return;
    const write = (f: Field, value: number, bits: number): void =>
      writeTlv(f, BigInt(value), BigInt(bits), this.#version, this.#w);
    if (this.#version < OF12) write(vlanTci, tci, mask);
    else if (mask === 0xffff && tci === 0) write(vlanVid, 0, VID_BITS);
    else {
      if ((mask & VID_BITS) !== 0) write(vlanVid, tci & VID_BITS, mask & VID_BITS);
      if (mask >>> 13 !== 0) write(vlanPcp, tci >>> 13, 7);
    }
  }

  #ip(addresses: readonly Field[], icmpProtocol: number, icmp: readonly Field[]): void {
    this.#fields(addresses);
    this.#fields(order.ipHeader);
    const { key, mask } = this.#match;
    if (!isFieldExact(mask, field("nw_proto"))) return;
    const protocol = key[W.nw]! & 0xff;
    this.#fields(protocol === icmpProtocol ? icmp : (order.transport[protocol] ?? []));
  }

  /** Since OpenFlow 1.5 two registers go in one. */
  #registers(): void {
    const wide = this.#version >= OF15;
    this.#fields(Array.from({ length: wide ? 8 : 16 }, (_, i) => field(wide ? `xreg${i}` : `reg${i}`)));
  }
}

/** Writes a match as TLVs: OXM since OpenFlow 1.2, NXM before. Fields without their prerequisites are left out. */
export function encodeOxm(match: Match, version: Version, w: WireWriter): void {
  new MatchWriter(match, version, w).all();
}

/** Whether unknown fields of a match are an error (`OFPBMC_BAD_FIELD`), or passed over. */
export interface OxmOptions {
  readonly strict: boolean;
}

/** A flow's cookie among a match's TLVs: NXM_NX_COOKIE. */
export interface MaskedCookie {
  readonly cookie: bigint;
  readonly mask: bigint;
}

/** Reads TLVs to the reader's end. Throws `OfpError` with the errors of OFPET_BAD_MATCH. */
export function decodeOxm(r: WireReader, { strict }: OxmOptions = { strict: true }): Match {
  const match = newMatch();
  while (r.left > 0) decodeTlv(r, match, strict);
  return match;
}

/** As `decodeOxm`, where a cookie may be among the TLVs. */
export function decodeOxmWithCookie(
  r: WireReader,
  { strict }: OxmOptions = { strict: true },
): { readonly match: Match; readonly cookie: MaskedCookie | undefined } {
  const match = newMatch();
  let cookie: MaskedCookie | undefined;
  while (r.left > 0) {
    if (!isCookie(r)) decodeTlv(r, match, strict);
    else if (cookie === undefined) cookie = decodeCookie(r);
    else throw new OfpError("OFPBMC_DUP_FIELD");
  }
  return { match, cookie };
}

const COOKIE_CLASS = 1;
const COOKIE_FIELD = 30;
const ALL_64 = 0xffffffffffffffffn;

function isCookie({ left, bytes, at }: WireReader): boolean {
  return left >= 4 && u16(bytes, at) === COOKIE_CLASS && bytes[at + 2]! >> 1 === COOKIE_FIELD;
}

function decodeCookie(r: WireReader): MaskedCookie {
  r.skip(2);
  const hasMask = (r.u8() & 1) !== 0;
  const length = r.u8();
  if (length > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  if (length !== (hasMask ? 16 : 8)) throw new OfpError("OFPBMC_BAD_FIELD");
  const cookie = r.u64();
  const mask = hasMask ? r.u64() : ALL_64;
  if ((cookie & ~mask) !== 0n) throw new OfpError("OFPBMC_BAD_WILDCARDS");
  return { cookie, mask };
}

/** Writes a cookie as a TLV; none where its mask is 0. */
export function encodeCookie({ cookie, mask }: MaskedCookie, w: WireWriter): void {
  if (mask === 0n) return;
  const hasMask = mask !== ALL_64;
  w.u16(COOKIE_CLASS).u8((COOKIE_FIELD << 1) | (hasMask ? 1 : 0));
  w.u8(hasMask ? 16 : 8).u64(cookie & mask);
  if (hasMask) w.u64(mask);
}

function decodeTlv(r: WireReader, match: Match, strict: boolean): void {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const { field: f, hasMask, values } = readFieldId(r);
  if (values > r.left) throw new OfpError("OFPBMC_BAD_LEN");
  if (f === undefined || f.bits === 0) {
    if (strict || f !== undefined) throw new OfpError("OFPBMC_BAD_FIELD");
    r.skip(values);
    return;
  }
  // A field's length is part of its name.
  if (values !== (hasMask ? 2 : 1) * f.bytes) throw new OfpError("OFPBMC_BAD_FIELD", f.name);
  const wire = r.big(f.bytes);
  const mask = hasMask ? r.big(f.bytes) : (1n << BigInt(valueBits(f))) - 1n;
  const value = portValue(f, wire);
  if (hasMask && !f.maskable && mask !== (1n << BigInt(8 * f.bytes)) - 1n)
    throw new OfpError("OFPBMC_BAD_MASK", f.name);
  if (!hasMask && value >= 1n << BigInt(valueBits(f))) throw new OfpError("OFPBMC_BAD_VALUE", f.name);
  if (hasMask && (value & ~mask) !== 0n) throw new OfpError("OFPBMC_BAD_WILDCARDS", f.name);
  if (!prerequisiteHolds(f.prerequisite, match.key)) throw new OfpError("OFPBMC_BAD_PREREQ", f.name);
  if (isThere(match, f)) throw new OfpError("OFPBMC_DUP_FIELD", f.name);
  setMatchField(match, f, { value, mask });
}

function portValue(f: Field, wire: bigint): bigint {
  if (!isPort32(f)) return wire;
  const port = portFrom32(Number(wire));
  if (port === undefined) throw new OfpError("OFPBMC_BAD_VALUE", f.name);
  return BigInt(port);
}

/** True where the match says something of the field already. */
function isThere(match: Match, f: Field): boolean {
  return !isFieldZero(match.mask, f === nwTos ? dscp : f);
}
