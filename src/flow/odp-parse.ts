import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import { parseMac } from "#util/mac.js";
import { type Bits, clearField, setField, setFieldBig, setFieldBytes, unwildcard } from "./access.js";
import { parseGeneveOptions, setGeneveOptions } from "./geneve-options.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import {
  ETH_TYPE_NONE,
  FRAG_ANY,
  FRAG_LATER,
  MAX_MPLS,
  MAX_VLANS,
  PacketNamespace,
  TunnelFlag,
  VLAN_PRESENT,
  W,
} from "./layout.js";
import type { Match } from "./match.js";
import {
  ctState,
  ethAttribute,
  metadataAttributes,
  networkAttributes,
  type OdpAttribute,
  type OdpFlags,
  type OdpPart,
  packetTypeAttribute,
  skbMark,
  skbPriority,
  tcpFlags,
  transportAttributes,
  tunnelFlags,
  tunnelNested,
  tunnelParts,
} from "./odp-attributes.js";

export interface OdpParseOptions {
  /** The datapath port of this name. */
  readonly portNumber?: (name: string) => number | undefined;
}

/**
 * Reads a datapath flow key as `formatOdpKey` writes it, attributes in any order. A value without a mask is exact; what
 * is not mentioned does not matter. Values are kept as written, also where masked out. Without `eth(…)` or
 * `packet_type(…)` the packet begins with what `eth_type(…)` says. Throws `UserError` "syntax error at REST".
 */
export function parseOdpKey(text: string, options: OdpParseOptions = {}): Match {
  const reader = new Reader(text, options);
  reader.attributes(text.length, 0);
  reader.finish();
  return { key: reader.key, mask: reader.mask };
}

const plain: ReadonlyMap<string, OdpAttribute> = new Map(
  [
    skbPriority,
    skbMark,
    ...metadataAttributes,
    packetTypeAttribute,
    ethAttribute,
    ...networkAttributes,
    ...transportAttributes,
  ].map((a) => [a.name, a]),
);

/** Names that are read besides those that are written. */
const partAliases: Readonly<Record<string, string>> = { tp_src: "src_port", tp_dst: "dst_port" };

/** Names, places and widths in bits of a label's fields. */
const MPLS_FIELDS: readonly (readonly [name: string, shift: number, bits: number])[] = [
  ["label", 12, 20],
  ["tc", 9, 3],
  ["ttl", 0, 8],
  ["bos", 8, 1],
];

class Reader {
  readonly key: FlowKey = newKey();
  readonly mask: FlowMask = newKey();
  readonly #text: string;
  readonly #options: OdpParseOptions;
  #seen = new Set<string>();

  constructor(text: string, options: OdpParseOptions) {
    this.#text = text;
    this.#options = options;
  }

  #at = 0;

