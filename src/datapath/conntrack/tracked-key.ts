import type { FlowKey } from "#flow/key.js";
import { CtState, W } from "#flow/layout.js";
import { C, F_DNAT, F_SNAT, PORTS } from "./connection-layout.js";
import { isIcmp, TUPLE_ID, type Tuple } from "./tuple.js";

/** Takes everything that connection tracking knows out of a key. */
export function clearCt(key: FlowKey): void {
  for (let i: number = W.ctState; i < W.ctIpv6Dst + 4; i++) key[i] = 0;
}

/** Writes an original direction's tuple, which is at `at` of `w` and has the identity `id`, to a key. */
export function writeTuple(key: FlowKey, w: Uint32Array, at: number, id: number): void {
  key[W.ctZone] = (key[W.ctZone]! & 0xffff) | (((id >>> 8) & 0xff) << 16);
  const ports = w[at + PORTS]!;
  key[W.ctTp] = isIcmp((id >>> 8) & 0xff) ? (((ports >>> 8) & 0xff) << 16) | (ports & 0xff) : ports;
  if ((id & 1) === 0) {
    key[W.ctNwSrc] = w[at]!;
    key[W.ctNwDst] = w[at + 4]!;
    return;
  }
  for (let i = 0; i < 4; i++) {
    key[W.ctIpv6Src + i] = w[at + i]!;
    key[W.ctIpv6Dst + i] = w[at + 4 + i]!;
  }
}

/** Writes a connection, whose row is at `at` of `w`, to the key of a packet that has `state` in it. One that was announced is shown by the tuple of its `parent`. */
export function writeConnection(
  key: FlowKey,
  w: Uint32Array,
  at: number,
  state: number,
  parent: Tuple | undefined,
): void {
  key[W.ctState] = state;
  key[W.ctMark] = w[at + C.mark]!;
  for (let i = 0; i < 4; i++) key[W.ctLabel + i] = w[at + C.label + i]!;
  if (parent === undefined) writeTuple(key, w, at + C.original, w[at + C.id]!);
  else writeTuple(key, parent, 0, parent[TUPLE_ID]!);
}

/** The bits of ct_state that say how packets of a direction are translated where a connection has these flags. */
export function natBits(flags: number, direction: number): number {
  const source = direction === 0 ? CtState.snat : CtState.dnat;
  const destination = direction === 0 ? CtState.dnat : CtState.snat;
  return ((flags & F_SNAT) !== 0 ? source : 0) | ((flags & F_DNAT) !== 0 ? destination : 0);
}
