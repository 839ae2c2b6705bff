import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { CtTupleFilter } from "./connection-tracking.js";

type Editable = { -readonly [K in keyof CtTupleFilter]: CtTupleFilter[K] };

/**
 * Reads the tuples of `dpctl/flush-conntrack`: that of the original direction, that of replies; they have one protocol and one family of addresses. An
 * empty one is undefined. Throws `UserError` in upstream's words.
 */
export function parseTuples(texts: readonly string[]): (CtTupleFilter | undefined)[] {
  const reader = new TupleReader();
  const read = texts.map((text) => reader.read(text));
  // The protocol that one names holds for both.
  return read.map((tuple) => {
    if (Object.keys(tuple).length === 0) return undefined;
    return reader.protocol === undefined ? tuple : { ...tuple, protocol: reader.protocol };
  });
}

class TupleReader {
  protocol: number | undefined;
  #isIpv4: boolean | undefined;

  read(text: string): CtTupleFilter {
    const tuple: Editable = {};
    for (const word of text.split(/[, \t\r\n]+/).filter((w) => w !== "")) {
      const equals = word.indexOf("=");
      const [key, value] = equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
      if (value === "") throw new UserError(`field ${key} missing value`);
      this.#field(tuple, key, value);
    }
    const hasPorts = tuple.sourcePort !== undefined || tuple.destinationPort !== undefined;
    if (hasPorts && this.protocol === undefined) throw new UserError("port is set without protocol");
    return tuple;
  }

  #field(tuple: Editable, key: string, value: string): void {
    const number = (most: number): number => {
      const found = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
      if (!(found <= most)) throw failedField(key);
      return found;
    };
    const icmp = (most: number): number => {
      if (this.protocol !== IpProtocol.icmp && this.protocol !== IpProtocol.icmpv6) {
        throw new UserError("invalid L4 fields");
      }
      return number(most);
    };
    switch (key) {
      case "ct_nw_src":
      case "ct_ipv6_src":
        tuple.source = this.#address(key, value, tuple.source);
        return;
      case "ct_nw_dst":
      case "ct_ipv6_dst":
        tuple.destination = this.#address(key, value, tuple.destination);
        return;
      case "ct_nw_proto":
        this.protocol = tuple.protocol = number(0xff);
        return;
      case "ct_tp_src":
        tuple.sourcePort = number(0xffff);
        return;
      case "ct_tp_dst":
        tuple.destinationPort = number(0xffff);
        return;
      case "icmp_id":
        tuple.icmpId = icmp(0xffff);
        return;
      case "icmp_type":
        tuple.icmpType = icmp(0xff);
        return;
      case "icmp_code":
        tuple.icmpCode = icmp(0xff);
        return;
      default:
        throw new UserError(`invalid conntrack tuple field: ${key}`);
    }
  }

  #address(key: string, value: string, before: Uint8Array | undefined): Uint8Array {
    const isIpv4 = key.startsWith("ct_nw");
    if (isIpv4 !== (this.#isIpv4 ?? isIpv4)) throw new UserError(`the L3 protocol does not match ${value}`);
    this.#isIpv4 = isIpv4;
    if (before !== undefined) throw new UserError(`${key} is set multiple times`);
    const ipv4 = isIpv4 ? parseIpv4(value) : undefined;
    const words = isIpv4 ? ipv4 !== undefined && [ipv4] : parseIpv6(value);
    if (!words) throw failedField(key);
    return Uint8Array.from(words.flatMap((w) => [w >>> 24, w >>> 16, w >>> 8, w]));
  }
}

function failedField(key: string): UserError {
  return new UserError(`failed to parse field ${key}`);
}
