import { add, and, mov, mov32, or, shiftLeft, shiftRight, sub, toBigEndian } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import {
  callHelper,
  callKernel,
  jump,
  jumpAnySet,
  jumpEqual,
  jumpGreater,
  jumpLess,
  jumpNotEqual,
  jumpSignedLess,
} from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, half, loadMap, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../registers.js";
import { LOOKED_AT, scratch } from "./layout.js";
import { STACK_FREE } from "./stack.js";
import { MAX_SUMMED, SUM_STEP, type TrackPlaces, trackMaps, trackOperation } from "./track-layout.js";

type PlaceName =
  | "tuple"
  | "protocol"
  | "size"
  | "direction"
  | "translated"
  | "tick"
  | "partial"
  | "sum"
  | "ipv6"
  | "state"
  | "grown"
  | "grownPorts"
  | "operation";

/** Places on the stack, words unless said otherwise. */
export const place: Readonly<Record<PlaceName, number>> = {
  /** Source and destination, 4 words each, ports, and the word of zone, protocol and version. */
  tuple: STACK_FREE - 40,
  protocol: STACK_FREE - 44,
  /** Bytes of the transport header and what it carries. */
  size: STACK_FREE - 48,
  /** 0 original, 1 reply. */
  direction: STACK_FREE - 52,
  /** The translation that the packet has had. */
  translated: STACK_FREE - 56,
  tick: STACK_FREE - 60,
  /** 1 where the transport's checksum is to be completed. */
  partial: STACK_FREE - 64,
  /** A double word. */
  sum: STACK_FREE - 72,
  ipv6: STACK_FREE - 76,
  state: STACK_FREE - 80,
  /** How much sums have grown: by addresses, by ports; double words. */
  grown: STACK_FREE - 88,
  grownPorts: STACK_FREE - 96,
  /** The operation's address. */
  operation: STACK_FREE - 104,
};

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;
/** The header ends here, at the latest. */
const MOST_TRANSPORT = 64;
const CHECKSUM_UNNECESSARY = 1;
const CHECKSUM_PARTIAL = 3;
const FIN_SYN_RST_ACK = 0x17;
const ACK = 0x10;

/** Makes `to` the address of a header in the frame's beginning whose offset is at `offset` of the scratch memory. */
export function headerAt(to: Register, offset: number, other: string): ProgramItem[] {
  return [
    word.load(to, r7, offset),
    jumpGreater.imm(to, LOOKED_AT - MOST_TRANSPORT, other),
    add.reg(to, r7),
    ...(scratch.frame === 0 ? [] : [add.imm(to, scratch.frame)]),
  ];
}

/** Folds a sum of 32-bit words to 16 bits. */
export function fold(sum: Register, spare: Register): ProgramItem[] {
  const halve = (bits: number): ProgramItem[] => [
    mov.reg(spare, sum),
    shiftRight.imm(spare, bits),
    bits === 32 ? mov32.reg(sum, sum) : and.imm(sum, 0xffff),
    add.reg(sum, spare),
  ];
  return [...halve(32), ...halve(32), ...halve(16), ...halve(16), ...halve(16)];
}

function load16(to: Register, base: Register, from: number): ProgramItem[] {
  return [half.load(to, base, from), toBigEndian(to, 16)];
}

/**
 * Reads a packet's tuple to the stack, and goes to `other` with one that is not plain: what begins or ends a connection, fragments, errors, options in IPv4's header, and
 * whatever is wrong. r6 is the packet, r7 the scratch memory, r8 the operation; the others are lost.
 */
export function readTracked(places: TrackPlaces, skb: SkbPlaces, other: string): ProgramItem[] {
  return [...readNetwork(places, other), ...readTransport(places, other), ...judgeChecksum(skb, other)];
}

const keyAt = (index: number): number => scratch.key + 4 * index;

