import { helper } from "../helpers.js";
import { errno } from "./interpreted-map.js";
import type { Callee, Machine } from "./machine.js";
import { Skb } from "./skb.js";

const CHECKSUM_PARTIAL = 3;
const EFAULT = 14;
const SIZE = 0xf;
const PSEUDO_HEADER = 0x10;
const MARK_MANGLED_ZERO = 0x20;
const MARK_ENFORCE = 0x40;

/** The one's complement sum of 16-bit numbers, folded. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff);
  return folded;
}

/** The sum of bytes as little-endian 16-bit numbers: what the kernel's checksums are on machines of that order. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]! << (8 * (i & 1));
  return fold(sum);
}

/** The 16-bit halves of a value of `size` bytes, added. */
function sumOfValue(value: number, size: number): number {
  return size === 2 ? value & 0xffff : fold((value & 0xffff) + (value >>> 16));
}

interface Change {
  readonly from: number;
  readonly to: number;
  /** 0 where `to` is the difference itself. */
  readonly size: number;
}

/** What has to be added to a sum, as a sum. */
function difference({ from, to, size }: Change): number {
  return size === 0 ? fold(to >>> 0) : fold((~sumOfValue(from, size) & 0xffff) + sumOfValue(to, size));
}

/** The checksum of a header after a change of what it covers. */
function replaced(old: number, change: Change): number {
  return ~fold((~old & 0xffff) + difference(change)) & 0xffff;
}

function place(machine: Machine): { skb: Skb; at: number; view: DataView } | undefined {
  const skb = machine.context(Skb);
  const at = machine.argument32(2);
  if ((at & 1) !== 0 || at > 0xffff || at + 2 > skb.bytes.length) return undefined;
  return { skb, at, view: new DataView(skb.bytes.buffer, skb.bytes.byteOffset) };
}

function changeOf(machine: Machine, flags: number): Change | undefined {
  const size = flags & SIZE;
  const change = { from: machine.argument32(3), to: machine.argument32(4), size };
  return size === 0 ? (change.from === 0 ? change : undefined) : size === 2 || size === 4 ? change : undefined;
}

const networkReplace: Callee = (machine) => {
  const flags = machine.argument32(5);
  if ((flags & ~SIZE) !== 0) return BigInt(-errno.EINVAL);
  const found = place(machine);
  if (!found) return BigInt(-EFAULT);
  const change = changeOf(machine, flags);
  if (!change) return BigInt(-errno.EINVAL);
  found.view.setUint16(found.at, replaced(found.view.getUint16(found.at, true), change), true);
  machine.context(Skb).packet.pull(0);
  return 0n;
};

const transportReplace: Callee = (machine) => {
  const flags = machine.argument32(5);
  const known = SIZE | PSEUDO_HEADER | MARK_MANGLED_ZERO | MARK_ENFORCE;
  if ((flags & ~known) !== 0) return BigInt(-errno.EINVAL);
  const found = place(machine);
  if (!found) return BigInt(-EFAULT);
  const { skb, at, view } = found;
  const old = view.getUint16(at, true);
  const marksZero = (flags & MARK_MANGLED_ZERO) !== 0;
  if (marksZero && (flags & MARK_ENFORCE) === 0 && old === 0) return 0n;
  const change = changeOf(machine, flags);
  if (!change) return BigInt(-errno.EINVAL);
  const sum = transportSum(skb, old, change, (flags & PSEUDO_HEADER) !== 0);
  view.setUint16(at, sum === 0 && marksZero ? 0xffff : sum, true);
  skb.packet.pull(0);
  return 0n;
};

/** Half done, a checksum holds the sum of the pseudo-header and not its complement; the rest of what it covers is added later. */
function transportSum({ checksum }: Skb, old: number, change: Change, isPseudoHeader: boolean): number {
  if (checksum.state !== CHECKSUM_PARTIAL) return replaced(old, change);
  return isPseudoHeader ? fold(old + difference(change)) : old;
}

/** The difference of two pieces of memory, to be given to the others. */
const diff: Callee = (machine) => {
  const [fromSize, toSize] = [machine.argument32(2), machine.argument32(4)];
  if (((fromSize | toSize) & 3) !== 0) return BigInt(-errno.EINVAL);
  const from = fromSize === 0 ? new Uint8Array() : machine.memory.read(machine.argument(1), fromSize);
  const to = toSize === 0 ? new Uint8Array() : machine.memory.read(machine.argument(3), toSize);
  const taken = fromSize === 0 ? 0 : ~sumOf(from) & 0xffff;
  return BigInt(fold(taken + sumOf(to) + fold(machine.argument32(5))));
};

/** Helpers that keep checksums right. */
export const checksumHelpers: Readonly<Record<number, Callee>> = {
  [helper.l3CsumReplace]: networkReplace,
  [helper.l4CsumReplace]: transportReplace,
  [helper.csumDiff]: diff,
  [helper.csumUpdate]: () => BigInt(-95),
  [helper.csumLevel]: () => BigInt(-errno.EINVAL),
};
