import { setBitsAt } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { fields } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6, prefixLength } from "#util/ip.js";
import { parseMac } from "#util/mac.js";
import { type MaskedValue, parseFieldText, parseRawFieldText, valueBits } from "./field-text.js";
import type { MatchBuilder } from "./match/match-builder.js";
import { quickInteger } from "./number-text.js";
import type { PortNames } from "./port-number.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "./protocol.js";
import { OF11 } from "./version.js";

/** Reads what stands behind `field=` into a match, and gives the protocols that can say it. Throws `UserError`. */
export type WordReader = (match: MatchBuilder, text: string, ports: PortNames) => ProtocolSet;

const ANY = ProtocolSets.any;
const TLVS = ProtocolSets.nxm | ProtocolSets.oxm;
const OPENFLOW11 = protocolsOfVersions(OF11, OF11);

/** The protocols that can say a field without a mask. */
export function exactProtocols(f: Field): ProtocolSet {
  const fixed = (f.of10 === "no" ? 0 : ProtocolSets.openflow10) | (f.of11 === "no" ? 0 : OPENFLOW11);
  return f.oxm.length + f.nxm.length === 0 && fixed === 0 ? ProtocolSets.none : TLVS | fixed;
}

/** Those that can say it with any mask. */
function maskedProtocols(f: Field): ProtocolSet {
  if (!f.maskable) return ProtocolSets.none;
  return TLVS | (f.of11 === "masked" ? OPENFLOW11 : 0);
}

/** The protocols that can say a field with this mask, of as many bits as the field has on the wire. */
export function fieldProtocols(f: Field, mask: bigint): ProtocolSet {
  if (f.tlv !== undefined) return TLVS;
  if (mask === 0n) return ANY;
  if (mask === (1n << BigInt(8 * f.bytes)) - 1n) return exactProtocols(f);
  const masked = maskedProtocols(f);
  return f.of10 === "cidr" && isPrefix(mask) ? masked | ProtocolSets.openflow10 : masked;
}

const isPrefix = (mask: bigint): boolean => prefixLength([Number(mask)]) !== undefined;

/** The reader of a field. */
export function wordReader(f: Field): WordReader {
  return readers[f.id]!;
}

/** Any field, by way of its value as one number. */
function anyReader(f: Field): WordReader {
  const ones = (1n << BigInt(valueBits(f))) - 1n;
  return (match, text, ports) => {
    const { value, mask } = parseRawFieldText(f, text, ports);
    match.set(f, { value: value & mask, mask: mask & ones });
    return fieldProtocols(f, mask);
  };
}

/** Tunnel metadata: `=value`, `=value/mask`, or nothing, which says that it is there. */
function tlvReader(f: Field): WordReader {
  const name = f.name;
  return (match, given, ports) => {
    const text = given === "" || given === "*" ? "0/0" : given;
    const found = parseFieldText(f, text, ports, true);
    setTunMetadata(match, f, found, text.includes("/"));
    return fieldProtocols(f, found.mask);
  };
  function setTunMetadata(match: MatchBuilder, { tlv }: Field, found: MaskedValue, masked: boolean): void {
    const length = byteLength(masked ? found.value | found.mask : found.value);
    reportTlv(match, name, match.setTunMetadata(tlv!, found, length, masked));
  }
}

/** Bytes of a number without zeros on the left. */
export function byteLength(value: bigint): number {
  return value === 0n ? 0 : Math.ceil(value.toString(16).length / 2);
}

/** Says in upstream's words what setting tunnel metadata came to. Throws `UserError`. */
export function reportTlv(
  match: MatchBuilder,
  name: string,
  outcome: ReturnType<MatchBuilder["setTunMetadata"]>,
): void {
  if (outcome === "twice") throw new UserError(`field ${name} set multiple times`);
  if (outcome === "long") throw new UserError(`${name}: value too large for the option that it is mapped to`);
  if (outcome !== "full") return;
  throw new UserError(
    `field ${name} exceeds maximum size for tunnel metadata (used ${match.tlvs?.used ?? 0}, max 256)`,
  );
}

/** Whole numbers without a mask, in the usual notations, of fields of at most 32 bits: nearly all there are. */
function integerReader(f: Field): WordReader {
  const slow = anyReader(f);
  const exact = exactProtocols(f);
  const limit = 2 ** (8 * f.bytes);
  const ones = f.bits === 32 ? 0xffffffff : 2 ** f.bits - 1;
  const store = storeOf(f, ones);
  return (match, text, ports) => {
    const value = quickInteger(text);
    if (value < 0 || value >= limit) return slow(match, text, ports);
    store(match, value);
    return exact;
  };
}