  /** Reads attributes up to `end`; `depth` counts the VLAN headers around them. */
  attributes(end: number, depth: number): void {
    for (;;) {
      while (this.#at < end && /[,\s]/.test(this.#text[this.#at]!)) this.#at++;
      if (this.#at >= end) return;
      const start = this.#at;
      const m = /^([a-z_0-9]+)\(/.exec(this.#text.slice(start, end));
      const close = m === null ? -1 : closing(this.#text, start + m[0].length, end);
      if (m === null || close < 0) this.#fail(start);
      const name = m[1]!;
      const body = this.#text.slice(start + m[0].length, close);
      this.#seen.add(name);
      if (name === "encap") {
        this.#at = start + m[0].length;
        this.attributes(close, depth + 1);
      } else if (!this.#attribute(name, body, depth)) {
        this.#fail(start);
      }
      this.#at = close + 1;
    }
  }

  /** Supplies what follows from what was not said. */
  finish(): void {
    const { key, mask } = this;
    unwildcard(mask, { word: W.recircId, words: 1, shift: 0, bits: 32 });
    if (this.#seen.has("in_port")) mask[W.inPort] = 0xffffffff;
    if (!this.#seen.has("eth_type")) {
      key[W.ethType] = key[W.packetType] === 0 ? ETH_TYPE_NONE : key[W.packetType]! & 0xffff;
      mask[W.ethType] = 0xffff;
    }
    // The type that announces a VLAN header is not that of what it holds.
    if ((key[W.vlan0]! & VLAN_PRESENT) !== 0 && key[W.ethType] === 0) {
      key[W.ethType] = ETH_TYPE_NONE;
      mask[W.ethType] = 0xffff;
    }
    if (!this.#seen.has("eth") && !this.#seen.has("packet_type") && this.#seen.has("eth_type")) {
      key[W.packetType] = (PacketNamespace.ethertype << 16) | key[W.ethType]!;
    }
  }

  #attribute(name: string, body: string, depth: number): boolean {
    const attribute = plain.get(name);
    if (attribute !== undefined) return this.#parts(attribute.parts, body);
    if (name === "eth_type") return this.#etherType(body, depth);
    if (name === "vlan") return this.#vlan(body, depth);
    if (name === "mpls") return this.#mpls(body);
    if (name === "tunnel") return this.#tunnel(body);
    if (name === ctState.name) return this.#flags(ctState, body);
    if (name === tcpFlags.name) return this.#flags(tcpFlags, body);
    return false;
  }

  #parts(parts: readonly OdpPart[], body: string): boolean {
    if (parts.length === 1 && parts[0]!.name === "") return this.#value(parts[0]!, body);
    return splitTop(body).every((item) => {
      const eq = item.indexOf("=");
      const name = item.slice(0, eq);
      const p = parts.find((q) => q.name === name) ?? parts.find((q) => q.name === partAliases[name]);
      return eq > 0 && p !== undefined && this.#value(p, item.slice(eq + 1));
    });
  }

  #value(p: OdpPart, text: string): boolean {
    const slash = text.indexOf("/");
    const value = slash < 0 ? text : text.slice(0, slash);
    if (!this.#write(this.key, p, value)) return false;
    if (slash < 0) {
      unwildcard(this.mask, p.at);
      return true;
    }
    return p.style !== "frag" && this.#write(this.mask, p, text.slice(slash + 1));
  }

  #write(to: FlowKey, p: OdpPart, text: string): boolean {
    if (p.style === "mac") {
      const mac = parseMac(text);
      if (mac !== undefined) setFieldBytes(to, p.at, mac);
      return mac !== undefined;
    }
    if (p.style === "ipv4") {
      const address = parseIpv4(text);
      if (address !== undefined) setField(to, p.at, address);
      return address !== undefined;
    }
    if (p.style === "ipv6") {
      const words = parseIpv6(text);
      words?.forEach((w, i) => {
        to[p.at.word + i] = w;
      });
      return words !== undefined;
    }
    if (p.style === "frag") {
      const frag = { no: 0, first: FRAG_ANY, later: FRAG_ANY | FRAG_LATER }[text];
      if (frag !== undefined) setField(to, p.at, frag);
      return frag !== undefined;
    }
    const port = p.style === "port" ? this.#options.portNumber?.(text) : undefined;
    const number = port !== undefined ? BigInt(port) : parseNumber(text, p.at.bits);
    if (number !== undefined) setFieldBig(to, p.at, number);
    return number !== undefined;
  }

  #etherType(body: string, depth: number): boolean {
    const [value, mask] = splitMask(body, 16);
    if (value === undefined || mask === undefined) return false;
    // A type is of the VLAN header that follows it, if one does; until then of the packet.
    // `eth_type(0/0xffff)` is how a frame without a type is written.
    this.key[W.ethType] = value === 0 && mask === 0xffff ? ETH_TYPE_NONE : value;
    this.mask[W.ethType] = mask;
    this.#typeDepth = depth;
    return true;
  }

  #typeDepth = 0;

  #vlan(body: string, depth: number): boolean {
    if (depth >= MAX_VLANS || this.#typeDepth !== depth) return false;
    let tci = VLAN_PRESENT;
    let bits = VLAN_PRESENT;
    for (const item of splitTop(body)) {
      const m = /^(vid|pcp|cfi)=(.*)$/.exec(item);
      const [shift, width] = m === null ? [0, 0] : { vid: [0, 12], pcp: [13, 3], cfi: [12, 1] }[m[1] as "vid"]!;
      const [value, mask] = splitMask(m?.[2] ?? "", width!);
      if (value === undefined || mask === undefined) return false;
      const field = (2 ** width! - 1) << shift!;
      tci = (tci & ~field) | (value << shift!);
      bits = (bits & ~field) | (mask << shift!);
    }
    const w = W.vlan0 + depth;
    if ((tci & VLAN_PRESENT) === 0) {
      // A truncated tag: the type stays the packet's.
      this.key[w] = 0;
      this.mask[w] = bits;
      return true;
    }
    this.key[w] = (this.key[W.ethType]! << 16) | tci;
    this.mask[w] = (this.mask[W.ethType]! << 16) | bits;
    this.key[W.ethType] = 0;
    this.mask[W.ethType] = 0;
    return true;
  }

  /** Fields of labels in their order; what is left out does not matter, and what comes out of order begins the next label. */
  #mpls(body: string): boolean {
    let label = 0;
    let last = -1;
    return splitTop(body).every((item) => {
      const equals = item.indexOf("=");
      const index = MPLS_FIELDS.findIndex(([name]) => name === item.slice(0, equals));
      if (index < 0) return false;
      if (index <= last) label++;
      last = index;
      const [, shift, width] = MPLS_FIELDS[index]!;
      const [value, mask] = splitMask(item.slice(equals + 1), width, true);
      if (label >= MAX_MPLS || value === undefined || mask === undefined) return false;
      const at: Bits = { word: W.mpls + label, words: 1, shift, bits: width };
      setField(this.key, at, value);
      setField(this.mask, at, mask);
      return true;
    });
  }

  #tunnel(body: string): boolean {
    if (!this.#tunnelItems(body)) return false;
    // Whether there is a key is said by the key alone.
    const hasKey = /(?:^|,)\s*tun_id=/.test(body);
    for (const words of [this.key, this.mask]) {
      words[W.tunMeta] = (words[W.tunMeta]! & ~TunnelFlag.key) | (hasKey ? TunnelFlag.key : 0);
    }
    return true;
  }

  #tunnelItems(body: string): boolean {
    return splitTop(body).every((item) => {
      const nested = tunnelNested.find((n) => item.startsWith(`${n.name}(`));
      if (nested !== undefined) {
        const ends = nested.name.includes("(") ? "))" : ")";
        return item.endsWith(ends) && this.#parts(nested.parts, item.slice(nested.name.length + 1, -ends.length));
      }
      if (item.startsWith("flags(") && item.endsWith(")")) return this.#flags(tunnelFlags, item.slice(6, -1), true);
      if (item.startsWith("geneve(") && item.endsWith(")")) return this.#geneve(item.slice(7, -1));
      return this.#parts(tunnelParts, item);
    });
  }

