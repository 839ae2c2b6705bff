import { IpProtocol } from "#wire/ip-protocol.js";
import {
  C,
  F_HELPER,
  HELPER_SHIFT,
  HELPERS,
  LIBERAL,
  PORTS,
  S,
  SCALED,
  SIDE_WORDS,
  TICKS,
} from "./connection-layout.js";
import type { CtBits, CtEntry, CtFilter, CtTcpSide, CtTupleFilter } from "./connection-tracking.js";
import type { Conntrack } from "./conntrack.js";
import { tupleOf } from "./describe-tuple.js";
import { mergedTcpState, TCP_STATES } from "./tcp-tracker.js";
import { isIcmp, TUPLE_ID } from "./tuple.js";

/** Row `id` as data. */
export function describeConnection(conntrack: Conntrack, id: number): CtEntry {
  const w = conntrack.pool.words(id);
  const at = conntrack.pool.row(id);
  const ident = w[at + C.id]!;
  const protocol = (ident >>> 8) & 0xff;
  const parent = conntrack.parent(id);
  return {
    protocol,
    original: tupleOf(w, at + C.original, ident),
    reply: tupleOf(w, at + C.reply, ident),
    zone: ident >>> 16,
    mark: w[at + C.mark]!,
    labels: [...w.subarray(at + C.label, at + C.label + 4)],
    tcp:
      protocol !== IpProtocol.tcp
        ? undefined
        : {
            original: sideOf(w, at + C.sides),
            reply: sideOf(w, at + C.sides + SIDE_WORDS),
            state: TCP_STATES[mergedTcpState(w, at)]!,
          },
    parent: parent && tupleOf(parent, 0, parent[TUPLE_ID]!),
    helper: HELPERS[(w[at + C.flags]! & F_HELPER) >>> HELPER_SHIFT],
    timeout: Math.max(0, (w[at + C.expires]! - conntrack.tick) | 0) / TICKS,
  };
}

function sideOf(w: Uint32Array, side: number): CtTcpSide {
  const word = w[side + S.state]!;
  return {
    state: TCP_STATES[word & 0xff]!,
    scale: (word & SCALED) === 0 ? undefined : (word >>> 8) & 0xff,
    isLiberal: (word & LIBERAL) !== 0,
  };
}

/** True where a connection is what a filter asks for. */
export function matchesFilter(conntrack: Conntrack, id: number, filter: CtFilter | undefined): boolean {
  if (filter === undefined) return true;
  const w = conntrack.pool.words(id);
  const at = conntrack.pool.row(id);
  const ident = w[at + C.id]!;
  return (
    (filter.zone === undefined || filter.zone === ident >>> 16) &&
    hasBits(w, at + C.mark, filter.mark) &&
    hasBits(w, at + C.label, filter.labels) &&
    matchesTuple(w, at + C.original, ident, filter.original) &&
    matchesTuple(w, at + C.reply, ident, filter.reply)
  );
}

function hasBits(w: Uint32Array, at: number, bits: CtBits | undefined): boolean {
  return bits === undefined || bits.mask.every((mask, i) => ((w[at + i]! ^ bits.value[i]!) & mask) === 0);
}

function matchesTuple(w: Uint32Array, at: number, ident: number, f: CtTupleFilter | undefined): boolean {
  if (f === undefined) return true;
  const protocol = (ident >>> 8) & 0xff;
  const ports = w[at + PORTS]!;
  const is = (wanted: number | undefined, value: number): boolean => wanted === undefined || wanted === value;
  if (!is(f.protocol, protocol)) return false;
  if (!hasAddress(w, at, ident, f.source) || !hasAddress(w, at + 4, ident, f.destination)) return false;
  if (isIcmp(protocol)) {
    return is(f.icmpId, ports >>> 16) && is(f.icmpType, (ports >>> 8) & 0xff) && is(f.icmpCode, ports & 0xff);
  }
  return is(f.sourcePort, ports >>> 16) && is(f.destinationPort, ports & 0xffff);
}

function hasAddress(w: Uint32Array, at: number, ident: number, address: Uint8Array | undefined): boolean {
  if (address === undefined) return true;
  if (address.length !== ((ident & 1) === 0 ? 4 : 16)) return false;
  return address.every((byte, i) => byte === ((w[at + (i >> 2)]! >>> (24 - 8 * (i & 3))) & 0xff));
}
