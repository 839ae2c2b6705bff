import type { CtFilter, CtTupleFilter } from "#datapath/conntrack/connection-tracking.js";
import {
  type CtAddress,
  type CtFlush,
  type CtFlushZone,
  type CtTuple,
  isIcmp,
} from "#openflow/messages/connection/ct-flush.js";
import type { Handler } from "../handler.js";
import { demandZeros } from "./demand-zeros.js";

/** NXT_CT_FLUSH_ZONE. */
export const ctFlushZoneHandler: Handler<CtFlushZone> = {
  kind: "ct_flush_zone",
  changes: false,
  handle: ({ zone }, { bridge, bytes }) => {
    demandZeros(bytes);
    return bridge.backer.datapath.conntrack.flush({ zone }).then(() => undefined);
  },
};

/** NXT_CT_FLUSH: connections of a zone, a protocol, addresses and ports; what is 0 may be anything. */
export const ctFlushHandler: Handler<CtFlush> = {
  kind: "ct_flush",
  changes: false,
  handle: (body, { bridge }) => bridge.backer.datapath.conntrack.flush(ctFilter(body)).then(() => undefined),
};

/** Which connections a request is about. */
function ctFilter({ zone, protocol, original, reply }: CtFlush): CtFilter {
  return {
    ...(zone === undefined ? {} : { zone }),
    original: tupleFilter(original, protocol),
    reply: tupleFilter(reply, protocol),
  };
}

function tupleFilter({ source, destination, sourcePort, destinationPort }: CtTuple, protocol: number): CtTupleFilter {
  const [from, to] = [address(source), address(destination)];
  return {
    ...(protocol !== 0 && { protocol }),
    ...(from && { source: from }),
    ...(to && { destination: to }),
    ...(isIcmp(protocol) ? icmp(sourcePort, destinationPort) : ports(sourcePort, destinationPort)),
  };
}

const ports = (sourcePort: number, destinationPort: number): CtTupleFilter => ({
  ...(sourcePort !== 0 && { sourcePort }),
  ...(destinationPort !== 0 && { destinationPort }),
});

/** Of ICMP, ports are the identifier, and code and type. */
const icmp = (id: number, codeAndType: number): CtTupleFilter => ({
  ...(id !== 0 && { icmpId: id }),
  ...((codeAndType & 0xff) !== 0 && { icmpType: codeAndType & 0xff }),
  ...(codeAndType >> 8 !== 0 && { icmpCode: codeAndType >> 8 }),
});

const IPV4_MAPPED = 0xffff;

/** The bytes of an address; undefined for any. */
function address(words: CtAddress): Uint8Array | undefined {
  if (words.every((word) => word === 0)) return undefined;
  const [a, b, c] = words;
  const shown = a === 0 && b === 0 && c === IPV4_MAPPED ? words.slice(3) : words;
  return Uint8Array.from(shown.flatMap((w) => [w >>> 24, (w >>> 16) & 0xff, (w >>> 8) & 0xff, w & 0xff]));
}
