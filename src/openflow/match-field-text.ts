import { getBitsAt, getField, getFieldBig, wordMask } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { formatFieldValue } from "#flow/format.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { presenceBit, type TlvMap } from "#flow/tlv-map.js";
import { formatIpv4, formatIpv6, prefixLength } from "#util/ip.js";
import { formatMacWords } from "#util/mac.js";
import { hexText } from "./number-text.js";

/** The name or number to show for a port. */
export type PortName = (port: number) => string;

/** Writes `,name=value` for a field that the mask has bits of; nothing for another. */
export type FieldPrinter = (key: FlowKey, mask: FlowMask, portName: PortName) => string;

/** Matches write some fields in another way than their values are written elsewhere. */
function numberStyle(f: Field): (value: number) => string {
  if (f.name === "recirc_id" || f.name === "tun_tos") return hexText;
  if (f.name === "ct_zone") return String;
  if (/^nsh_(spi|c\d)$/.test(f.name)) return (n) => `0x${n.toString(16)}`;
  return f.format === "decimal" ? String : hexText;
}

/** Values and masks of fields that have one: of some, 0 is `0x0`. */
function maskedStyle(f: Field): (value: number) => string {
  if (f.name === "nsh_flags") return (n) => `0x${n.toString(16).padStart(2, "0")}`;
  return /^(nsh_|tcp_|ct_tp_|tun_gbp_id)/.test(f.name) ? (n) => `0x${n.toString(16)}` : hexText;
}

/** A field's printer; `name` is how it is called in a match. */
export function fieldPrinter(f: Field, name: string): FieldPrinter {
  const lead = `,${name}=`;
  const { word, words } = f;
  const bits = Array.from({ length: f.words }, (_, i) => wordMask(f, i));
  const only = bits[0]!;
  switch (f.format) {
    case "decimal":
    case "hexadecimal": {
      if (f.bits > 32 || words > 1) break;
      const style = numberStyle(f);
      const masked = maskedStyle(f);
      return (key, mask) => {
        const m = (mask[word]! & only) >>> 0;
        if (m === 0) return "";
        const value = (key[word]! & only) >>> f.shift;
        return m === only ? lead + style(value) : `${lead}${masked(value)}/${masked(m >>> f.shift)}`;
      };
    }
    case "ethernet":
      return (key, mask) => {
        const [high, low] = [getBitsAt(mask, f, 32, 16), getBitsAt(mask, f, 0, 32)];
        if ((high | low) === 0) return "";
        const value = lead + formatMacWords(getBitsAt(key, f, 32, 16), getBitsAt(key, f, 0, 32));
        return high === 0xffff && low === 0xffffffff ? value : `${value}/${formatMacWords(high, low)}`;
      };
    case "ipv4":
      return (key, mask) => {
        const m = mask[word]!;
        if (m === 0) return "";
        const value = lead + formatIpv4(key[word]!);
        if (m === 0xffffffff) return value;
        return `${value}/${prefixLength([m]) ?? formatIpv4(m)}`;
      };
    case "ipv6":
      return (key, mask) => {
        const m = [mask[word]!, mask[word + 1]!, mask[word + 2]!, mask[word + 3]!] as const;
        if ((m[0] | m[1] | m[2] | m[3]) === 0) return "";
        const value = lead + formatIpv6(key[word]!, key[word + 1]!, key[word + 2]!, key[word + 3]!);
        const length = prefixLength(m);
        return length === 128 ? value : `${value}/${length ?? formatIpv6(...m)}`;
      };
    case "of10Port":
    case "of11Port":
      return (key, mask, portName) => (mask[word] === 0 ? "" : lead + portName(key[word]!));
  }
  return (key, mask) => {
    for (let i = 0; i < words; i++) {
      if ((mask[word + i]! & bits[i]!) !== 0) return lead + formatFieldValue(f, key, mask);
    }
    return "";
  };
}

/** `,tun_metadata<index>=value`, with the mask where its lowest bytes are not whole; the name alone where only its being there matters. */
export function printTunMetadata(key: FlowKey, mask: FlowMask, tlvs: TlvMap, index: number): string {
  const place = tlvs.field(index);
  if (place === undefined || getField(mask, presenceBit(index)) === 0) return "";
  const lead = `,tun_metadata${index}`;
  if (place.bits === 0) return tlvs.wasMasked(index) === false ? `${lead}=0` : lead;
  const bits = getFieldBig(mask, place);
  if (bits === 0n) return lead;
  const value = hexText(getFieldBig(key, place));
  return isWholeBytes(bits) ? `${lead}=${value}` : `${lead}=${value}/${hexText(bits)}`;
}

/** True where a number's bytes, but zeros on the left, are all ones. */
function isWholeBytes(bits: bigint): boolean {
  return /^(ff)+$/.test(bits.toString(16));
}
