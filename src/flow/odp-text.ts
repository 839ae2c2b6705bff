import { hex16 } from "#util/hex.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import { isVlanType } from "#wire/ethernet.js";
import { type Bits, getField, getFieldBig, getFieldBytes, isFieldExact, isFieldZero } from "./access.js";
import { formatGeneveOptions, geneveOptionsOf } from "./geneve-options.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { ETH_TYPE_NONE, FRAG_LATER, MAX_MPLS, MAX_VLANS, VLAN_PRESENT, W } from "./layout.js";
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
  tcpFlagsApply,
  transportAttributes,
  tunnelFlags,
  tunnelNested,
  tunnelParts,
} from "./odp-attributes.js";

/** How `ovs-dpctl dump-flows` and its kin write a key. */
export interface OdpTextOptions {
  /** `-m`: also fields that do not matter, as `value/0`. */
  readonly verbose?: boolean;
  /** The name to show for a datapath port; its number where this gives none. */
  readonly portName?: (port: number) => string | undefined;
  /** VLAN headers shown, as a switch that parses no more sees the key (default all): the type of a further one ends the text. */
  readonly vlanLimit?: number;
}

/** Bytes of Geneve options. */
const MAX_OPTIONS = 252;

const allOnes: FlowMask = newKey().fill(0xffffffff);

/** The text of a datapath flow's key under a mask (without one, of the whole key). Values are shown as they are in `key`, also where masked out. */
export function formatOdpKey(key: FlowKey, mask: FlowMask = allOnes, options: OdpTextOptions = {}): string {
  return formatWith(new Text(key, mask, options));
}

/** A text of many keys, in which the values of some parts are missing. */
export interface OdpKeyPattern {
  /** What stands before the first value, between each and the next one, and behind the last. */
  readonly literals: readonly string[];
  /** Writes the value of a key that stands there. */
  readonly values: readonly ((key: FlowKey) => string)[];
}

/** The text of `formatOdpKey` for all keys that have, wherever `key` is read as long as this runs, the same words. */
export function odpKeyPattern(key: FlowKey, mask: FlowMask, options: OdpTextOptions): OdpKeyPattern {
  const values: ((key: FlowKey) => string)[] = [];
  const text = formatWith(new Text(key, mask, options, values));
  return { literals: text.split(HOLE), values };
}

/** Stands for a value that is missing; in no name. */
const HOLE = "\0";

function formatWith(text: Text): string {
  text.attribute(skbPriority);
  text.tunnel();
  text.attribute(skbMark);
  text.flags(ctState, text.isWhole);
  for (const a of metadataAttributes) text.attribute(a, a.name === "recirc_id" || a.name === "in_port");
  text.attribute(packetTypeAttribute);
  text.ethernet();
  text.encapsulated(0);
  return text.parts.join(",");
}

class Text {
  readonly parts: string[] = [];
  readonly #key: FlowKey;
  readonly #mask: FlowMask;
  readonly #verbose: boolean;
  readonly #portName: (port: number) => string | undefined;
  readonly #vlanLimit: number;
  /** Takes what writes values, if these are to be left out. */
  #values: ((key: FlowKey) => string)[] | undefined;

  constructor(key: FlowKey, mask: FlowMask, options: OdpTextOptions, values?: ((key: FlowKey) => string)[]) {
    this.#values = values;
    this.#key = key;
    this.#mask = mask;
    this.#verbose = options.verbose ?? false;
    this.#portName = options.portName ?? (() => undefined);
    this.#vlanLimit = options.vlanLimit ?? MAX_VLANS;
  }

  get isWhole(): boolean {
    return this.#mask === allOnes;
  }