/** r9 becomes the protocol. */
function readNetwork({ words }: TrackPlaces, other: string): ProgramItem[] {
  const copy = (from: number, to: number): ProgramItem[] => [
    word.load(r1, r7, keyAt(from)),
    word.store(r10, place.tuple + 4 * to, r1),
  ];
  return [
    word.load(r9, r7, keyAt(words.nw)),
    jumpAnySet.imm(r9, 0x03000000, other),
    and.imm(r9, 0xff),
    word.store(r10, place.protocol, r9),
    word.storeImm(r10, place.partial, 0),
    half.load(r3, r8, trackOperation.zone),
    shiftLeft.imm(r3, 8),
    or.reg(r3, r9),
    shiftLeft.imm(r3, 8),
    ...headerAt(r5, scratch.network, other),
    word.load(r4, r7, scratch.network),
    word.load(r2, r7, scratch.transport),
    word.load(r1, r7, keyAt(words.ethType)),
    jumpEqual.imm(r1, 0x86dd, "track ipv6"),
    jumpNotEqual.imm(r1, 0x0800, other),
    byte.load(r1, r5, 0),
    and.imm(r1, 15),
    jumpNotEqual.imm(r1, 5, other),
    word.store(r10, place.tuple + 36, r3),
    word.storeImm(r10, place.ipv6, 0),
    ...load16(r3, r5, 2),
    add.reg(r3, r4),
    sub.reg(r3, r2),
    word.store(r10, place.size, r3),
    word.load(r1, r5, 0),
    ...[4, 8, 12, 16].flatMap((at) => [word.load(r2, r5, at), add.reg(r1, r2)]),
    ...fold(r1, r2),
    jumpNotEqual.imm(r1, 0xffff, other),
    ...copy(words.nwSrc, 0),
    ...copy(words.nwDst, 4),
    jump("track transport"),
    label("track ipv6"),
    or.imm(r3, 1),
    word.store(r10, place.tuple + 36, r3),
    word.storeImm(r10, place.ipv6, 1),
    ...load16(r3, r5, 4),
    add.imm(r3, 40),
    add.reg(r3, r4),
    sub.reg(r3, r2),
    word.store(r10, place.size, r3),
    ...[0, 1, 2, 3].flatMap((i) => [...copy(words.ipv6Src + i, i), ...copy(words.ipv6Dst + i, 4 + i)]),
  ];
}

/** Reads the ports, or what stands for them. r5 becomes the transport header, r9 stays the protocol. */
function readTransport({ words }: TrackPlaces, other: string): ProgramItem[] {
  const query = (name: string, types: readonly number[]): ProgramItem[] => [
    label(name),
    byte.load(r1, r5, 0),
    ...types.map((type) => jumpEqual.imm(r1, type, "track query")),
    jump(other),
  ];
  return [
    label("track transport"),
    ...headerAt(r5, scratch.transport, other),
    jumpEqual.imm(r9, TCP, "track tcp"),
    jumpEqual.imm(r9, UDP, "track udp"),
    jumpEqual.imm(r9, ICMP, "track icmp"),
    jumpEqual.imm(r9, ICMPV6, "track icmpv6"),
    word.storeImm(r10, place.tuple + 32, 0),
    jump("track checked"),
    ...query("track icmp", [8, 0, 13, 14, 15, 16]),
    ...query("track icmpv6", [128, 129]),
    label("track query"),
    word.load(r1, r7, keyAt(words.ethType)),
    // Each version has its own.
    mov.imm(r2, 0x0800),
    jumpEqual.imm(r9, ICMP, "track right icmp"),
    mov.imm(r2, 0x86dd),
    label("track right icmp"),
    jumpNotEqual.reg(r1, r2, other),
    ...load16(r1, r5, 4),
    shiftLeft.imm(r1, 16),
    ...load16(r2, r5, 0),
    or.reg(r1, r2),
    word.store(r10, place.tuple + 32, r1),
    jump("track checksum"),
    label("track udp"),
    ...load16(r1, r5, 4),
    word.load(r2, r10, place.size),
    jumpNotEqual.reg(r1, r2, other),
    jump("track ports"),
    label("track tcp"),
    byte.load(r1, r5, 13),
    and.imm(r1, FIN_SYN_RST_ACK),
    jumpNotEqual.imm(r1, ACK, other),
    label("track ports"),
    word.load(r1, r7, keyAt(words.tp)),
    word.store(r10, place.tuple + 32, r1),
    mov.reg(r2, r1),
    shiftRight.imm(r2, 16),
    jumpEqual.imm(r2, 0, other),
    and.imm(r1, 0xffff),
    jumpEqual.imm(r1, 0, other),
  ];
}

