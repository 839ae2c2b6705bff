import { u32 } from "#util/big-endian.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { CtEntry, CtExpectation, CtTcpSide, CtTuple } from "./connection-tracking.js";

/** A connection in the words of `dpctl/dump-conntrack`, in its order; what it does not show is not there. */
export type ShownConnection = {
  readonly [name: string]: string | number | { readonly [name: string]: string | number };
};

const DCCP = 33;

/** Protocols by the names that connections are shown with. */
const protocolNames: ReadonlyMap<number, string> = new Map([
  [IpProtocol.icmp, "icmp"],
  [IpProtocol.icmpv6, "icmpv6"],
  [IpProtocol.tcp, "tcp"],
  [IpProtocol.udp, "udp"],
  [IpProtocol.sctp, "sctp"],
  [IpProtocol.udpLite, "udplite"],
  [DCCP, "dccp"],
  [IpProtocol.igmp, "igmp"],
]);

/** What is shown of a connection: with `more`, both sides of TCP and the connection that announced it; with `statistics`, how long it will be remembered. */
export function showConnection(
  entry: CtEntry,
  { more, statistics }: { more: boolean; statistics: boolean },
): ShownConnection {
  const { zone, mark, helper, parent } = entry;
  const labels = entry.labels.reduce((all, word) => (all << 32n) | BigInt(word), 0n);
  const protoinfo = entry.tcp && showTcp(entry.tcp, more);
  return {
    protocol: protocolNames.get(entry.protocol) ?? String(entry.protocol),
    orig: showTuple(entry.original),
    reply: showTuple(entry.reply),
    ...(more ? { id: 0 } : {}),
    ...(zone === 0 ? {} : { zone }),
    ...(more ? { status: 0 } : {}),
    ...(statistics ? { timeout: Math.floor(entry.timeout) } : {}),
    ...(mark === 0 ? {} : { mark }),
    ...(labels === 0n ? {} : { labels: `0x${labels.toString(16)}` }),
    ...(protoinfo === undefined ? {} : { protoinfo }),
    ...(helper === undefined ? {} : { helper }),
    ...(parent === undefined || !more ? {} : { parent: showTuple(parent) }),
  };
}

/** A connection that is expected, in the same words. */
export function showExpectation({ protocol, original, zone, parent }: CtExpectation): ShownConnection {
  return {
    protocol: protocolNames.get(protocol) ?? String(protocol),
    orig: showTuple(original),
    ...(zone === 0 ? {} : { zone }),
    parent: showTuple(parent),
  };
}

function showTuple(tuple: CtTuple): { readonly [name: string]: string | number } {
  const { sourcePort, destinationPort, icmpType, icmpCode } = tuple;
  const addresses = { src: formatAddress(tuple.source), dst: formatAddress(tuple.destination) };
  if (icmpType === undefined) return { ...addresses, sport: sourcePort, dport: destinationPort };
  return { ...addresses, id: sourcePort, type: icmpType, code: icmpCode ?? 0 };
}

function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatIpv4(u32(bytes, 0));
  return formatIpv6(u32(bytes, 0), u32(bytes, 4), u32(bytes, 8), u32(bytes, 12));
}

function showTcp(tcp: NonNullable<CtEntry["tcp"]>, more: boolean): { readonly [name: string]: string | number } {
  const { original, reply, state } = tcp;
  if (!more) return { state };
  const isScaled = (original.scale ?? 0) !== 0 || (reply.scale ?? 0) !== 0;
  return {
    state_orig: original.state,
    state_reply: reply.state,
    ...(isScaled ? { wscale_orig: original.scale ?? 0, wscale_reply: reply.scale ?? 0 } : {}),
    flags_orig: showFlags(original),
    flags_reply: showFlags(reply),
  };
}

function showFlags({ scale, isLiberal }: CtTcpSide): string {
  const flags = [...(scale === undefined ? [] : ["WINDOW_SCALE"]), ...(isLiberal ? ["BE_LIBERAL"] : [])];
  return flags.join("|") || "0";
}

/** The line that shows a connection. */
export function formatConnection({ protocol, ...rest }: ShownConnection): string {
  const parts = Object.entries(rest).map(([name, value]) =>
    typeof value === "object"
      ? `${name}=(${Object.entries(value)
          .map(([key, v]) => `${key}=${v}`)
          .join(",")})`
      : `${name}=${value}`,
  );
  return [protocol, ...parts].join(",");
}
