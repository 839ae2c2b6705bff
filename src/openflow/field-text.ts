import { setFieldBig } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { formatFieldValue } from "#flow/format.js";
import { newKey } from "#flow/key.js";
import { UserError } from "#util/errors.js";
import { formatIpv4, parseIpv4, parseIpv6 } from "#util/ip.js";
import { formatMacWords, parseMac } from "#util/mac.js";
import { TCP_FLAG_NAMES } from "#wire/transport.js";
import { hexText, parseInteger, quickInteger } from "./number-text.js";
import { formatOfport, type PortNames, parseOfport, portFrom32 } from "./port-number.js";

/** A value of a field and the bits of it that matter. */
export interface MaskedValue {
  readonly value: bigint;
  readonly mask: bigint;
}

/** Bits of a field's value: of a VLAN's ID one more, which says that there is a header; of ARP's operation and OpenFlow 1.0's VLAN all 16; of tunnel metadata all that can be. */
export function valueBits(f: Field): number {
  if (f.name === "vlan_vid") return 13;
  if (f.name === "arp_op" || f.name === "dl_vlan") return 16;
  return f.bits === 0 ? f.bytes * 8 : f.bits;
}

/** What `set_field:oam->tun_flags` writes: the 16 bits on the wire, of which one has a name. */
export const ALL_TUNNEL_FLAGS: bigint = 0xffffn;

/** A mask of all bits that a field has on the wire. */
function wireOnes(f: Field): bigint {
  return byBytes[f.bytes]!;
}

const byBytes: readonly bigint[] = Array.from({ length: 125 }, (_, bytes) => (1n << BigInt(8 * bytes)) - 1n);

const onesByWidth: bigint[] = [];

/** As many ones. */
function onesOf(bits: number): bigint {
  return (onesByWidth[bits] ??= (1n << BigInt(bits)) - 1n);
}

/** A mask of all of a field's bits. */
function allOnes(f: Field): bigint {
  return onesOf(valueBits(f));
}

const ctStateNames = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];
const frags: Readonly<Record<string, MaskedValue>> = {
  no: { value: 0n, mask: 3n },
  yes: { value: 1n, mask: 1n },
  first: { value: 1n, mask: 3n },
  later: { value: 3n, mask: 3n },
  not_later: { value: 0n, mask: 2n },
};

/**
 * Reads what stands after `field=`, with its mask where it has one. An empty text and `*` match everything. Bits outside the mask
 * are 0, unless `keep`. Throws `UserError` in
 * upstream's words.
 */
export function parseFieldText(f: Field, given: string, ports: PortNames = {}, keep = false): MaskedValue {
  const found = parseRawFieldText(f, given === "" ? "0/0" : given, ports);
  const ones = f.name === "tun_flags" ? ALL_TUNNEL_FLAGS : allOnes(f);
  const mask = found.mask & ones;
  return { value: found.value & (keep ? ones : mask), mask };
}

/** As `parseFieldText`, with all bits that the field has on the wire: a mask is whole where every bit of its bytes is set. */
export function parseRawFieldText(f: Field, text: string, ports: PortNames = {}): MaskedValue {
  if (text === "*") return { value: 0n, mask: 0n };
  const found = parsers[f.format](f, text, ports);
  if (!f.maskable && found.mask !== 0n && found.mask !== wireOnes(f)) {
    throw new UserError(`${text}: invalid mask for field ${f.name}`);
  }
  return found;
}

type Parser = (f: Field, text: string, ports: PortNames) => MaskedValue;

const integer: Parser = (f, text) => {
  const slash = text.indexOf("/");
  const part = (t: string, what: string): bigint => {
    const value = parseFieldInteger(t);
    if (value === undefined) throw new UserError(`${text}: bad syntax for ${f.name} ${what}`);
    if (value < 0n || value > wireOnes(f)) {
      throw new UserError(`${text}: value too large for ${f.bytes}-byte field ${f.name}`);
    }
    return value;
  };
  const value = part(slash < 0 ? text : text.slice(0, slash), "value");
  return { value, mask: slash < 0 ? wireOnes(f) : part(text.slice(slash + 1), "mask") };
};

/** Numbers of fields: hexadecimal of any width, and others of 64 bits, of which negative ones are the complement. */
function parseFieldInteger(text: string): bigint | undefined {
  const quick = quickInteger(text);
  if (quick >= 0) return BigInt(quick);
  if (/^0[xX]$/.test(text)) return 0n;
  const value = parseInteger(text);
  return value !== undefined && value < 0n ? BigInt.asUintN(64, value) : value;
}

const bytesToBig = (b: Uint8Array): bigint =>
  BigInt(((b[0]! << 8) | b[1]!) * 0x100000000 + b[2]! * 0x1000000 + ((b[3]! << 16) | (b[4]! << 8) | b[5]!));
const wordsToBig = (words: readonly number[]): bigint => words.reduce((n, w) => (n << 32n) | BigInt(w >>> 0), 0n);

const ethernet: Parser = (_f, text) => {
  const parts = text.split("/").map(parseMac);
  if (parts.length > 2 || parts.includes(undefined)) throw new UserError(`${text}: invalid Ethernet address`);
  const [value, mask] = parts.map((p) => bytesToBig(p!));
  return { value: value!, mask: mask ?? 0xffffffffffffn };
};

