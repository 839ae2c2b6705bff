import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import { parseUnsigned } from "../../number-text.js";
import { anyTuple, type CtAddress, type CtFlush, type CtTuple, isIcmp } from "./ct-flush.js";

const ZONE = "zone=";

/**
 * Reads what follows the switch in `ovs-ofctl ct-flush SWITCH [zone=N] [TUPLE [TUPLE]]`: the zone, the tuple of the original direction, that of
 * replies. Throws `UserError` in upstream's words.
 */
export function parseCtFlush(words: readonly string[]): CtFlush {
  const rest = [...words];
  const zone = rest[0]?.startsWith(ZONE) ? parseZone(rest.shift()!) : undefined;
  const reader = new TupleReader();
  const [original, reply] = [reader.read(rest[0] ?? ""), reader.read(rest[1] ?? "")];
  return { kind: "ct_flush", ...(zone === undefined ? {} : { zone }), protocol: reader.protocol, original, reply };
}

/** Decimal digits; the lower 16 bits count, and what follows does not. */
function parseZone(text: string): number {
  const found = /^zone=\s*([-+]?)(\d+)/.exec(text);
  if (found === null) throw new UserError("Failed to parse zone");
  const number = BigInt(found[2]!);
  return Number((found[1] === "-" ? -number : number) & 0xffffn);
}

const failed = (why: string): UserError => new UserError(`Failed to parse ct-tuple: ${why}`);
const unset = (address: CtAddress): boolean => address.every((word) => word === 0);

type Editable = { -readonly [K in keyof CtTuple]: CtTuple[K] };

/** Reads both tuples, which have one protocol and one family of addresses. */
class TupleReader {
  protocol = 0;
  #isIpv4: boolean | undefined;

  read(text: string): CtTuple {
    const tuple: Editable = { ...anyTuple };
    for (const word of text.split(/[, \t\r\n]/).filter((w) => w !== "")) {
      const equals = word.indexOf("=");
      const [key, value] = equals < 0 ? [word, ""] : [word.slice(0, equals), word.slice(equals + 1)];
      if (value === "") throw failed(`field ${key} missing value`);
      this.#field(tuple, key, value);
    }
    if (this.protocol === 0 && (tuple.sourcePort !== 0 || tuple.destinationPort !== 0)) {
      throw failed("port is set without protocol");
    }
    return tuple;
  }

  #field(tuple: Editable, key: string, value: string): void {
    const number = (max: number): number => {
      const found = parseUnsigned(value, max);
      if (found === undefined) throw failed(`failed to parse field ${key}`);
      return found;
    };
    switch (key) {
      case "ct_nw_src":
      case "ct_ipv6_src":
        tuple.source = this.#address(key, value, tuple.source);
        break;
      case "ct_nw_dst":
      case "ct_ipv6_dst":
        tuple.destination = this.#address(key, value, tuple.destination);
        break;
      case "ct_nw_proto":
        this.protocol = number(0xff);
        break;
      case "ct_tp_src":
        tuple.sourcePort = number(0xffff);
        break;
      case "ct_tp_dst":
        tuple.destinationPort = number(0xffff);
        break;
      case "icmp_id":
        this.#demandIcmp();
        tuple.sourcePort = number(0xffff);
        break;
      case "icmp_type":
        this.#demandIcmp();
        tuple.destinationPort = (tuple.destinationPort & 0xff00) | number(0xff);
        break;
      case "icmp_code":
        this.#demandIcmp();
        tuple.destinationPort = (tuple.destinationPort & 0xff) | (number(0xff) << 8);
        break;
      default:
        throw failed(`invalid conntrack tuple field: ${key}`);
    }
  }

  #demandIcmp(): void {
    if (!isIcmp(this.protocol)) throw failed("invalid L4 fields");
  }

  #address(key: string, value: string, before: CtAddress): CtAddress {
    const isIpv4 = key.startsWith("ct_nw");
    if (isIpv4 !== (this.#isIpv4 ?? isIpv4)) throw failed(`the L3 protocol does not match ${value}`);
    this.#isIpv4 = isIpv4;
    if (!unset(before)) throw failed(`${key} is set multiple times`);
    const address = isIpv4 ? mapped(parseIpv4(value)) : parseIpv6(value);
    if (address === undefined) throw failed(`failed to parse field ${key}`);
    return address;
  }
}

const mapped = (address: number | undefined): CtAddress | undefined =>
  address === undefined ? undefined : [0, 0, 0xffff, address >>> 0];
