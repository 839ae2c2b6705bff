import { field } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { formatIpv4, parseIpv4 } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import { macNumber } from "#util/mac-number.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF11, OF12, only, since, until, type Version } from "../version.js";
import type { Action, ActionRow } from "./action.js";
import { parseMacArgument, parseU8, parseU16 } from "./argument.js";
import { numberForm, of, readAs, type WireForm } from "./wire-form.js";

/** Writes an Ethernet address. */
export interface SetEthernet {
  readonly kind: "mod_dl_src" | "mod_dl_dst";
  readonly address: Uint8Array;
}

/** Writes an IPv4 address. */
export interface SetNetwork {
  readonly kind: "mod_nw_src" | "mod_nw_dst";
  readonly address: number;
}

/** Writes a byte of the IP header: the DSCP bits (in place, `nw_tos`), the ECN bits, the TTL. */
export interface SetOctet {
  readonly kind: "mod_nw_tos" | "mod_nw_ecn" | "mod_nw_ttl";
  readonly value: number;
}

/** Writes a port of TCP, UDP or SCTP, whichever the packet has. */
export interface SetTransport {
  readonly kind: "mod_tp_src" | "mod_tp_dst";
  readonly port: number;
  /** The protocol that the flow matches, by `resolveActions`. Default TCP's. */
  readonly protocol?: number;
}

/** What says the same since OpenFlow 1.2: a set_field. */
function asField(name: string): (value: number) => readonly Action[] {
  const f = field(name);
  const mask = (1n << BigInt(f.bits)) - 1n;
  return (value) => [{ kind: "set_field", field: f, value: BigInt(value), mask }];
}

const asDscp = asField("ip_dscp");
const asEcn = asField("nw_ecn");

function setEthernet(kind: SetEthernet["kind"], of10: number, of11: number): ActionRow<SetEthernet> {
  const form = (range: typeof only, version: Version, number: number): WireForm<SetEthernet> => ({
    ids: [of(range(version), number)],
    length: [16, 16],
    decode: (r) => ({ kind, address: r.copy(6) }),
    encode: ({ address }, w) => void w.raw(address).zeros(6),
  });
  const instead = asField(kind.replace("mod_dl", "eth"));
  return {
    kind,
    wire: [
      form(only, OF10, of10),
      form(only, OF11, of11),
      { ...form(only, OF11, of11), ids: [readAs(of(since(OF12), of11))] },
    ],
    instead: ({ address }) => instead(macNumber(address)),
    format: ({ address }) => `${kind}:${formatMac(address)}`,
    parse: { [kind]: (text) => ({ kind, address: parseMacArgument(text) }) },
  };
}

export const setEthernetSource: ActionRow<SetEthernet> = setEthernet("mod_dl_src", 4, 3);
export const setEthernetDestination: ActionRow<SetEthernet> = setEthernet("mod_dl_dst", 5, 4);

function setNetwork(kind: SetNetwork["kind"], of10: number, of11: number): ActionRow<SetNetwork> {
  const ids = [of(only(OF10), of10), of(only(OF11), of11), readAs(of(since(OF12), of11))];
  const instead = asField(kind.replace("mod_nw", "ip"));
  return {
    kind,
    wire: [
      numberForm(
        ids,
        32,
        0,
        (a) => a.address,
        (address) => ({ kind, address }),
      ),
    ],
    instead: ({ address }) => instead(address),
    format: ({ address }) => `${kind}:${formatIpv4(address)}`,
    parse: {
      [kind]: (text) => {
        const address = parseIpv4(text);
        if (address === undefined) throw new UserError(`${text}: could not convert to IP address`);
        return { kind, address: address >>> 0 };
      },
    },
  };
}

export const setNetworkSource: ActionRow<SetNetwork> = setNetwork("mod_nw_src", 6, 5);
export const setNetworkDestination: ActionRow<SetNetwork> = setNetwork("mod_nw_dst", 7, 6);

/** Reads a byte whose bits outside `valid` must be 0. */
function octet(text: string, name: string, valid: number): number {
  const value = parseU8(text, name);
  if ((value & ~valid) !== 0) throw new UserError(`${text}: not a valid ${name}`);
  return value;
}

/** A byte from the wire. Throws where bits outside `valid` are set. */
function within(value: number, valid: number): number {
  if ((value & ~valid) !== 0) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return value;
}

export const setTos: ActionRow<SetOctet> = {
  kind: "mod_nw_tos",
  wire: [
    numberForm(
      [of(only(OF10), 8), of(only(OF11), 7), readAs(of(since(OF12), 7))],
      8,
      0,
      (a) => a.value,
      (value) => ({ kind: "mod_nw_tos", value: within(value, 0xfc) }),
    ),
  ],
  instead: ({ value }) => asDscp(value >> 2),
  format: ({ value }) => `mod_nw_tos:${value}`,
  parse: { mod_nw_tos: (text) => ({ kind: "mod_nw_tos", value: octet(text, "TOS", 0xfc) }) },
};

/** A load of a whole field, as OpenFlow 1.0 says what it has no action for. */
function asLoad(name: string, value: number): readonly Action[] {
  const f = field(name);
  return [{ kind: "load", destination: { field: f, start: 0, bits: f.bits }, value: BigInt(value) }];
}

export const setEcn: ActionRow<SetOctet> = {
  kind: "mod_nw_ecn",
  wire: [
    numberForm(
      [of(only(OF11), 8), readAs(of(since(OF12), 8))],
      8,
      0,
      (a) => a.value,
      (value) => ({ kind: "mod_nw_ecn", value: within(value, 3) }),
    ),
  ],
  instead: ({ value }, version) => (version === OF10 ? asLoad("nw_ecn", value) : asEcn(value)),
  format: ({ value }) => `mod_nw_ecn:${value}`,
  parse: { mod_nw_ecn: (text) => ({ kind: "mod_nw_ecn", value: octet(text, "ECN", 3) }) },
};

export const setTtl: ActionRow<SetOctet> = {
  kind: "mod_nw_ttl",
  wire: [
    numberForm(
      [of({ first: OF11, last: 6 }, 23)],
      8,
      0,
      (a) => a.value,
      (value) => ({ kind: "mod_nw_ttl", value }),
    ),
  ],
  instead: ({ value }) => asLoad("nw_ttl", value),
  format: ({ value }) => `mod_nw_ttl:${value}`,
  parse: { mod_nw_ttl: (text) => ({ kind: "mod_nw_ttl", value: octet(text, "TTL", 0xff) }) },
};

const transportNames: Readonly<Record<number, string>> = {
  [IpProtocol.tcp]: "tcp",
  [IpProtocol.udp]: "udp",
  [IpProtocol.sctp]: "sctp",
};

function setTransport(kind: SetTransport["kind"], number: number, name: string): ActionRow<SetTransport> {
  return {
    kind,
    wire: [
      numberForm(
        [of(until(OF11), number), readAs(of(since(OF12), number))],
        16,
        0,
        (a) => a.port,
        (port) => ({ kind, port }),
      ),
    ],
    instead: ({ port, protocol }) =>
      asField(kind.replace("mod_tp", transportNames[protocol ?? IpProtocol.tcp] ?? "tcp"))(port),
    format: ({ port }) => `${kind}:${port}`,
    parse: { [kind]: (text) => ({ kind, port: parseU16(text, name) }) },
  };
}

export const setTransportSource: ActionRow<SetTransport> = setTransport("mod_tp_src", 9, "source port");
export const setTransportDestination: ActionRow<SetTransport> = setTransport("mod_tp_dst", 10, "destination port");