  #geneve(body: string): boolean {
    try {
      const { bytes, mask } = parseGeneveOptions(body);
      setGeneveOptions(this.key, bytes);
      setGeneveOptions(this.mask, mask);
      this.mask[W.tunMetadataPresent + 1] = 0xffffffff;
      return true;
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }

  /** `a|b` (exact), `+a-b`, or `value/mask`. With `add`, flags that are there already stay. */
  #flags(f: OdpFlags, body: string, add = false): boolean {
    if (!add) {
      clearField(this.key, f.at);
      clearField(this.mask, f.at);
    }
    const read = parseFlags(f.names, body);
    if (read === undefined) return false;
    const { word } = f.at;
    this.key[word] = this.key[word]! | read[0];
    this.mask[word] = this.mask[word]! | read[1];
    return true;
  }

  #fail(at: number): never {
    throw new UserError(`syntax error at ${this.#text.slice(at)}`);
  }
}

/** Value and mask of flags text; undefined where it is none. */
function parseFlags(names: readonly string[], text: string): [value: number, mask: number] | undefined {
  const all = 2 ** names.length - 1;
  if (/^[+-]/.test(text)) {
    let value = 0;
    let mask = 0;
    for (const m of text.matchAll(/([+-])([^+-]*)/g)) {
      const bit = names.indexOf(m[2]!);
      if (bit < 0 || (mask & (1 << bit)) !== 0) return undefined;
      mask |= 1 << bit;
      if (m[1] === "+") value |= 1 << bit;
    }
    return [value, mask];
  }
  const [number, mask] = splitMask(text, names.length);
  if (number !== undefined && mask !== undefined) return [number, mask];
  let value = 0;
  for (const name of text === "" ? [] : text.split("|")) {
    const bit = names.indexOf(name);
    if (bit < 0) return undefined;
    value |= 1 << bit;
  }
  return [value, all];
}

/** The index of the parenthesis that closes the one before `from`, or -1. */
function closing(text: string, from: number, end: number): number {
  let depth = 1;
  for (let i = from; i < end; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return -1;
}

/** The items of a list separated by commas, those within parentheses kept whole. */
function splitTop(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (i === text.length || (text[i] === "," && depth === 0)) {
      if (i > start) items.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return items;
}

function parseNumber(text: string, bits: number): bigint | undefined {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) return undefined;
  const value = /^0[0-7]+$/.test(text) ? BigInt(`0o${text.slice(1)}`) : /^0[0-9]/.test(text) ? undefined : BigInt(text);
  return value !== undefined && value < 1n << BigInt(bits) ? value : undefined;
}

/** `value[/mask]` of at most 32 bits; the mask of one bit may be written bare (`1/1`), and `hexMask` reads it without 0x. */
function splitMask(text: string, bits: number, hexMask = false): [number | undefined, number | undefined] {
  const slash = text.indexOf("/");
  const value = parseNumber(slash < 0 ? text : text.slice(0, slash), bits);
  if (slash < 0) return [value === undefined ? undefined : Number(value), 2 ** bits - 1];
  const maskText = text.slice(slash + 1);
  const mask = parseNumber(hexMask && !maskText.startsWith("0x") ? `0x${maskText}` : maskText, bits);
  return [value === undefined ? undefined : Number(value), mask === undefined ? undefined : Number(mask)];
}
