import { formatIpv4, formatIpv6, prefixLength } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import { TCP_FLAG_NAMES } from "#wire/transport.js";
import { type Bits, getField, getFieldBig, getFieldBytes, isFieldExact } from "./access.js";
import type { Field, FieldFormat } from "./fields/field.js";
import type { FlowKey, FlowMask } from "./key.js";

export interface FormatOptions {
  /** The name to show for an OpenFlow port; its number where this gives none. */
  readonly portName?: (port: number) => string | undefined;
}

type Formatter = (key: FlowKey, mask: FlowMask, at: Bits, options: FormatOptions) => string;

/** A field's value, and mask where it is not whole, as OpenFlow text: what stands after `name=`. */
export function formatFieldValue(f: Field, key: FlowKey, mask: FlowMask, options: FormatOptions = {}): string {
  return formatters[f.format](key, mask, f, options);
}

const CT_STATE_NAMES: readonly string[] = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];

/** Decimal; a mask is hexadecimal. */
const decimal: Formatter = (key, mask, at) => {
  const value = getFieldBig(key, at);
  return isFieldExact(mask, at) ? `${value}` : `${value}/${hex(getFieldBig(mask, at))}`;
};

const hexadecimal: Formatter = (key, mask, at) => {
  const value = hex(getFieldBig(key, at));
  return isFieldExact(mask, at) ? value : `${value}/${hex(getFieldBig(mask, at))}`;
};

const ethernet: Formatter = (key, mask, at) => {
  const value = formatMac(getFieldBytes(key, at));
  return isFieldExact(mask, at) ? value : `${value}/${formatMac(getFieldBytes(mask, at))}`;
};

const ipv4: Formatter = (key, mask, at) => {
  const bits = mask[at.word]!;
  const length = prefixLength([bits]);
  const value = formatIpv4(key[at.word]!);
  if (length === 32) return value;
  return `${value}/${length ?? formatIpv4(bits)}`;
};

const ipv6: Formatter = (key, mask, at) => {
  const words = (of: FlowKey): [number, number, number, number] => [
    of[at.word]!,
    of[at.word + 1]!,
    of[at.word + 2]!,
    of[at.word + 3]!,
  ];
  const length = prefixLength(words(mask));
  const value = formatIpv6(...words(key));
  if (length === 128) return value;
  return `${value}/${length ?? formatIpv6(...words(mask))}`;
};

const port: Formatter = (key, mask, at, { portName }) => {
  const value = getField(key, at);
  return portName?.(value) ?? decimal(key, mask, at, {});
};

const frag: Formatter = (key, mask, at) => {
  const bits = getField(mask, at);
  const value = getField(key, at) & bits;
  if (bits === 1) return value === 0 ? "no" : "yes";
  if (bits === 2) return value === 0 ? "not_later" : "later";
  return value === 0 ? "no" : (value & 2) !== 0 ? "later" : "first";
};

/** `a|b` where the whole set is given, `+a-b` else. */
function flags(names: readonly string[]): Formatter {
  return (key, mask, at) => {
    const value = getField(key, at);
    const bits = getField(mask, at);
    const isSet = (i: number): boolean => ((value >>> i) & 1) !== 0;
    if (isFieldExact(mask, at)) return names.filter((_, i) => isSet(i)).join("|") || "0";
    return names.map((name, i) => (((bits >>> i) & 1) === 0 ? "" : (isSet(i) ? "+" : "-") + name)).join("");
  };
}

/** tun_flags has one visible flag, always written with its sign. */
const tunnelFlags: Formatter = (key, _mask, at) => `${getField(key, at) === 0 ? "-" : "+"}oam`;

const packetType: Formatter = (key, _mask, at) => {
  const value = getField(key, at);
  return `(${shortHex(value >>> 16)},${shortHex(value & 0xffff)})`;
};

/** Single digits as they are. */
const shortHex = (value: number): string => (value < 10 ? String(value) : `0x${value.toString(16)}`);

const formatters: Readonly<Record<FieldFormat, Formatter>> = {
  decimal,
  hexadecimal,
  ethernet,
  ipv4,
  ipv6,
  of10Port: port,
  of11Port: port,
  frag,
  tunnelFlags,
  tcpFlags: flags(TCP_FLAG_NAMES),
  ctState: flags(CT_STATE_NAMES),
  packetType,
};

function hex(value: bigint): string {
  return value === 0n ? "0" : `0x${value.toString(16)}`;
}
