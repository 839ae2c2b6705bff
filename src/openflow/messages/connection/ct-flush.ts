import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { OfpError } from "../../ofp-error.js";
import { always } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type MessageRow, nxt } from "../message.js";
import { readProperties, writeProperty } from "../property.js";

/** Forgets the tracked connections of a zone. */
export interface CtFlushZone {
  readonly kind: "ct_flush_zone";
  readonly zone: number;
}

export const ctFlushZone: MessageRow<CtFlushZone> = {
  kind: "ct_flush_zone",
  forms: [
    {
      name: "NXT_CT_FLUSH_ZONE",
      numbers: [nxt(always, 29)],
      length: [8, 0],
      decode: (r) => {
        r.skip(6);
        return { kind: "ct_flush_zone", zone: r.u16() };
      },
      encode: ({ zone }, w) => void w.zeros(6).u16(zone),
    },
  ],
  format: ({ zone }) => ` zone_id=${zone}`,
};

/** An IPv6 address in 32-bit words; IPv4 addresses are mapped (`::ffff:0:0/96`). All 0: any. */
export type CtAddress = readonly [number, number, number, number];

/** One direction of a connection. What is 0 may be anything. */
export interface CtTuple {
  readonly source: CtAddress;
  readonly destination: CtAddress;
  /** Of ICMP, the identifier. */
  readonly sourcePort: number;
  /** Of ICMP, the code (upper 8 bits) and the type. */
  readonly destinationPort: number;
}

/** Forgets the tracked connections that are such. */
export interface CtFlush {
  readonly kind: "ct_flush";
  /** Without one, all zones. */
  readonly zone?: number;
  /** IP protocol; 0: any. */
  readonly protocol: number;
  readonly original: CtTuple;
  readonly reply: CtTuple;
}

/** True of protocols whose connections have an identifier, type and code. */
export const isIcmp = (protocol: number): boolean => protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;

/** Matches anything. */
export const anyTuple: CtTuple = { source: [0, 0, 0, 0], destination: [0, 0, 0, 0], sourcePort: 0, destinationPort: 0 };

const isAny = (address: CtAddress): boolean => address.every((word) => word === 0);
/** True of addresses that are IPv4's. */
const isMapped = ([a, b, c]: CtAddress): boolean => a === 0 && b === 0 && c === 0xffff;

const Property = { original: 0, reply: 1, zone: 2 } as const;
const TupleProperty = {
  source: 0,
  destination: 1,
  sourcePort: 2,
  destinationPort: 3,
  icmpId: 4,
  icmpType: 5,
  icmpCode: 6,
} as const;

type Editable = { -readonly [K in keyof CtTuple]: CtTuple[K] };

/** Reads addresses, all of which must be of the family of the first. */
class AddressReader {
  #isIpv4: boolean | undefined;

