import type { Field } from "#flow/fields/field.js";
import { fieldByCodepoint } from "#flow/fields/table.js";
import { u16, u32 } from "#util/big-endian.js";
import type { Hole } from "./hole.js";

/** A value that no hole is for, where one could be. */
interface KnownInstead {
  readonly instead: Hole;
}

/** A number of bytes (1, 2 or 4) that a template knows by their value, or a hole. */
export type Part = number | Hole | KnownInstead;

/** Bytes that a part has. */
export function partSize(part: Part): number {
  if (typeof part === "number") return part;
  return "instead" in part ? part.instead.size : part.size;
}

const OXM_MATCH = 1;
const APPLY_ACTIONS = 4;
const EXPERIMENTER = 0xffff;
const NICIRA = 0x2320;

/** Numbers of actions since OpenFlow 1.2, and of Nicira's. */
const [OUTPUT, SET_QUEUE, GROUP, SET_FIELD] = [0, 21, 22, 25];
const [LOAD, RESUBMIT_TABLE, CT] = [7, 14, 35];

/** Ports beyond have meanings of their own. */
const LAST_PORT = 0xfeff;
const LAST_GROUP = 0xfffffeff;
const port: Hole = { style: "decimal", size: 2, max: LAST_PORT, orKnown: true };
/** A VLAN's number, of a packet that has a header. */
const vlan: Hole = { style: "decimal", size: 2, min: 0x1000, max: 0x1fff, shown: 0xfff };
/** The same in NXM, where its priority does not matter. */
const vlanTci: Hole = { ...vlan, masked: true };

/**
 * Fields whose values decide nothing but how they are written themselves: no prerequisite, and no other field's text. All others are known by
 * their values.
 */
const free: ReadonlySet<string> = new Set(
  `eth_src eth_dst ip_src ip_dst ipv6_src ipv6_dst arp_spa arp_tpa tcp_src tcp_dst udp_src udp_dst sctp_src sctp_dst metadata tun_id tun_src
   tun_dst pkt_mark ct_mark ct_zone conj_id dp_hash ${Array.from({ length: 16 }, (_, i) => `reg${i}`).join(" ")}`.split(
    /\s+/,
  ),
);

const styles: Readonly<Partial<Record<Field["format"], Hole["style"]>>> = {
  decimal: "decimal",
  hexadecimal: "hex",
  ethernet: "mac",
  ipv4: "ipv4",
  ipv6: "ipv6",
};

const sizes: ReadonlySet<number> = new Set([1, 2, 4, 6, 8, 16]);

function holeOf(f: Field, masked: boolean): Hole | undefined {
  const style = styles[f.format];
  if (!free.has(f.name) || style === undefined || !sizes.has(f.bytes)) return undefined;
  if (8 * f.bytes !== f.bits || (style === "decimal" && f.bytes > 4)) return undefined;
  if (!masked) return { style, size: f.bytes };
  return { style: style === "decimal" ? "hex0" : style, size: f.bytes, masked: true };
}

/**
 * The parts of a flow's match (OXM, with its header and its padding) and instructions, as they lie between two places. What a part is depends
 * on nothing but the parts before it. Undefined where lengths do not fit together.
 */
export function flowParts(bytes: Uint8Array, start: number, end: number): Part[] | undefined {
  return new PartReader(bytes, start, end).all();
}

/** As `flowParts`, of NXM of this length with its padding, and the actions of OpenFlow 1.0. */
export function nxFlowParts(bytes: Uint8Array, start: number, end: number, matchLength: number): Part[] | undefined {
  return new PartReader(bytes, start, end).allOfNxm(matchLength);
}

/** What actions of OpenFlow 1.0 have behind their length: VLAN, Ethernet and IPv4 addresses, ports, by their numbers. */
const oldHoles: Readonly<Record<number, Hole>> = {
  1: { style: "decimal", size: 2, max: 0xfff },
  4: { style: "mac", size: 6 },
  5: { style: "mac", size: 6 },
  6: { style: "ipv4", size: 4 },
  7: { style: "ipv4", size: 4 },
  9: { style: "decimal", size: 2 },
  10: { style: "decimal", size: 2 },
};

class PartReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #parts: Part[] = [];
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  all(): Part[] | undefined {
    return this.#match() && this.#instructions() ? this.#parts : undefined;
  }

  allOfNxm(matchLength: number): Part[] | undefined {
    return this.#fields(this.#at, this.#at + matchLength) && this.#oldActions() ? this.#parts : undefined;
  }

  /** So many bytes are known by their value. */
  #known(count: number): void {
    let left = count;
    for (; left >= 4; left -= 4) this.#parts.push(4);
    if (left >= 2) this.#parts.push(2);
    if (left % 2 === 1) this.#parts.push(1);
    this.#at += count;
  }

  #hole(hole: Hole): void {
    this.#parts.push(hole);
    this.#at += hole.size;
  }

  #match(): boolean {
    const start = this.#at;
    if (this.#end - start < 4 || u16(this.#bytes, start) !== OXM_MATCH) return false;
    const length = u16(this.#bytes, start + 2);
    if (length < 4) return false;
    this.#known(4);
    return this.#fields(start, start + length);
  }

  /** Fields up to `end`, and padding up to a multiple of 8 bytes behind `start`. */
  #fields(start: number, end: number): boolean {
    const padding = (8 - ((end - start) % 8)) % 8;
    if (end + padding > this.#end) return false;
    while (this.#at < end) if (!this.#field(end)) return false;
    this.#known(padding);
    return true;
  }

  /** A field with its value, which ends before `end`. */
  #field(end: number): boolean {
    if (end - this.#at < 4) return false;
    const bytes = this.#bytes;
    const cls = u16(bytes, this.#at);
    const number = bytes[this.#at + 2]!;
    const length = bytes[this.#at + 3]!;
    if (this.#at + 4 + length > end) return false;
    this.#known(4);
    const hasMask = (number & 1) !== 0;
    const f = cls === EXPERIMENTER ? undefined : fieldByCodepoint(cls, number >> 1);
    if (f === undefined || length !== (hasMask ? 2 : 1) * f.bytes) this.#known(length);
    else if (f.name === "vlan_vid" && !hasMask) this.#hole(vlan);
    else if (f.name === "vlan_tci" && hasMask) this.#masked(vlanTci);
    else if (f.format === "of11Port" && !hasMask) this.#port();
    else if (f.name === "in_port" && !hasMask) this.#shortPort();
    else {
      const hole = holeOf(f, hasMask);
      if (hole === undefined) this.#known(length);
      else if (hasMask) this.#masked(hole);
      else this.#hole(hole);
    }
    return true;
  }

  #masked(hole: Hole): void {
    this.#hole(hole);
    this.#known(hole.size);
  }

  /** A port of 32 bits: the upper half says whether it is one. */
  #port(): void {
    const isReserved = u16(this.#bytes, this.#at) !== 0;
    this.#known(2);
    if (isReserved) this.#known(2);
    else this.#shortPort();
  }

  /** A port of 16 bits. */
  #shortPort(): void {
    if (u16(this.#bytes, this.#at) <= LAST_PORT) {
      this.#hole(port);
      return;
    }
    this.#parts.push({ instead: port });
    this.#at += 2;
  }

  #instructions(): boolean {
    while (this.#at < this.#end) {
      const start = this.#at;
      if (this.#end - start < 8) return false;
      const type = u16(this.#bytes, start);
      const length = u16(this.#bytes, start + 2);
      const end = start + length;
      if (length < 8 || length % 8 !== 0 || end > this.#end) return false;
      this.#known(4);
      if (type === APPLY_ACTIONS) {
        this.#known(4);
        while (this.#at < end) if (!this.#action(end)) return false;
      } else this.#known(length - 4);
    }
    return true;
  }

  #oldActions(): boolean {
    while (this.#at < this.#end) if (!this.#oldAction()) return false;
    return true;
  }

  /** An action of OpenFlow 1.0. */
  #oldAction(): boolean {
    const start = this.#at;
    const [type, length] = this.#actionHeader(this.#end);
    if (length === 0) return false;
    if (type === OUTPUT && length === 8) this.#shortPort();
    else if (type === EXPERIMENTER && length >= 16) this.#experimenter(length);
    else {
      const hole = oldHoles[type];
      if (hole !== undefined && length === (hole.size > 4 ? 16 : 8)) this.#hole(hole);
    }
    this.#known(start + length - this.#at);
    return true;
  }

  /** An action's type and length; 0 where that is no length, or goes beyond `end`. */
  #actionHeader(end: number): readonly [type: number, length: number] {
    const start = this.#at;
    if (end - start < 8) return [0, 0];
    const length = u16(this.#bytes, start + 2);
    if (length < 8 || length % 8 !== 0 || start + length > end) return [0, 0];
    this.#known(4);
    return [u16(this.#bytes, start), length];
  }

  #action(end: number): boolean {
    const start = this.#at;
    const [type, length] = this.#actionHeader(end);
    if (length === 0) return false;
    if (type === OUTPUT && length === 16) this.#port();
    else if (type === SET_QUEUE && length === 8) this.#hole({ style: "decimal", size: 4 });
    else if (type === GROUP && length === 8) this.#hole({ style: "decimal", size: 4, max: LAST_GROUP });
    else if (type === SET_FIELD) this.#setField(start + length);
    else if (type === EXPERIMENTER && length >= 16) this.#experimenter(length);
    this.#known(start + length - this.#at);
    return true;
  }

  #setField(end: number): void {
    const bytes = this.#bytes;
    const number = bytes[this.#at + 2]!;
    const f = fieldByCodepoint(u16(bytes, this.#at), number >> 1);
    const length = bytes[this.#at + 3]!;
    this.#known(4);
    const hole = f === undefined || (number & 1) !== 0 || length !== f.bytes ? undefined : holeOf(f, false);
    if (hole !== undefined && this.#at + hole.size <= end) this.#hole(hole);
  }

  #experimenter(length: number): void {
    const vendor = u32(this.#bytes, this.#at);
    this.#known(4);
    if (vendor !== NICIRA) return;
    const subtype = u16(this.#bytes, this.#at);
    this.#known(2);
    if (subtype === LOAD && length === 24) this.#load();
    else if (subtype === RESUBMIT_TABLE && length === 16) {
      this.#known(2);
      this.#hole({ style: "decimal", size: 1, max: 254 });
    } else if (subtype === CT && length >= 24) {
      const isNumber = u32(this.#bytes, this.#at + 2) === 0;
      this.#known(6);
      if (isNumber) this.#hole({ style: "decimal", size: 2, min: 1 });
    }
  }

  #load(): void {
    const bits = (u16(this.#bytes, this.#at) & 0x3f) + 1;
    const f = fieldByCodepoint(u16(this.#bytes, this.#at + 2), this.#bytes[this.#at + 4]! >> 1);
    this.#known(6);
    if (f !== undefined && free.has(f.name)) this.#hole({ style: "hex", size: 8, bits });
  }
}
