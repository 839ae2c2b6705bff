import { isFieldExact, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { fieldByName } from "#flow/fields/table.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import type { TlvMap } from "#flow/tlv-map.js";
import { UserError } from "#util/errors.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { parseRawFieldText } from "./field-text.js";
import { type KeyValue, parseKeyValues } from "./key-value.js";
import { MatchBuilder } from "./match/match-builder.js";
import { byteLength, fieldProtocols, reportTlv, type WordReader, wordReader } from "./match-words.js";
import { parseInteger } from "./number-text.js";
import type { PortNames } from "./port-number.js";
import { type ProtocolSet, ProtocolSets } from "./protocol.js";
import { parseSubfield, type Subfield } from "./subfield.js";

/** How a match is read. */
export interface MatchParseOptions extends Pick<PortNames, "portNumber"> {
  /** The bridge's map of tunnel metadata. Without one, a match has a map of its own. */
  readonly tlvs?: TlvMap | undefined;
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

/** Reads a match word by word, for those who have words of their own among them. */
export class MatchWords {
  readonly #match: MatchBuilder;
  readonly #options: MatchParseOptions;
  #protocols: ProtocolSet = ProtocolSets.any;
  /** A field was named that only some packets have: all are Ethernet frames then. */
  #isEthernet = false;

  constructor(options: MatchParseOptions = {}) {
    this.#options = options;
    this.#match = new MatchBuilder(options.tlvs);
  }

  /** Adds a word, instead of what was said of the same bits before. False where it is no word of matches. Throws `UserError`. */
  add({ key: name, value, whole }: KeyValue): boolean {
    const isAlone = whole.length === name.length;
    if (isAlone && this.#shorthand(name)) return true;
    if (name.includes("[")) {
      this.#subfield(name, value);
      return true;
    }
    const known = readerByName(name);
    if (known !== undefined) {
      this.#protocols &= known.read(this.#match, value === "" ? "0/0" : value, this.#options);
      if (known.isConditional) this.#isEthernet = true;
    } else if (isAlone) throw new UserError(`field ${name} missing value`);
    return known !== undefined;
  }

  /** Adds a protocol by its name, e.g. `tcp`. False where it is none. */
  addProtocol(name: string): boolean {
    return this.#shorthand(name);
  }

  /**
   * The protocols by which ovs-ofctl sends such a text: each word says which can say it. Empty where a field has a mask and can have none, or
   * is none of OpenFlow's.
   */
  get protocols(): ProtocolSet {
    const { key, mask } = this.#match;
    const isIpv6 = mask[W.ethType] === 0xffff && key[W.ethType] === EtherType.ipv6;
    const isOnlyInTlvs = isIpv6 && ((mask[W.nw]! & 0xff00ff) | mask[W.tp]!) !== 0;
    return isOnlyInTlvs ? this.#protocols & (ProtocolSets.nxm | ProtocolSets.oxm) : this.#protocols;
  }

  /** What was read so far, for looking at and adding to. */
  get match(): Pick<Match, "key" | "mask"> {
    return this.#match;
  }

  /** The match; nothing may be added afterwards. */
  done(): Match {
    const { key, mask } = this.#match;
    const says =
      mask[W.packetType]! | mask[W.ethType]! | mask[W.vlan0]! | mask[W.eth]! | mask[W.eth + 1]! | mask[W.eth + 2]!;
    if (this.#isEthernet && says === 0) {
      key[W.packetType] = 0;
      mask[W.packetType] = 0xffffffff;
    }
    return this.#match.done();
  }

  #shorthand(name: string): boolean {
    const shorthand = shorthands.get(name);
    if (shorthand === undefined) return false;
    const [type, protocol] = shorthand;
    const { key, mask } = this.#match;
    if (type === 0) {
      key[W.packetType] = 0;
      mask[W.packetType] = 0xffffffff;
    } else {
      key[W.ethType] = type;
      mask[W.ethType] = 0xffff;
    }
    if (protocol !== undefined) {
      key[W.nw] = (key[W.nw]! & ~0xff) | protocol;
      mask[W.nw] = mask[W.nw]! | 0xff;
    }
    return true;
  }

  #subfield(name: string, text: string): void {
    const subfield = parseSubfield(name);
    const value = parseInteger(text);
    if (value === undefined || value < 0n) throw new UserError(`${name}: cannot parse integer value: ${text}`);
    if (value >= 1n << BigInt(subfield.bits)) {
      throw new UserError(`${name}: value 0x${value.toString(16)} does not fit into ${subfield.bits} bits`);
    }
    this.#protocols &= this.#merge(subfield, value);
  }

  #merge({ field: f, start, bits }: Subfield, number: bigint): ProtocolSet {
    const shift = BigInt(start);
    // Of a VLAN's ID, brackets do not mean the bit that says that there is a header.
    const width = f.name === "vlan_vid" || f.name === "dl_vlan" ? Math.min(bits, f.bits) : bits;
    const [value, mask] = [number << shift, ((1n << BigInt(width)) - 1n) << shift];
    const protocols = fieldProtocols(f, mask);
    if (f.tlv === undefined) {
      const asWhole = mergedAsWhole.has(f.name);
      if (asWhole) this.#match.set(f, { value, mask });
      else this.#match.merge(f, { value, mask });
      return protocols;
    }
    const isWhole = mask === (1n << BigInt(8 * f.bytes)) - 1n;
    const length = byteLength(isWhole ? value : mask);
    reportTlv(this.#match, f.name, this.#match.setTunMetadata(f.tlv, { value, mask }, length, !isWhole));
    return protocols;
  }
}

/** Fields whose bits say more than themselves. */
const mergedAsWhole: ReadonlySet<string> = new Set(["vlan_vid", "dl_vlan", "vlan_pcp", "dl_vlan_pcp", "nw_tos"]);

/** Names on the wire are words only with brackets behind them; all others begin with a small letter. */
function readerByName(name: string): NamedReader | undefined {
  const known = readersByName.get(name);
  if (known !== undefined || name.charCodeAt(0) < 0x61) return known;
  const f: Field | undefined = fieldByName(name);
  if (f === undefined) return undefined;
  const reader = { read: wordReader(f), isConditional: f.prerequisite !== "none" };
  readersByName.set(name, reader);
  return reader;
}

interface NamedReader {
  readonly read: WordReader;
  /** Only some packets have the field. */
  readonly isConditional: boolean;
}

const readersByName = new Map<string, NamedReader>();

/**
 * Reads a match as ovs-ofctl(8) has it: `field=value[/mask]` and protocol names, between commas or spaces. Fields without their
 * prerequisites are taken; `normalizeMatch` drops them. Throws `UserError` in ovs-ofctl's words, e.g. `unknown keyword foo`.
 */
export function parseFlowMatch(text: string, options: MatchParseOptions = {}): Match {
  const words = new MatchWords(options);
  for (const word of parseKeyValues(text)) {
    if (!words.add(word)) throw new UserError(`unknown keyword ${word.key}`);
  }
  return words.done();
}

/**
 * Reads a packet's fields as `ofproto/trace` takes them: one word after the other, each field once, none before its prerequisites are met,
 * all without masks. Throws `UserError` in upstream's words.
 */
export function parseMatch(text: string, options: MatchParseOptions = {}): Match {
  const match = new MatchWords(options);
  const sofar = match.match;
  for (const word of parseKeyValues(text)) {
    if (word.whole === word.key && word.key !== "eth" && shorthands.has(word.key)) {
      const isKnown = sofar.key[W.ethType] !== 0 && sofar.key[W.packetType] === 0;
      if (isKnown) throw new UserError("Ethernet type set multiple times");
      match.add(word);
    } else addField(match, word, options);
  }
  if ((sofar.key[W.vlan0]! & VLAN_PRESENT) !== 0) {
    // A packet's tag has a type too.
    sofar.key[W.vlan0] = sofar.key[W.vlan0]! | (EtherType.vlan << 16);
    sofar.mask[W.vlan0] = sofar.mask[W.vlan0]! | 0xffff0000;
  }
  return match.done();
}

function addField(match: MatchWords, word: KeyValue, options: MatchParseOptions): void {
  const { key: name } = word;
  const f = /^[a-z]/.test(name) && !name.includes("[") ? fieldByName(name) : undefined;
  if (f === undefined) throw new UserError(`unknown field ${name}`);
  const { key } = match.match;
  if (!prerequisiteHolds(f.prerequisite, key)) throw new UserError(`prerequisites not met for setting ${name}`);
  if (f.tlv === undefined && !isFieldZero(key, f)) {
    throw new UserError(`field ${name} set multiple times`);
  }
  if (!addExact(match, word, f)) {
    demandExact(word, f, options);
    match.add(word);
  }
  // A packet without an Ethernet header is of the type that its own says.
  if (key[W.packetType]! >>> 16 === 1) key[W.ethType] = key[W.packetType]! & 0xffff;
}

/** Adds a word as most are: without a mask. False where nothing is known yet of what it says. */
function addExact(match: MatchWords, word: KeyValue, f: Field): boolean {
  if (f.tlv !== undefined || word.value === "" || word.value.includes("/")) return false;
  try {
    match.add(word);
  } catch (e) {
    if (e instanceof UserError) return false;
    throw e;
  }
  return isFieldExact(match.match.mask, f);
}

/** Throws where a word's value is none of its field's, or has a mask. */
function demandExact({ key: name, value }: KeyValue, f: Field, options: MatchParseOptions): void {
  const bad = (why: string): UserError => new UserError(`bad value for ${name} (${why})`);
  try {
    const { mask } = parseRawFieldText(f, value, options);
    const ones = (1n << BigInt(f.bits)) - 1n;
    if ((mask & ones) === ones) return;
  } catch (e) {
    throw e instanceof UserError ? bad(e.message) : e;
  }
  throw bad(`${value}: wildcards not allowed here`);
}