  read(r: WireReader): CtAddress {
    const address: CtAddress = [r.u32(), r.u32(), r.u32(), r.u32()];
    const isIpv4 = isMapped(address);
    if (isIpv4 !== (this.#isIpv4 ?? isIpv4)) throw new OfpError("OFPBPC_BAD_VALUE");
    this.#isIpv4 = isIpv4;
    return address;
  }
}

/** Reads a tuple. One that is there twice is said bit by bit. */
function readTuple(r: WireReader, before: CtTuple, addresses: AddressReader): CtTuple {
  const tuple: Editable = { ...before };
  if (r.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
  r.skip(4);
  for (const { type, body } of readProperties(r)) {
    if (type === TupleProperty.source) tuple.source = addresses.read(body);
    else if (type === TupleProperty.destination) tuple.destination = addresses.read(body);
    else if (type === TupleProperty.sourcePort || type === TupleProperty.icmpId) tuple.sourcePort = body.u16();
    else if (type === TupleProperty.destinationPort) tuple.destinationPort = body.u16();
    else if (type === TupleProperty.icmpType) tuple.destinationPort = (tuple.destinationPort & 0xff00) | body.u8();
    else if (type === TupleProperty.icmpCode) tuple.destinationPort = (body.u8() << 8) | (tuple.destinationPort & 0xff);
  }
  return tuple;
}

function writeTuple(w: WireWriter, type: number, tuple: CtTuple, protocol: number): void {
  const hasPorts = tuple.sourcePort !== 0 || tuple.destinationPort !== 0 || isIcmp(protocol);
  if (isAny(tuple.source) && isAny(tuple.destination) && !hasPorts) return;
  writeProperty(w, type, () => {
    w.zeros(4);
    const address = (number: number, words: CtAddress): void => {
      if (!isAny(words))
        writeProperty(w, number, () => {
          for (const word of words) w.u32(word);
        });
    };
    address(TupleProperty.source, tuple.source);
    address(TupleProperty.destination, tuple.destination);
    if (isIcmp(protocol)) {
      writeProperty(w, TupleProperty.icmpId, () => w.u16(tuple.sourcePort).zeros(2));
      writeProperty(w, TupleProperty.icmpType, () => w.u8(tuple.destinationPort & 0xff));
      writeProperty(w, TupleProperty.icmpCode, () => w.u8(tuple.destinationPort >> 8));
    } else {
      if (tuple.sourcePort !== 0) writeProperty(w, TupleProperty.sourcePort, () => w.u16(tuple.sourcePort).zeros(2));
      if (tuple.destinationPort !== 0) {
        writeProperty(w, TupleProperty.destinationPort, () => w.u16(tuple.destinationPort).zeros(2));
      }
    }
  });
}

function formatTuple(tuple: CtTuple, protocol: number, isIpv4: boolean): string {
  const name = isIpv4 ? "ct_nw" : "ct_ipv6";
  const ports = isIcmp(protocol)
    ? `icmp_id=${tuple.sourcePort},icmp_type=${tuple.destinationPort & 0xff},icmp_code=${tuple.destinationPort >> 8}`
    : `ct_tp_src=${tuple.sourcePort},ct_tp_dst=${tuple.destinationPort}`;
  return `${name}_src=${formatAddress(tuple.source)},${name}_dst=${formatAddress(tuple.destination)},${ports}`;
}

const formatAddress = (address: CtAddress): string =>
  isMapped(address) ? formatIpv4(address[3]) : formatIpv6(...address);

export const ctFlush: MessageRow<CtFlush> = {
  kind: "ct_flush",
  forms: [
    {
      name: "NXT_CT_FLUSH",
      numbers: [nxt(always, 32)],
      length: [8, 8],
      decode: (r) => {
        const protocol = r.u8();
        if (!r.zeros(7)) throw new OfpError("NXBRC_MUST_BE_ZERO");
        const addresses = new AddressReader();
        let [original, reply] = [anyTuple, anyTuple];
        let zone: number | undefined;
        for (const { type, body } of readProperties(r)) {
          if (type === Property.original) original = readTuple(body, original, addresses);
          else if (type === Property.reply) reply = readTuple(body, reply, addresses);
          else if (type === Property.zone) zone = body.u16();
        }
        return { kind: "ct_flush", ...(zone === undefined ? {} : { zone }), protocol, original, reply };
      },
      encode: ({ zone, protocol, original, reply }, w) => {
        w.u8(protocol).zeros(7);
        writeTuple(w, Property.original, original, protocol);
        writeTuple(w, Property.reply, reply, protocol);
        if (zone !== undefined) writeProperty(w, Property.zone, () => w.u16(zone).zeros(2));
      },
    },
  ],
  format: ({ zone, protocol, original, reply }) => {
    const isIpv4 = [original.source, original.destination, reply.source, reply.destination].some(isMapped);
    const there = `${formatTuple(original, protocol, isIpv4)},ct_nw_proto=${protocol}`;
    return ` zone=${zone ?? 0} '${there}' '${formatTuple(reply, protocol, isIpv4)}'`;
  },
};