/** Goes on where the transport's checksum is right or to be completed; r9 is the protocol. */
function judgeChecksum(skb: SkbPlaces, other: string): ProgramItem[] {
  return [
    label("track checksum"),
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    byte.load(r1, r0, skb.ipSummed.byte),
    shiftRight.imm(r1, skb.ipSummed.bit),
    and.imm(r1, 3),
    jumpEqual.imm(r1, CHECKSUM_UNNECESSARY, "track checked"),
    jumpNotEqual.imm(r1, CHECKSUM_PARTIAL, "track sum"),
    half.load(r1, r0, skb.csumStart),
    double.load(r2, r0, skb.data),
    double.load(r3, r0, skb.head),
    sub.reg(r2, r3),
    sub.reg(r1, r2),
    and.imm(r1, 0xffff),
    word.load(r2, r7, scratch.transport),
    jumpNotEqual.reg(r1, r2, "track sum"),
    word.storeImm(r10, place.partial, 1),
    jump("track checked"),
    ...sumPacket(other),
    label("track checked"),
  ];
}

/** Sums a packet that nobody vouches for. */
function sumPacket(other: string): ProgramItem[] {
  return [
    label("track sum"),
    ...headerAt(r5, scratch.transport, other),
    jumpNotEqual.imm(r9, UDP, "track summed"),
    word.load(r1, r10, place.ipv6),
    jumpNotEqual.imm(r1, 0, "track summed"),
    half.load(r1, r5, 6),
    jumpEqual.imm(r1, 0, "track checked"),
    label("track summed"),
    // The pseudo header, of words as they are in the key: the sum is turned around in the end.
    mov.imm(r1, 0),
    jumpEqual.imm(r9, ICMP, "track pseudo"),
    word.load(r1, r10, place.size),
    add.reg(r1, r9),
    word.load(r2, r10, place.tuple),
    add.reg(r1, r2),
    word.load(r2, r10, place.tuple + 16),
    add.reg(r1, r2),
    word.load(r2, r10, place.ipv6),
    jumpEqual.imm(r2, 0, "track pseudo"),
    ...[1, 2, 3, 5, 6, 7].flatMap((i) => [word.load(r2, r10, place.tuple + 4 * i), add.reg(r1, r2)]),
    label("track pseudo"),
    ...fold(r1, r2),
    toBigEndian(r1, 16),
    double.store(r10, place.sum, r1),
    word.load(r9, r10, place.size),
    jumpLess.imm(r9, 8, other),
    jumpGreater.imm(r9, MAX_SUMMED, other),
    word.storeImm(r10, place.state, 0),
    loadMap(r1, trackMaps.sum),
    mov.reg(r2, r10),
    add.imm(r2, place.state),
    callHelper(helper.mapLookupElem),
    jumpEqual.imm(r0, 0, other),
    mov.reg(r3, r0),
    // Zeros behind it, up to a multiple of 4.
    mov.reg(r1, r3),
    add.reg(r1, r9),
    word.storeImm(r1, 0, 0),
    double.store(r10, place.grown, r3),
    mov.reg(r1, r6),
    word.load(r2, r7, scratch.transport),
    mov.reg(r4, r9),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, other),
    add.imm(r9, 3),
    and.imm(r9, 0xffc),
    ...Array.from({ length: MAX_SUMMED / SUM_STEP }, (_, i) => sumStep(i * SUM_STEP, other)).flat(),
    label("track whole sum"),
    double.load(r1, r10, place.sum),
    mov32.reg(r1, r1),
    ...fold(r1, r2),
    jumpNotEqual.imm(r1, 0xffff, other),
  ];
}

/** Sums the next bytes, from `from` on; r9 is how many there are in all. */
function sumStep(from: number, other: string): ProgramItem[] {
  const whole = `track sum ${from}`;
  return [
    mov.reg(r4, r9),
    ...(from === 0 ? [] : [jumpLess.imm(r4, from + 4, "track whole sum"), sub.imm(r4, from)]),
    jumpLess.imm(r4, SUM_STEP, whole),
    mov.imm(r4, SUM_STEP),
    label(whole),
    mov.imm(r1, 0),
    mov.imm(r2, 0),
    double.load(r3, r10, place.grown),
    add.imm(r3, from),
    double.load(r5, r10, place.sum),
    callHelper(helper.csumDiff),
    jumpSignedLess.imm(r0, 0, other),
    double.store(r10, place.sum, r0),
  ];
}
