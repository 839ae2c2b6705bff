import { UserError } from "#util/errors.js";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "#util/ip.js";
import { parseKeyValues } from "../key-value.js";
import { OfpError } from "../ofp-error.js";
import { always } from "../version.js";
import type { WireReader } from "../wire-reader.js";
import type { ActionRow } from "./action.js";
import { LONGEST, nx } from "./wire-form.js";

/** An IPv4 address, or the four words of an IPv6 one. */
type NatAddress = readonly [number] | readonly [number, number, number, number];

/** Translates addresses and ports of a connection. Only within `ct`. */
export interface Nat {
  readonly kind: "nat";
  /** Which side is translated; without one, only what the connection already has. */
  readonly side: "" | "src" | "dst";
  readonly addresses?: { readonly first: NatAddress; readonly last?: NatAddress };
  readonly ports?: { readonly first: number; readonly last?: number };
  readonly persistent: boolean;
  readonly method: "" | "hash" | "random";
}

const Flag = { src: 1, dst: 2, persistent: 4, hash: 8, random: 16 } as const;
const Present = { ipv4First: 1, ipv4Last: 2, ipv6First: 4, ipv6Last: 8, portFirst: 16, portLast: 32 } as const;

function decode(r: WireReader): Nat {
  r.skip(2);
  const [flags, present] = [r.u16(), r.u16()];
  const bad = (): OfpError => new OfpError("OFPBAC_BAD_ARGUMENT");
  const both = (a: number, b: number): boolean => (flags & a) !== 0 && (flags & b) !== 0;
  if (both(Flag.src, Flag.dst) || both(Flag.hash, Flag.random) || present > 63) throw bad();
  const side = flags & Flag.src ? "src" : flags & Flag.dst ? "dst" : "";
  if (side === "" && (flags & 31) !== 0) throw bad();
  const has = (bit: number): boolean => (present & bit) !== 0;
  if (has(Present.ipv4First) && has(Present.ipv6First)) throw bad();
  if (has(Present.ipv4Last) && !has(Present.ipv4First)) throw bad();
  if (has(Present.ipv6Last) && !has(Present.ipv6First)) throw bad();
  if (has(Present.portLast) && !has(Present.portFirst)) throw bad();
  const v4 = (): NatAddress => [r.u32()];
  const v6 = (): NatAddress => [r.u32(), r.u32(), r.u32(), r.u32()];
  const first = has(Present.ipv4First) ? v4() : undefined;
  const last = has(Present.ipv4Last) ? v4() : undefined;
  const first6 = has(Present.ipv6First) ? v6() : undefined;
  const last6 = has(Present.ipv6Last) ? v6() : undefined;
  const port = has(Present.portFirst) ? r.u16() : undefined;
  const lastPort = has(Present.portLast) ? r.u16() : undefined;
  if (side === "" && r.left >= 24) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  const [from, to] = [first ?? first6, last ?? last6];
  if (from !== undefined && to !== undefined && isAfter(from, to)) throw bad();
  if (port !== undefined && lastPort !== undefined && lastPort < port) throw bad();
  return {
    kind: "nat",
    side,
    ...(from && { addresses: { first: from, ...(to && { last: to }) } }),
    ...(port !== undefined && { ports: { first: port, ...(lastPort !== undefined && { last: lastPort }) } }),
    persistent: (flags & Flag.persistent) !== 0,
    method: flags & Flag.hash ? "hash" : flags & Flag.random ? "random" : "",
  };
}

const formatAddress = (a: NatAddress): string => (a.length === 1 ? formatIpv4(a[0]) : formatIpv6(...a));

function formatRange({ addresses, ports }: Nat): string {
  let text = "";
  if (addresses !== undefined) {
    const { first, last } = addresses;
    const bracketed = first.length === 4 && (last !== undefined || ports !== undefined);
    const one = (a: NatAddress): string => (bracketed ? `[${formatAddress(a)}]` : formatAddress(a));
    text += one(first) + (last === undefined ? "" : `-${one(last)}`);
  }
  if (ports !== undefined) text += `:${ports.first}${ports.last === undefined ? "" : `-${ports.last}`}`;
  return text;
}

function parseAddress(text: string): NatAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return [v4 >>> 0];
  return parseIpv6(text.replace(/^\[(.*)\]$/, "$1"));
}