function storeOf(f: Field, ones: number): (match: MatchBuilder, value: number) => void {
  switch (f.name) {
    case "dl_vlan":
      return (match, value) => match.setVlan10(value, true);
    case "vlan_vid":
      return (match, value) => match.setTci(value, 0x1fff);
    case "vlan_pcp":
    case "dl_vlan_pcp":
      return (match, value) => match.setPcp(value);
    case "nw_tos":
      return (match, value) => match.setTos(value, 0xff);
    default:
      return (match, value) => match.setBits(f, value, ones);
  }
}

/** As `integerReader`, of 64 bits and more. */
function wideReader(f: Field): WordReader {
  const slow = anyReader(f);
  const exact = exactProtocols(f);
  const last = f.word + f.words - 1;
  return (match, text, ports) => {
    const value = quickInteger(text);
    if (value < 0) return slow(match, text, ports);
    for (let w = f.word; w < last - 1; w++) match.key[w] = 0;
    match.key[last - 1] = value / 0x100000000;
    match.key[last] = value % 0x100000000;
    for (let w = f.word; w <= last; w++) match.mask[w] = 0xffffffff;
    return exact;
  };
}

function ethernetReader(f: Field): WordReader {
  const slow = anyReader(f);
  const exact = exactProtocols(f);
  return (match, text, ports) => {
    const mac = text.length <= 17 ? parseMac(text) : undefined;
    if (mac === undefined) return slow(match, text, ports);
    setBitsAt(match.key, f, 0, 32, (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!);
    setBitsAt(match.key, f, 32, 16, (mac[0]! << 8) | mac[1]!);
    setBitsAt(match.mask, f, 0, 32, 0xffffffff);
    setBitsAt(match.mask, f, 32, 16, 0xffff);
    return exact;
  };
}

/** The number behind an address's slash; undefined where that is not a prefix length. */
function prefixAfter(text: string, slash: number, longest: number): number | undefined {
  const length = quickInteger(text.slice(slash + 1));
  return length < 0 || length > longest || text.charCodeAt(slash + 2) === 0x78 ? undefined : length;
}

function ipv4Reader(f: Field): WordReader {
  const slow = anyReader(f);
  const exact = exactProtocols(f);
  const prefixed = maskedProtocols(f) | (f.of10 === "cidr" ? ProtocolSets.openflow10 : 0);
  return (match, text, ports) => {
    const slash = text.indexOf("/");
    const address = parseIpv4(slash < 0 ? text : text.slice(0, slash));
    const length = slash < 0 ? 32 : prefixAfter(text, slash, 32);
    if (address === undefined || length === undefined || length === 0) return slow(match, text, ports);
    const mask = ~0 << (32 - length);
    match.key[f.word] = address & mask;
    match.mask[f.word] = mask;
    return length === 32 ? exact : prefixed;
  };
}

function ipv6Reader(f: Field): WordReader {
  const slow = anyReader(f);
  const protocols = exactProtocols(f);
  return (match, text, ports) => {
    const slash = text.indexOf("/");
    const address = parseIpv6(slash < 0 ? text : text.slice(0, slash));
    const length = slash < 0 ? 128 : prefixAfter(text, slash, 128);
    if (address === undefined || length === undefined || length === 0) return slow(match, text, ports);
    for (let i = 0; i < 4; i++) {
      const left = Math.min(32, Math.max(0, length - 32 * i));
      const mask = left === 0 ? 0 : ~0 << (32 - left);
      match.key[f.word + i] = address[i]! & mask;
      match.mask[f.word + i] = mask;
    }
    return protocols;
  };
}

function portReader(f: Field): WordReader {
  const slow = anyReader(f);
  const exact = exactProtocols(f);
  return (match, text, ports) => {
    const port = quickInteger(text);
    if (port < 0 || port > 0xfeff || text.charCodeAt(1) === 0x78) return slow(match, text, ports);
    if (f.word === W.inPort) match.setInPort(port);
    else match.setBits(f, port, 0xffffffff);
    return exact;
  };
}

function readerOf(f: Field): WordReader {
  if (f.tlv !== undefined) return tlvReader(f);
  switch (f.format) {
    case "decimal":
    case "hexadecimal":
      return f.bits <= 32 ? integerReader(f) : wideReader(f);
    case "ethernet":
      return ethernetReader(f);
    case "ipv4":
      return ipv4Reader(f);
    case "ipv6":
      return ipv6Reader(f);
    case "of10Port":
    case "of11Port":
      return portReader(f);
    default:
      return anyReader(f);
  }
}

const readers: readonly WordReader[] = fields.map(readerOf);