/** Addresses, with a prefix length or a mask behind the slash. */
function address(name: string, bits: number, read: (text: string) => bigint | undefined): Parser {
  const ones = (1n << BigInt(bits)) - 1n;
  return (_f, text) => {
    const slash = text.indexOf("/");
    const value = read(slash < 0 ? text : text.slice(0, slash));
    if (value === undefined) throw new UserError(`${text}: invalid ${name} address`);
    if (slash < 0) return { value, mask: ones };
    const after = text.slice(slash + 1);
    if (/^\d+$/.test(after)) {
      if (Number(after) > bits) {
        throw new UserError(
          `${text}: ${name === "IP" ? "IPv4" : name} network prefix bits not between 0 and ${bits}, inclusive`,
        );
      }
      return { value, mask: ones & ~(ones >> BigInt(after)) };
    }
    const mask = read(after);
    if (mask === undefined) throw new UserError(`${text}: invalid ${name} address`);
    return { value, mask };
  };
}

const ipv4 = address("IP", 32, (t) => {
  const found = parseIpv4(t);
  return found === undefined ? undefined : BigInt(found >>> 0);
});
const ipv6 = address("IPv6", 128, (t) => {
  const found = parseIpv6(t);
  return found === undefined ? undefined : wordsToBig(found);
});

const port: Parser = (f, text, ports) => {
  const number = parseOfport(text, ports);
  if (number === undefined) {
    const what = f.format === "of11Port" ? "port value out of range" : "invalid or unknown port";
    throw new UserError(`${text}: ${what} for ${f.name}`);
  }
  return { value: BigInt(number), mask: wireOnes(f) };
};

const frag: Parser = (_f, text) => {
  const found = frags[text];
  if (found === undefined) {
    throw new UserError(`${text}: unknown fragment type (valid types are "no", "yes", "first", "later", "not_later"`);
  }
  return found;
};

/** `a|b` for exactly these, `+a-b` for some, or a number with or without a mask. */
function flags(names: readonly string[], what: string): Parser {
  return (f, text) => {
    const bit = (name: string): bigint => {
      const i = names.indexOf(name);
      if (i < 0) throw new UserError(`${name}: unknown ${what} flag(s)`);
      return 1n << BigInt(i);
    };
    const known = (1n << BigInt(names.length)) - 1n;
    if (/^\d/.test(text)) {
      const [value, mask] = text.split("/", 2).map(parseInteger);
      if (value === undefined || value > known) throw new UserError(`${text}: unknown ${what} flag(s)`);
      return { value, mask: mask === undefined ? wireOnes(f) : mask & known };
    }
    if (/^[-+]/.test(text)) {
      let [value, mask] = [0n, 0n];
      for (const [, sign, name] of text.matchAll(/([-+])([^-+]*)/g)) {
        const b = bit(name!);
        mask |= b;
        if (sign === "+") value |= b;
      }
      return { value, mask };
    }
    const value = text.split("|").reduce((all, name) => all | bit(name), 0n);
    return { value, mask: wireOnes(f) };
  };
}

const packetType: Parser = (_f, text) => {
  if (!text.startsWith("(")) throw new UserError(`${text}: bad syntax for packet type missing '('`);
  const found = /^\(([^,]*),([^)]*)\)$/.exec(text);
  const [ns, type] = [found?.[1], found?.[2]].map((t) => (t === undefined ? undefined : parseInteger(t)));
  if (ns === undefined || type === undefined || ns > 0xffffn || type > 0xffffn) {
    throw new UserError(`${text}: bad syntax for packet type`);
  }
  return { value: (ns << 16n) | type, mask: 0xffffffffn };
};

const parsers: Readonly<Record<Field["format"], Parser>> = {
  decimal: integer,
  hexadecimal: integer,
  ethernet,
  ipv4,
  ipv6,
  of10Port: port,
  of11Port: port,
  frag,
  tcpFlags: flags(TCP_FLAG_NAMES.slice(0, 12), "TCP"),
  ctState: flags(ctStateNames, "ct_state"),
  tunnelFlags: flags(["oam"], "tunnel"),
  packetType,
};

/** A value and its mask as `set_field` and `learn` write them. */
export function formatMaskedValue(f: Field, { value, mask }: MaskedValue, ports: PortNames = {}): string {
  if (f.bits === 0) {
    return mask === allOnes(f) ? hexText(value) : `${hexText(value)}/${hexText(mask)}`;
  }
  if (f.name === "tun_flags") return value === 0n ? "0" : "oam";
  const whole = allOnes(f);
  if (mask === whole && value <= whole) {
    if (f.format === "ipv4") return formatIpv4(Number(value));
    if (f.format === "decimal") return String(value);
    if (f.format === "ethernet") {
      const address = Number(value);
      return formatMacWords(Math.floor(address / 2 ** 32), address >>> 0);
    }
  }
  const bits = valueBits(f) === f.bits ? f : { ...f, bits: valueBits(f) };
  setFieldBig(valueKey, bits, value);
  setFieldBig(maskKey, bits, mask);
  const portName = (number: number): string => formatOfport(portFrom32(number) ?? number, ports);
  const text = formatFieldValue(bits, valueKey, maskKey, { portName });
  valueKey.fill(0, f.word, f.word + f.words);
  maskKey.fill(0, f.word, f.word + f.words);
  return text;
}

/** Where a value is put for writing it; zeros in between. */
const [valueKey, maskKey] = [newKey(), newKey()];
