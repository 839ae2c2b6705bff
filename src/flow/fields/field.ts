/** How values of a field are written as text, ovs-fields(7) "Format". */
export type FieldFormat =
  | "decimal"
  | "hexadecimal"
  | "ethernet"
  | "ipv4"
  | "ipv6"
  | "of10Port"
  | "of11Port"
  | "frag"
  | "tunnelFlags"
  | "tcpFlags"
  | "ctState"
  | "packetType";

/** What must be true of a packet for a field to be there, ovs-fields(7) "Prerequisites". */
export type Prerequisite =
  | "none"
  | "ethernet"
  | "vlanVid"
  | "arp"
  | "ipv4"
  | "ipv6"
  | "ipAny"
  | "mpls"
  | "nsh"
  | "tcp"
  | "udp"
  | "sctp"
  | "icmpv4"
  | "icmpv6"
  | "nd"
  | "ndSolicit"
  | "ndAdvert"
  | "ct";

/**
 * A number by which a field goes in OXM or NXM: class (16 bits), field (7 bits) and, for class 0xffff, the experimenter.
 * `since` is the OpenFlow wire version whose matches may carry it (1 where it came with NXM and so is good in any).
 */
export interface Codepoint {
  readonly name: string;
  readonly class: number;
  readonly field: number;
  readonly experimenter: number | undefined;
  readonly since: number;
}

/** Support by a match of fixed form: OpenFlow 1.0's `ofp_match`, 1.1's `OFPMT_STANDARD`. */
export type FixedMatchSupport = "no" | "exact" | "cidr" | "masked";

/** One field. The significant bits are `bits` wide and start in word `word`; the last of them is `shift` bits from its word's end. */
export interface Field {
  /** Position in the table; dense from 0. */
  readonly id: number;
  readonly name: string;
  readonly aliases: readonly string[];
  /** Significant bits. */
  readonly bits: number;
  /** Bytes of the value in OXM. */
  readonly bytes: number;
  /** Arbitrary bitwise masks are allowed. */
  readonly maskable: boolean;
  /** Actions like set_field may write it. */
  readonly writable: boolean;
  readonly prerequisite: Prerequisite;
  readonly format: FieldFormat;
  readonly of10: FixedMatchSupport;
  readonly of11: FixedMatchSupport;
  /** Preferred first. Empty for a field that no OXM or NXM match can carry. */
  readonly oxm: readonly Codepoint[];
  readonly nxm: readonly Codepoint[];
  /** First word of the key that holds bits of it. */
  readonly word: number;
  /** How many words hold bits of it. */
  readonly words: number;
  /** Bits below the least significant one in the last word. */
  readonly shift: number;
  /** Of tun_metadata<n> the number n: how wide it is, a TLV map says. Undefined for other fields. */
  readonly tlv?: number;
}

/** What a row says; the rest is derived. `at` is [first word, shift]. */
export interface FieldRow {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly bits: number;
  /** Default: as many bytes as the bits need. */
  readonly bytes?: number;
  /** Default true. */
  readonly maskable?: boolean;
  /** Default true. */
  readonly writable?: boolean;
  /** Default none. */
  readonly needs?: Prerequisite;
  readonly format: FieldFormat;
  readonly of10?: FixedMatchSupport;
  readonly of11?: FixedMatchSupport;
  readonly oxm?: readonly Codepoint[];
  readonly nxm?: readonly Codepoint[];
  readonly at: readonly [word: number, shift: number];
}

/** A row completed, except for its place in the table. */
export type Row = Omit<Field, "id">;

/** Completes a row. */
export function row(r: FieldRow): Row {
  const [word, shift] = r.at;
  return {
    name: r.name,
    aliases: r.aliases ?? [],
    bits: r.bits,
    bytes: r.bytes ?? Math.ceil(r.bits / 8),
    maskable: r.maskable ?? true,
    writable: r.writable ?? true,
    prerequisite: r.needs ?? "none",
    format: r.format,
    of10: r.of10 ?? "no",
    of11: r.of11 ?? "no",
    oxm: r.oxm ?? [],
    nxm: r.nxm ?? [],
    word,
    words: Math.ceil((r.bits + shift) / 32),
    shift,
  };
}

const OF10 = 1;
const OF12 = 3;
const OF13 = 4;
const OF15 = 6;

function codepoint(cls: number, name: string, field: number, since: number, experimenter?: number): Codepoint {
  return { name, class: cls, field, experimenter, since };
}

/** `OXM_OF_<name>` of OpenFlow 1.2. */
export const of12 = (name: string, field: number): Codepoint => codepoint(0x8000, `OXM_OF_${name}`, field, OF12);
/** `OXM_OF_<name>` of OpenFlow 1.3. */
export const of13 = (name: string, field: number): Codepoint => codepoint(0x8000, `OXM_OF_${name}`, field, OF13);
/** `OXM_OF_<name>` of OpenFlow 1.5. */
export const of15 = (name: string, field: number): Codepoint => codepoint(0x8000, `OXM_OF_${name}`, field, OF15);
/** `OXM_OF_PKT_REG<n>`, class OFPXMC_PACKET_REGS. */
export const pktReg = (n: number): Codepoint => codepoint(0x8001, `OXM_OF_PKT_REG${n}`, n, OF13);
/** `ONFOXM_ET_<name>`: ONF's extension of OpenFlow 1.3. */
export const onf13 = (name: string, field: number): Codepoint =>
  codepoint(0xffff, `ONFOXM_ET_${name}`, field, OF13, 0x4f4e4600);
/** `NXM_OF_<name>`. */
export const nxmOf = (name: string, field: number): Codepoint => codepoint(0x0000, `NXM_OF_${name}`, field, OF10);
/** `NXM_NX_<name>`. */
export const nxmNx = (name: string, field: number): Codepoint => codepoint(0x0001, `NXM_NX_${name}`, field, OF10);
/** `NXOXM_NSH_<name>`. */
export const nxNsh = (name: string, field: number): Codepoint =>
  codepoint(0xffff, `NXOXM_NSH_${name}`, field, OF10, 0x005ad650);
/** `NXOXM_ET_<name>`. */
export const nxEt = (name: string, field: number): Codepoint =>
  codepoint(0xffff, `NXOXM_ET_${name}`, field, OF10, 0x00002320);
/** `ERICOXM_OF_<name>`. */
export const ericOf = (name: string, field: number): Codepoint => codepoint(0x1000, `ERICOXM_OF_${name}`, field, OF10);
