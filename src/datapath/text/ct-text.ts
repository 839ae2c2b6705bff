import { u32 } from "#util/big-endian.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import type { CtAction, CtNat } from "../actions.js";

/** `ct` as `ovs-dpctl dump-flows` writes it. */
export function formatCt(action: CtAction): string {
  const { zone, commit, force, mark, label, helper, timeout, nat } = action;
  const parts = [
    commit ? (force ? "force_commit" : "commit") : "",
    zone === 0 ? "" : `zone=${zone}`,
    mark === undefined ? "" : `mark=${hex(BigInt(mark.value))}/${hex(BigInt(mark.mask))}`,
    label === undefined ? "" : `label=${formatLabel(wide(label.value), wide(label.mask))}`,
    helper === undefined ? "" : `helper=${helper}`,
    timeout === undefined ? "" : `timeout=${timeout}`,
    nat === undefined ? "" : formatNat(nat),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "ct" : `ct(${parts.join(",")})`;
}

const WHOLE_LABEL = (1n << 128n) - 1n;

const hex = (value: bigint): string => (value === 0n ? "0" : `0x${value.toString(16)}`);
const wide = (words: readonly number[]): bigint => words.reduce((all, word) => (all << 32n) | BigInt(word), 0n);

function formatLabel(value: bigint, mask: bigint): string {
  return mask === WHOLE_LABEL ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function formatNat({ side, addresses, ports, persistent, method }: CtNat): string {
  if (side === "") return "nat";
  const of = addresses === undefined ? "" : formatAddresses(addresses, ports !== undefined);
  const range = ports === undefined ? of : `${of}:${ports.first}${ports.last === ports.first ? "" : `-${ports.last}`}`;
  const parts = [range === "" ? side : `${side}=${range}`, persistent ? "persistent" : "", method];
  return `nat(${parts.filter((part) => part !== "").join(",")})`;
}

function formatAddresses({ first, last }: NonNullable<CtNat["addresses"]>, hasPorts: boolean): string {
  const one = (bytes: Uint8Array): string => {
    if (bytes.length === 4) return formatIpv4(u32(bytes, 0));
    const text = formatIpv6(u32(bytes, 0), u32(bytes, 4), u32(bytes, 8), u32(bytes, 12));
    return hasPorts ? `[${text}]` : text;
  };
  const isOne = first.every((byte, i) => byte === last[i]);
  return isOne ? one(first) : `${one(first)}-${one(last)}`;
}