  attribute(a: OdpAttribute, always = false): void {
    if (!a.applies(this.#key)) return;
    if (!always && !this.#verbose && a.parts.every((p) => isFieldZero(this.#mask, p.at))) return;
    const list = a.parts.filter((p) => always || this.#shows(p)).map((p) => this.#part(p, always));
    this.parts.push(`${a.name}(${list.join(",")})`);
  }

  flags(f: OdpFlags, plain = false): void {
    if (!this.#verbose && isFieldZero(this.#mask, f.at)) return;
    const value = getField(this.#key, f.at);
    const mask = getField(this.#mask, f.at);
    // ct_state's flags have names only in the short form, and its mask is never taken for a full one.
    if (f === ctState && (this.#verbose || plain)) {
      this.parts.push(`${f.name}(${hex(value)}${plain ? "" : `/${hex(mask)}`})`);
    } else {
      this.parts.push(`${f.name}(${this.#flagText(f, f !== ctState)})`);
    }
  }

  tunnel(): void {
    const key = this.#key;
    if (key[W.tunDst] === 0 && [0, 1, 2, 3].every((i) => key[W.tunIpv6Dst + i] === 0)) return;
    const shown = tunnelParts.filter((p) => this.#tunnelHas(p) && this.#shows(p));
    // Of all the numbers this one alone is 0x0 where it is none.
    const values = this.#values;
    this.#values = undefined;
    const list = shown.map((p) => this.#part(p).replace(/^tun_id=0(?!x)/, "tun_id=0x0"));
    for (const { name, parts } of tunnelNested) {
      if (parts.every((p) => isFieldZero(key, p.at))) continue;
      const isWhole = name !== "erspan";
      const nested = parts.filter((p) => (isWhole || !isFieldZero(key, p.at)) && this.#shows(p));
      list.push(`${name}(${nested.map((p) => this.#part(p)).join(",")})${name.includes("(") ? ")" : ""}`);
    }
    const options = key[W.tunMetadataPresent + 1]!;
    if (options > 0 && options <= MAX_OPTIONS) {
      const bits = geneveOptionsOf(this.#mask, options);
      if (bits.some((b) => b !== 0)) list.push(`geneve(${formatGeneveOptions(geneveOptionsOf(key, options), bits)})`);
    }
    if (this.#verbose || !isFieldZero(this.#mask, tunnelFlags.at)) {
      list.push(`flags(${this.#flagText(tunnelFlags, true)})`);
    }
    this.#values = values;
    this.parts.push(`tunnel(${list.join(",")})`);
  }

  ethernet(): void {
    if (this.#key[W.packetType] !== 0) return;
    const shown = this.#verbose || !ethAttribute.parts.every((p) => isFieldZero(this.#mask, p.at));
    if (shown) this.attribute(ethAttribute);
    // Where the packet type does not show it, `eth()` says that there is an Ethernet header.
    else if (this.#mask[W.packetType] === 0) this.parts.push("eth()");
  }

  /** The VLAN header number `depth` and what it holds, or what follows all of them. */
  encapsulated(depth: number): void {
    const tci = depth < MAX_VLANS ? this.#key[W.vlan0 + depth]! : 0;
    if ((tci & VLAN_PRESENT) !== 0 && depth >= this.#vlanLimit) {
      this.#etherType(tci >>> 16, this.#mask[W.vlan0 + depth]! >>> 16);
      return;
    }
    if ((tci & VLAN_PRESENT) !== 0) {
      this.#etherType(tci >>> 16, this.#mask[W.vlan0 + depth]! >>> 16);
      this.#vlan(depth);
      this.#encap(() => this.encapsulated(depth + 1));
      return;
    }
    const type = this.#key[W.ethType]!;
    if (depth < this.#vlanLimit && isVlanType(type)) {
      // A tag announced but truncated.
      this.#etherType(type, this.#mask[W.ethType]! & 0xffff);
      this.#vlan(depth);
      this.parts.push("encap()");
      return;
    }
    this.#payload(type, depth > 0);
  }

  #encap(inner: () => void): void {
    const at = this.parts.length;
    inner();
    this.parts.push(`encap(${this.parts.splice(at).join(",")})`);
  }

  #payload(type: number, encapsulated: boolean): void {
    const mask = this.#mask[W.ethType]! & 0xffff;
    if (type === ETH_TYPE_NONE) {
      if (mask !== 0 && !encapsulated && this.#mask !== allOnes) this.parts.push(`eth_type(0/${hex16(mask)})`);
      return;
    }
    this.#etherType(type, mask);
    this.#mpls();
    for (const a of networkAttributes) this.attribute(a);
    for (const a of transportAttributes) {
      this.attribute(a);
      const flags = a.name === "tcp" && tcpFlagsApply(this.#key);
      if (flags && !(isFieldZero(this.#key, tcpFlags.at) && isFieldZero(this.#mask, tcpFlags.at))) this.flags(tcpFlags);
    }
  }

  #etherType(type: number, mask: number): void {
    if (mask === 0 && !this.#verbose) return;
    this.parts.push(`eth_type(${hex16(type)}${mask === 0xffff ? "" : `/${hex16(mask)}`})`);
  }

  #vlan(depth: number): void {
    const tci = this.#key[W.vlan0 + depth]! & 0xffff;
    const mask = this.#mask[W.vlan0 + depth]! & 0xffff;
    if (mask === 0 && !this.#verbose) return;
    const list: string[] = [];
    const add = (name: string, value: number, bits: number, full: number): void => {
      if (!this.#verbose && value === 0 && bits === 0) return;
      list.push(`${name}=${value}${bits === full ? "" : `/0x${bits.toString(16)}`}`);
    };
    add("vid", tci & 0xfff, mask & 0xfff, 0xfff);
    add("pcp", tci >>> 13, mask >>> 13, 7);
    if ((tci & VLAN_PRESENT) === 0) list.push("cfi=0");
    this.parts.push(`vlan(${list.join(",")})`);
  }

  #mpls(): void {
    const type = this.#key[W.ethType];
    if (type !== 0x8847 && type !== 0x8848) return;
    const labels = mplsLabels(this.#key);
    const masks = labels.map((_, i) => this.#mask[W.mpls + i]!);
    if (!this.#verbose && masks.every((m) => m === 0)) return;
    if (labels.length === 0) {
      this.parts.push("mpls((bad key length 0)");
      return;
    }
    const exact = masks.every((m) => m === 0xffffffff);
    const one = (lse: number, m: number): string => {
      const [label, tc, ttl, bos] = [
        exact ? "" : `/0x${(m >>> 12).toString(16)}`,
        exact ? "" : `/${((m >>> 9) & 7).toString(16)}`,
        exact ? "" : `/0x${(m & 255).toString(16)}`,
        exact ? "" : `/${((m >>> 8) & 1).toString(16)}`,
      ];
      return `label=${lse >>> 12}${label},tc=${(lse >>> 9) & 7}${tc},ttl=${lse & 255}${ttl},bos=${(lse >>> 8) & 1}${bos}`;
    };
    this.parts.push(`mpls(${labels.map((lse, i) => one(lse, masks[i]!)).join(",")})`);
  }

  #tunnelHas(p: OdpPart): boolean {
    if (p.name === "ttl") return true;
    return !isFieldZero(this.#key, p.at) || (p.name === "tun_id" && (this.#key[W.tunMeta]! & 8) !== 0);
  }

  #shows(p: OdpPart): boolean {
    const zero = isFieldZero(this.#mask, p.at);
    return p.style === "frag" ? !zero : this.#verbose || !zero;
  }

  #part(p: OdpPart, exact = false): string {
    const value = this.#keyValue(p);
    const masked = p.style !== "frag" && !exact && !isFieldExact(this.#mask, p.at);
    const name = p.name === "" ? "" : `${p.name}=`;
    return masked ? `${name}${value}/${this.#value(this.#mask, p.at, maskStyle(p.style))}` : `${name}${value}`;
  }

  #keyValue({ at, style }: OdpPart): string {
    if (this.#values === undefined) return this.#value(this.#key, at, style);
    this.#values.push((key) => this.#value(key, at, style));
    return HOLE;
  }

  #value(of: FlowKey, at: Bits, style: OdpPart["style"]): string {
    switch (style) {
      case "dec":
        return String(getField(of, at));
      case "hex":
        return at.bits > 32 ? hex(getFieldBig(of, at)) : hex(getField(of, at));
      case "hexFull":
        return `0x${getField(of, at).toString(16)}`;
      case "mac":
        return formatMac(getFieldBytes(of, at));
      case "ipv4":
        return formatIpv4(of[at.word]!);
      case "ipv6":
        return formatIpv6(of[at.word]!, of[at.word + 1]!, of[at.word + 2]!, of[at.word + 3]!);
      case "frag": {
        const frag = getField(of, at);
        return frag === 0 ? "no" : (frag & FRAG_LATER) !== 0 ? "later" : "first";
      }
      case "port": {
        const port = getField(of, at);
        return this.#portName(port) ?? String(port);
      }
    }
  }

  #flagText(f: OdpFlags, mayBeExact: boolean): string {
    const value = getField(this.#key, f.at);
    const mask = getField(this.#mask, f.at);
    if (mask === 0) return "0/0";
    const set = f.names.filter((_, i) => ((value >>> i) & 1) !== 0);
    if (mayBeExact && isFieldExact(this.#mask, f.at)) return set.join("|") || "0";
    return f.names
      .map((name, i) => (((mask >>> i) & 1) === 0 ? "" : (((value >>> i) & 1) !== 0 ? "+" : "-") + name))
      .join("");
  }
}

/** The label stack entries of a key: up to the bottom of the stack, or those that are not 0. */
export function mplsLabels(key: FlowKey): number[] {
  const labels: number[] = [];
  for (let i = 0; i < MAX_MPLS; i++) {
    const lse = key[W.mpls + i]!;
    if (lse === 0) break;
    labels.push(lse);
    if ((lse & 0x100) !== 0) break;
  }
  return labels;
}

function maskStyle(style: OdpPart["style"]): OdpPart["style"] {
  return style === "dec" || style === "port" ? "hex" : style;
}

function hex(value: number | bigint): string {
  return value === 0 || value === 0n ? "0" : `0x${value.toString(16)}`;
}