/** `address[-address][:port[-port]]`, IPv6 addresses in brackets where something follows. */
function parseRange(text: string): Pick<Nat, "addresses" | "ports"> {
  const bad = new UserError(`invalid nat range "${text}"`);
  const found =
    /^(\[[^\]]*\]|[0-9.]+|[0-9a-fA-F:.]+)?(?:-(\[[^\]]*\]|[0-9.]+|[0-9a-fA-F:.]+))?(?::(\d+)(?:-(\d+))?)?$/.exec(text);
  if (found === null) throw bad;
  const [first, last] = [found[1], found[2]].map((t) => (t === undefined ? undefined : parseAddress(t)));
  if (found[1] !== undefined && first === undefined) throw bad;
  if (found[2] !== undefined && (last === undefined || first === undefined || last.length !== first.length)) throw bad;
  if (first !== undefined && last !== undefined && isAfter(first, last)) throw bad;
  const [port, lastPort] = [found[3], found[4]].map((t) => (t === undefined ? undefined : Number(t)));
  if ((port ?? 0) > 0xffff || (lastPort ?? 0) > 0xffff || (lastPort !== undefined && lastPort < port!)) throw bad;
  const hasPort = port !== undefined && port !== 0;
  return {
    ...(first && { addresses: { first, ...(last && !isSame(first, last) && { last }) } }),
    ...(hasPort && { ports: { first: port, ...(lastPort !== undefined && lastPort !== port && { last: lastPort }) } }),
  };
}

const isSame = (a: NatAddress, b: NatAddress): boolean => a.every((w, i) => w === b[i]);

function isAfter(a: NatAddress, b: NatAddress): boolean {
  const i = a.findIndex((w, j) => w !== b[j]);
  return i >= 0 && a[i]! > b[i]!;
}

/** Reads the argument of `nat`. Throws `UserError`. */
export function parseNat(text: string): Nat {
  let nat: Nat = { kind: "nat", side: "", persistent: false, method: "" };
  let flagged = false;
  for (const { key, value } of parseKeyValues(text)) {
    if (key === "src" || key === "dst") {
      if (nat.side !== "") throw new UserError('May only specify one of "src" or "dst".');
      nat = { ...nat, side: key, ...(value === "" ? {} : parseRange(value)) };
    } else if (key === "persistent") {
      nat = { ...nat, persistent: true };
      flagged = true;
    } else if (key === "hash" || key === "random") {
      if (nat.method !== "" && nat.method !== key) throw new UserError('Both "hash" and "random" are not allowed.');
      nat = { ...nat, method: key };
      flagged = true;
    } else throw new UserError(`invalid key "${key}" in "nat" argument`);
  }
  if (flagged && nat.side === "") throw new UserError('Flags allowed only with "src" or "dst".');
  return nat;
}

export const nat: ActionRow<Nat> = {
  kind: "nat",
  wire: [
    {
      ids: [nx(always, 36)],
      length: [16, LONGEST],
      decode,
      encode: ({ side, addresses, ports, persistent, method }, w) => {
        const is = (yes: boolean, bit: number): number => (yes ? bit : 0);
        const wide = addresses?.first.length === 4;
        w.zeros(2);
        w.u16(
          is(side === "src", Flag.src) |
            is(side === "dst", Flag.dst) |
            is(persistent, Flag.persistent) |
            is(method === "hash", Flag.hash) |
            is(method === "random", Flag.random),
        );
        w.u16(
          is(addresses !== undefined, wide ? Present.ipv6First : Present.ipv4First) |
            is(addresses?.last !== undefined, wide ? Present.ipv6Last : Present.ipv4Last) |
            is(ports !== undefined, Present.portFirst) |
            is(ports?.last !== undefined, Present.portLast),
        );
        for (const word of [...(addresses?.first ?? []), ...(addresses?.last ?? [])]) w.u32(word);
        if (ports !== undefined) w.u16(ports.first);
        if (ports?.last !== undefined) w.u16(ports.last);
      },
    },
  ],
  format: (a) => {
    if (a.side === "") return "nat";
    const range = formatRange(a);
    if (range === "") return `nat(${a.side})`;
    const parts = [`${a.side}=${range}`, a.persistent ? "persistent" : "", a.method];
    return `nat(${parts.filter((p) => p !== "").join(",")})`;
  },
  parse: { nat: parseNat },
};
