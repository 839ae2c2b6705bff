import { isFieldExact, isFieldZero, readFieldBytes } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { field } from "#flow/fields/table.js";
import { type FlowMask, newKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { presenceBit, type TlvMap } from "#flow/tlv-map.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { versionCodepoint } from "../actions/field-id.js";
import { OF12, OF15, type Version, versions } from "../version.js";
import type { WireWriter } from "../wire-writer.js";
import * as order from "./field-order.js";
import { type FieldWriter, fieldWriter, tlvHeader } from "./oxm-field.js";

const VID_BITS = 0xfff | VLAN_PRESENT;

const [inPort, inPortOxm, vlanTci, vlanVid, vlanPcp, dscp, nwTos] = [
  "in_port",
  "in_port_oxm",
  "vlan_tci",
  "vlan_vid",
  "vlan_pcp",
  "ip_dscp",
  "nw_tos",
].map(field) as [Field, Field, Field, Field, Field, Field, Field];

const registers = (name: string, count: number): readonly Field[] =>
  Array.from({ length: count }, (_, i) => field(`${name}${i}`));

/** A field's writer, and the words that it looks at: most are 0, and tell so without a call. */
interface Entry {
  readonly word: number;
  readonly words: number;
  readonly write: FieldWriter;
}

/** Writes a match's fields in a version's order. */
class MatchWriter {
  readonly #version: Version;
  readonly #packetType: readonly Entry[];
  readonly #first: readonly Entry[];
  readonly #mpls: readonly Entry[];
  readonly #nsh: readonly Entry[];
  readonly #ipv4: readonly Entry[];
  readonly #ipv6: readonly Entry[];
  readonly #arp: readonly Entry[];
  readonly #icmp: readonly Entry[];
  readonly #icmpv6: readonly Entry[];
  readonly #transport: Readonly<Record<number, readonly Entry[]>>;
  readonly #tunnel: readonly Entry[];
  readonly #registers: readonly Entry[];
  readonly #last: readonly Entry[];
  readonly #tuplePorts: readonly Entry[];
  readonly #metadata: readonly Entry[];

  constructor(version: Version) {
    this.#version = version;
    const all = (list: readonly Field[]): Entry[] =>
      list.map((f) => ({ word: f.word, words: f.words, write: this.#writer(f) }));
    this.#packetType = all(order.beforeVlan.slice(0, 1));
    const port = version >= OF12 ? inPortOxm : inPort;
    this.#first = all([...order.beforeVlan.slice(1), port, field("actset_output"), ...order.layer2]);
    this.#mpls = all(order.behindVlan.filter((f) => f.prerequisite === "mpls"));
    this.#nsh = all(order.behindVlan.filter((f) => f.prerequisite === "nsh"));
    this.#ipv4 = all([...order.ipv4Addresses, ...order.ipHeader]);
    this.#ipv6 = all([...order.ipv6Addresses, ...order.ipHeader]);
    this.#arp = all(order.arp);
    this.#icmp = all(order.icmp);
    this.#icmpv6 = all(order.icmpv6);
    this.#transport = Object.fromEntries(Object.entries(order.transport).map(([p, list]) => [p, all(list)]));
    this.#tunnel = all(order.tunnel);
    // Since OpenFlow 1.5 two registers go in one.
    this.#registers = all(version >= OF15 ? registers("xreg", 8) : registers("reg", 16));
    this.#last = all(order.behindRegisters.filter((f) => !f.name.startsWith("ct_tp") && f.name !== "metadata"));
    this.#tuplePorts = all(order.behindRegisters.filter((f) => f.name.startsWith("ct_tp")));
    this.#metadata = all([field("metadata")]);
  }

  #writer(f: Field): FieldWriter {
    if (f !== dscp || this.#version >= OF12) return fieldWriter(f, this.#version);
    // NXM has the DSCP bits where they are in the header.
    const header = tlvHeader(versionCodepoint(nwTos, this.#version), false, 1);
    return (key, mask, w) => {
      if ((mask[W.nw]! & 0xfc0000) !== 0) w.u32(header).u8((key[W.nw]! >>> 16) & 0xfc);
    };
  }

  write({ key, mask, tlvs }: Match, w: WireWriter): void {
    const fields = (list: readonly Entry[]): void => {
      for (let i = 0; i < list.length; i++) {
        const { word, words, write } = list[i]!;
        let any = mask[word]!;
        for (let k = 1; k < words; k++) any |= mask[word + k]!;
        if (any !== 0) write(key, mask, w);
      }
    };
    // A match on what only Ethernet frames have says so itself, unless it is of what is left out.
    if (key[W.packetType] !== 0) fields(this.#packetType);
    else if (!matchesEthernet(mask) && (mask[W.packetType] !== 0 || matchesPayload(mask))) {
      this.#packetType[0]!.write(key, wholeMask, w);
    }
    fields(this.#first);
    const tci = mask[W.vlan0]! & 0xffff;
    if (tci !== 0) this.#vlan(key[W.vlan0]! & tci, tci, w);
    const type = mask[W.ethType] === 0xffff ? key[W.ethType]! : 0;
    if (type === EtherType.mpls || type === EtherType.mplsMulticast) fields(this.#mpls);
    fields(this.#nsh);
    const protocol = (mask[W.nw]! & 0xff) === 0xff ? key[W.nw]! & 0xff : -1;
    if (type === EtherType.ipv4) {
      fields(this.#ipv4);
      fields(protocol === IpProtocol.icmp ? this.#icmp : (this.#transport[protocol] ?? none));
    } else if (type === EtherType.ipv6) {
      fields(this.#ipv6);
      fields(protocol === IpProtocol.icmpv6 ? this.#icmpv6 : (this.#transport[protocol] ?? none));
    } else if (type === EtherType.arp || type === EtherType.rarp) fields(this.#arp);
    fields(this.#tunnel);
    if (tlvs !== undefined) this.#tunMetadata({ key, mask }, tlvs, w);
    fields(this.#registers);
    fields(this.#last);
    if ((mask[W.ctZone]! & 0xff0000) !== 0) fields(this.#tuplePorts);
    fields(this.#metadata);
  }

  #vlan(tci: number, mask: number, w: WireWriter): void {
    if (this.#version < OF12) this.#short(vlanTci, tci, mask, 0xffff, w);
    else if (mask === 0xffff && tci === 0) this.#short(vlanVid, 0, VID_BITS, VID_BITS, w);
    else {
      const vid = tci & mask & VID_BITS;
      if ((mask & VID_BITS) !== 0) this.#short(vlanVid, vid, mask & VID_BITS, VID_BITS, w);
      // A priority needs a tag, and is not said without a word of it.
      if (mask >>> 13 !== 0 && vid !== 0)
        w.u32(tlvHeader(versionCodepoint(vlanPcp, this.#version), false, 1)).u8(tci >>> 13);
    }
  }

  /** A field of two bytes. */
  #short(f: Field, value: number, mask: number, whole: number, w: WireWriter): void {
    const hasMask = mask !== whole;
    w.u32(tlvHeader(versionCodepoint(f, this.#version), hasMask, hasMask ? 4 : 2)).u16(value);
    if (hasMask) w.u16(mask);
  }

  #tunMetadata(match: Pick<Match, "key" | "mask">, tlvs: TlvMap, w: WireWriter): void {
    for (const { index, length } of tlvs.mappings) {
      if (isFieldZero(match.mask, presenceBit(index))) continue;
      const place = tlvs.field(index)!;
      const hasMask = tlvs.wasMasked(index) ?? !isFieldExact(match.mask, place);
      const bytes = new Uint8Array(length);
      w.u32(tlvHeader(versionCodepoint(place, this.#version), hasMask, (hasMask ? 2 : 1) * length));
      for (const from of hasMask ? [match.key, match.mask] : [match.key]) {
        readFieldBytes(from, place, bytes);
        w.raw(bytes);
      }
    }
  }
}

/** True where the mask has anything of an Ethernet or a VLAN header. */
function matchesEthernet(mask: FlowMask): boolean {
  return (mask[W.eth]! | mask[W.eth + 1]! | mask[W.eth + 2]! | mask[W.ethType]! | mask[W.vlan0]!) !== 0;
}

/** True where a match is of what frames hold. */
function matchesPayload(mask: FlowMask): boolean {
  for (let i: number = W.mpls; i < W.nsh; i++) if (mask[i] !== 0) return true;
  return false;
}

const wholeMask: FlowMask = newKey().fill(0xffffffff);

const none: readonly Entry[] = [];
const writers: (MatchWriter | undefined)[] = versions.map(() => undefined);

/** Writes a match as TLVs: OXM since OpenFlow 1.2, NXM before. Fields without their prerequisites are left out. */
export function encodeOxm(match: Match, version: Version, w: WireWriter): void {
  const writer = (writers[version - 1] ??= new MatchWriter(version));
  writer.write(match, w);
}
