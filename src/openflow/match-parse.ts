import { getFieldBig, setField, setFieldBig, unwildcard } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field, fieldByName } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { applyMask, type Match, newMatch } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { UserError } from "#util/errors.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { type MaskedValue, parseFieldText } from "./field-text.js";
import { type KeyValue, parseKeyValues } from "./key-value.js";
import type { PortNames } from "./port-number.js";
import { parseSubfield } from "./subfield.js";

/** How a match is read. */
export type MatchParseOptions = Pick<PortNames, "portNumber">;

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

/** Names of older OpenFlow whose meaning depends on the packet's protocol. */
const byProtocol: Readonly<Record<string, readonly string[]>> = {
  tp_src: ["tcp_src", "udp_src", "sctp_src"],
  tp_dst: ["tcp_dst", "udp_dst", "sctp_dst"],
  icmp_type: ["icmp_type", "icmpv6_type"],
  icmp_code: ["icmp_code", "icmpv6_code"],
  nw_src: ["ip_src", "arp_spa"],
  nw_dst: ["ip_dst", "arp_tpa"],
};

/**
 * Reads a match as ovs-ofctl(8) has it: `field=value[/mask]` and protocol names, between commas or spaces. Fields without their
 * prerequisites are taken; `normalizeMatch` drops them. Throws `UserError` in ovs-ofctl's words, e.g. `unknown keyword foo`.
 */
export function parseFlowMatch(text: string, options: MatchParseOptions = {}): Match {
  const match = newMatch();
  for (const word of parseKeyValues(text)) {
    if (!addMatchWord(match, word, options)) throw new UserError(`unknown keyword ${word.key}`);
  }
  applyMask(match.key, match.mask);
  return match;
}

/**
 * Reads a packet's fields as `ofproto/trace` takes them. As `parseFlowMatch`, but a field without its prerequisites is an error; the order
 * of words does not matter.
 */
export function parseMatch(text: string, options: MatchParseOptions = {}): Match {
  const match = newMatch();
  const words = parseKeyValues(text);
  const isShorthand = (w: KeyValue): boolean => w.whole === w.key;
  for (const word of words.filter(isShorthand)) {
    if (!shorthands.has(word.key) && fieldByName(word.key) === undefined) {
      throw new UserError(`unknown field ${word.key}`);
    }
    if (word.key !== "eth") addMatchWord(match, word, options);
  }
  for (const word of words.filter((w) => !isShorthand(w))) {
    if (!hasPrerequisites(match, word.key)) throw new UserError(`prerequisites not met for setting ${word.key}`);
    if (!addMatchWord(match, word, options)) throw new UserError(`unknown field ${word.key}`);
  }
  if ((match.key[W.vlan0]! & VLAN_PRESENT) !== 0) {
    // A packet's tag has a type too.
    match.key[W.vlan0] = match.key[W.vlan0]! | (EtherType.vlan << 16);
    match.mask[W.vlan0] = match.mask[W.vlan0]! | 0xffff0000;
  }
  applyMask(match.key, match.mask);
  return match;
}

function hasPrerequisites(match: Match, name: string): boolean {
  const wanted = byProtocol[name];
  return wanted === undefined || wanted.some((n) => prerequisiteHolds(field(n).prerequisite, match.key));
}

/** Adds one word to a match, instead of what was said of the same bits before; false where it is no word of matches. */
function addMatchWord(match: Match, word: KeyValue, options: MatchParseOptions): boolean {
  const { key: name, value, whole } = word;
  if (whole === name) {
    addShorthand(match, name);
    return true;
  }
  if (name.includes("[")) {
    const subfield = parseSubfield(name);
    const shift = BigInt(subfield.start);
    const bits = parseFieldText({ ...subfield.field, bits: subfield.bits }, value, options);
    merge(match, subfield.field, { value: bits.value << shift, mask: bits.mask << shift });
    return true;
  }
  const found = onlyInSubfields.test(name) ? undefined : fieldByName(name);
  if (found !== undefined) setMatchField(match, found, parseFieldText(found, value, options));
  return found !== undefined;
}

/** Names on the wire are words only with brackets behind them. */
const onlyInSubfields = /^(NXM|OXM|NXOXM|ONFOXM|ERICOXM)_/;

function addShorthand(match: Match, name: string): void {
  const shorthand = shorthands.get(name);
  if (shorthand === undefined) throw new UserError(`field ${name} missing value`);
  const [type, protocol] = shorthand;
  if (type === 0) exact(match, field("packet_type"), 0);
  else exact(match, field("eth_type"), type);
  if (protocol !== undefined) exact(match, field("nw_proto"), protocol);
}

function exact(match: Match, f: Field, value: number): void {
  setField(match.key, f, value);
  unwildcard(match.mask, f);
}

function merge(match: Match, f: Field, { value, mask }: MaskedValue): void {
  setFieldBig(match.key, f, (getFieldBig(match.key, f) & ~mask) | value);
  setFieldBig(match.mask, f, getFieldBig(match.mask, f) | mask);
}

/** Writes a field of a match, with what it means beside its own bits: VLAN fields, IP fields of ARP, and DSCP. */
export function setMatchField(match: Match, f: Field, { value, mask }: MaskedValue): void {
  if (f.name === "vlan_vid" || f.name === "dl_vlan") setVlan(match, f.name, Number(value), Number(mask));
  else if (f.name === "nw_tos") setBits(match, field("ip_dscp"), { value: value >> 2n, mask: mask >> 2n });
  else {
    setBits(match, f, { value, mask });
    const saysTag = f.name.endsWith("vlan_pcp") && mask !== 0n;
    if (saysTag) setTci(match, VLAN_PRESENT, VLAN_PRESENT);
  }
}

function setTci(match: Match, tci: number, bits: number): void {
  match.key[W.vlan0] = (match.key[W.vlan0]! & ~bits) | (tci & bits);
  match.mask[W.vlan0] = match.mask[W.vlan0]! | bits;
}

function setBits(match: Match, f: Field, { value, mask }: MaskedValue): void {
  setFieldBig(match.key, f, value & mask);
  setFieldBig(match.mask, f, mask);
}

/** OpenFlow 1.0's VLAN IDs, of which 0xffff is a packet without a header, and 1.2's, whose bit 12 says that there is one. */
function setVlan(match: Match, name: string, value: number, mask: number): void {
  if (mask === 0) return;
  const isOld = name === "dl_vlan";
  const bits = isOld ? 0xfff | VLAN_PRESENT : mask & (0xfff | VLAN_PRESENT);
  const without = isOld && value === 0xffff;
  if (without) setTci(match, 0, 0xffff);
  else setTci(match, isOld ? (value & 0xfff) | VLAN_PRESENT : value, bits);
}
