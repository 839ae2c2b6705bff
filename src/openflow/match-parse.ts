import { setField, setFieldBig, setFieldBytes, unwildcard } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field, fieldByName } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { applyMask, type Match, newMatch } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import { parseMac } from "#util/mac.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { TCP_FLAG_NAMES } from "#wire/transport.js";
import { OFPP } from "./port-number.js";

/** How a match is read. */
export interface MatchParseOptions {
  /** The OpenFlow port of this name. */
  readonly portNumber?: (name: string) => number | undefined;
}

/** Words that stand for Ethernet type and IP protocol. */
const shorthands: ReadonlyMap<string, readonly [number, number?]> = new Map([
  ["eth", [0]],
  ["ip", [EtherType.ipv4]],
  ["ipv4", [EtherType.ipv4]],
  ["ipv6", [EtherType.ipv6]],
  ["icmp", [EtherType.ipv4, IpProtocol.icmp]],
  ["icmp6", [EtherType.ipv6, IpProtocol.icmpv6]],
  ["tcp", [EtherType.ipv4, IpProtocol.tcp]],
  ["tcp6", [EtherType.ipv6, IpProtocol.tcp]],
  ["udp", [EtherType.ipv4, IpProtocol.udp]],
  ["udp6", [EtherType.ipv6, IpProtocol.udp]],
  ["sctp", [EtherType.ipv4, IpProtocol.sctp]],
  ["sctp6", [EtherType.ipv6, IpProtocol.sctp]],
  ["arp", [EtherType.arp]],
  ["rarp", [EtherType.rarp]],
  ["mpls", [EtherType.mpls]],
  ["mplsm", [EtherType.mplsMulticast]],
]);

/** Names of older OpenFlow whose field depends on the packet. */
const byProtocol: Readonly<Record<string, readonly string[]>> = {
  tp_src: ["tcp_src", "udp_src", "sctp_src"],
  tp_dst: ["tcp_dst", "udp_dst", "sctp_dst"],
  icmp_type: ["icmp_type", "icmpv6_type"],
  icmp_code: ["icmp_code", "icmpv6_code"],
  nw_src: ["ip_src", "arp_spa"],
  nw_dst: ["ip_dst", "arp_tpa"],
};

/**
 * Reads a match as ovs-ofctl(8) has it: `field=value[/mask]` and protocol names, between commas or spaces. Throws `UserError` with what
 * is wrong, e.g. `unknown field foo`.
 */
export function parseMatch(text: string, options: MatchParseOptions = {}): Match {
  const match = newMatch();
  const words = text.split(/[\s,]+/).filter((w) => w !== "");
  // What others depend on first, so that the order of words does not matter.
  for (const word of words) if (!word.includes("=")) shorthand(match, word);
  for (const word of words) if (word.includes("=")) assignment(match, word, options);
  applyMask(match.key, match.mask);
  return match;
}

function shorthand(match: Match, word: string): void {
  const meaning = shorthands.get(word);
  if (!meaning) throw new UserError(fieldByName(word) ? `field ${word} missing value` : `unknown field ${word}`);
  const [type, proto] = meaning;
  if (type !== 0) exact(match, field("eth_type"), type);
  if (proto !== undefined) exact(match, field("nw_proto"), proto);
}

function exact(match: Match, f: Field, value: number): void {
  setField(match.key, f, value);
  unwildcard(match.mask, f);
}

function assignment(match: Match, word: string, options: MatchParseOptions): void {
  const at = word.indexOf("=");
  const [name, value] = [word.slice(0, at), word.slice(at + 1)];
  const wanted = byProtocol[name];
  const found = wanted
    ? wanted.map((n) => field(n)).find((f) => prerequisiteHolds(f.prerequisite, match.key))
    : fieldByName(name);
  if (!found) throw new UserError(wanted ? `prerequisites not met for setting ${name}` : `unknown field ${name}`);
  if (name === "in_port" && setPort(match, value, options)) return;
  if (name === "nw_tos" && /^\d+$/.test(value) && Number(value) < 256 && Number(value) % 4 === 0) {
    exact(match, field("ip_dscp"), Number(value) / 4);
    return;
  }
  const [plain, mask] = value.split("/", 2);
  setValue(match, found, name, plain!, mask);
  if (found.name.startsWith("dl_vlan") || found.name.startsWith("vlan_")) markTag(match);
}

/** A field of a VLAN header says that there is one. */
function markTag(match: Match): void {
  match.key[W.vlan0] = match.key[W.vlan0]! | 0x81000000 | VLAN_PRESENT;
  match.mask[W.vlan0] = match.mask[W.vlan0]! | 0xffff0000 | VLAN_PRESENT;
}

function setPort(match: Match, value: string, { portNumber }: MatchParseOptions): boolean {
  const upper = value.toUpperCase();
  const number =
    portNumber?.(value) ?? (upper === "LOCAL" ? OFPP.local : upper === "CONTROLLER" ? OFPP.controller : undefined);
  if (number !== undefined) exact(match, field("in_port"), number);
  return number !== undefined;
}

function setValue(match: Match, f: Field, name: string, text: string, mask: string | undefined): void {
  if (!setText(match.key, f, text)) throw new UserError(`${text}: invalid value for ${name}`);
  if (mask === undefined) unwildcard(match.mask, f);
  else if (/^\d+$/.test(mask) && (f.format === "ipv4" || f.format === "ipv6")) setPrefix(match, f, Number(mask));
  else if (!setText(match.mask, f, mask)) throw new UserError(`${text}/${mask}: invalid mask for ${name}`);
}

function setPrefix(match: Match, f: Field, length: number): void {
  const ones = (1n << BigInt(f.bits)) - 1n;
  setFieldBig(match.mask, f, ones & ~(ones >> BigInt(Math.min(length, f.bits))));
}

/** Writes a value in the field's own notation; false where the text is none. */
function setText(key: Uint32Array, f: Field, text: string): boolean {
  switch (f.format) {
    case "ethernet": {
      const mac = parseMac(text);
      if (mac) setFieldBytes(key, f, mac);
      return mac !== undefined;
    }
    case "ipv4": {
      const address = parseIpv4(text);
      if (address !== undefined) setField(key, f, address >>> 0);
      return address !== undefined;
    }
    case "ipv6": {
      const address = parseIpv6(text);
      if (address) for (let i = 0; i < 4; i++) key[f.word + i] = address[i]!;
      return address !== undefined;
    }
    case "frag": {
      const value = { no: 0, first: 1, later: 3, yes: 1 }[text];
      if (value !== undefined) setField(key, f, value);
      return value !== undefined;
    }
    case "tcpFlags":
      if (!/^[a-z|]+$/.test(text)) return setNumber(key, f, text);
      return setFlags(key, f, text.split("|"));
    default:
      return setNumber(key, f, text);
  }
}

function setFlags(key: Uint32Array, f: Field, names: readonly string[]): boolean {
  const bits = names.map((n) => TCP_FLAG_NAMES.indexOf(n));
  if (bits.includes(-1)) return false;
  setField(
    key,
    f,
    bits.reduce((all, bit) => all | (1 << bit), 0),
  );
  return true;
}

function setNumber(key: Uint32Array, f: Field, text: string): boolean {
  if (!/^(\d+|0[xX][0-9a-fA-F]+)$/.test(text)) return false;
  const value = BigInt(text);
  if (value >= 1n << BigInt(f.bits)) return false;
  setFieldBig(key, f, value);
  return true;
}
