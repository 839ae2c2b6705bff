import { add, and, mov, or, shiftRight, sub, toBigEndian } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import {
  callHelper,
  callKernel,
  jump,
  jumpEqual,
  jumpGreater,
  jumpLess,
  jumpNotEqual,
  jumpSignedLessOrEqual,
} from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, half, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../registers.js";
import { COUNT_FREE } from "./count.js";
import { LOOKED_AT, scratch } from "./layout.js";
import type { KeyWords } from "./parse.js";
import { skb } from "./skb.js";
import { TunnelCode, TunnelMark, tunnelPop } from "./tunnel-layout.js";

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
const UDP = 8;
/** VXLAN's header, and Geneve's without options. */
const OVER_UDP = 8;
const PROTOCOL = { udp: 17, gre: 47 } as const;
/** Ethernet as what a tunnel carries (Transparent Ethernet Bridging). */
const TEB = 0x6558;
/** The first word of a VXLAN header: there is an identifier. */
const VXLAN_FLAGS = 0x08000000;
/** Behind the offsets of the headers, the parser has looked at so much. */
const ROOM = 64;
/** What has to be left of a packet behind its Ethernet header for the kernel to take it out of another; of IPv6 its whole header. */
const LEAST = 20;
/** The Ethernet type of IPv6, as it is in a header. */
const IPV6_TYPE = 0xdd86;
/** skb->ip_summed: the device found the checksum right; it is still to be made. */
const SUMMED_UNNECESSARY = 1;
const SUMMED_PARTIAL = 3;

/** What was read, on the stack: the inner Ethernet header; where it is; the identifier; flags of `TunnelMark`; UDP's ports. */
export const INNER: number = COUNT_FREE - 16;
export const AT: number = INNER - 8;
export const ID: number = AT - 8;
export const MARKS: number = ID - 8;
export const PORTS: number = MARKS - 8;
const END: number = PORTS - 8;
const NEXT: number = END - 8;
/** From here downwards the stack is free. */
export const READ_FREE: number = NEXT;

/**
 * Reads the outer headers that the operation r8 takes off, as the userspace engine's `popTunnel` does, and goes to `otherwise` where they are not quite ordinary: fragments, IP options, what is wrong, Geneve's
 * options, packets without an Ethernet header, checksums that nobody has looked at. Changes nothing.
 */
export function readTunnel(words: KeyWords, places: SkbPlaces, otherwise: string): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  return [
    double.storeImm(r10, MARKS, 0),
    double.storeImm(r10, ID, 0),
    double.storeImm(r10, PORTS, 0),
    // Fragments have bits there.
    word.load(r1, r7, at(words.nw)),
    shiftRight.imm(r1, 24),
    jumpNotEqual.imm(r1, 0, otherwise),
    ...readIp(at(words.ethType), otherwise),
    double.store(r10, END, r9),
    word.load(r1, r7, scratch.transport),
    jumpNotEqual.reg(r1, r3, otherwise),
    jumpGreater.imm(r1, LOOKED_AT - ROOM, otherwise),
    mov.reg(r9, r7),
    add.reg(r9, r1),
    double.store(r10, NEXT, r1),
    word.load(r2, r7, at(words.nw)),
    and.imm(r2, 0xff),
    word.load(r1, r8, tunnelPop.code),
    jumpEqual.imm(r1, TunnelCode.gre, "tunnel gre"),
    jumpNotEqual.imm(r2, PROTOCOL.udp, otherwise),
    ...readUdp(places, otherwise),
    jump("tunnel read"),
    label("tunnel gre"),
    jumpNotEqual.imm(r2, PROTOCOL.gre, otherwise),
    ...readGre(otherwise),
    label("tunnel read"),
    ...readInner(places, otherwise),
  ];
}

/** r9 becomes where the datagram ends, r3 where what is in it has to begin. */
function readIp(type: number, otherwise: string): ProgramItem[] {
  return [
    word.load(r4, r7, scratch.network),
    jumpGreater.imm(r4, LOOKED_AT - ROOM, otherwise),
    mov.reg(r5, r7),
    add.reg(r5, r4),
    mov.reg(r3, r4),
    word.load(r1, r7, type),
    jumpEqual.imm(r1, 0x86dd, "tunnel ipv6"),
    jumpNotEqual.imm(r1, 0x0800, otherwise),
    byte.load(r1, r5, 0),
    jumpNotEqual.imm(r1, 0x45, otherwise),
    mov.imm(r1, 0),
    ...Array.from({ length: IPV4 / 2 }, (_, i) => [half.load(r2, r5, 2 * i), add.reg(r1, r2)]).flat(),
    ...[0, 1].flatMap(() => [mov.reg(r2, r1), shiftRight.imm(r2, 16), and.imm(r1, 0xffff), add.reg(r1, r2)]),
    jumpNotEqual.imm(r1, 0xffff, otherwise),
    half.load(r9, r5, 2),
    toBigEndian(r9, 16),
    add.reg(r9, r4),
    add.imm(r3, IPV4),
    jump("tunnel ip"),
    label("tunnel ipv6"),
    byte.load(r1, r5, 0),
    shiftRight.imm(r1, 4),
    jumpNotEqual.imm(r1, 6, otherwise),
    half.load(r9, r5, 4),
    toBigEndian(r9, 16),
    add.reg(r9, r4),
    add.imm(r9, IPV6),
    add.imm(r3, IPV6),
    label("tunnel ip"),
  ];
}

/** r9 is the address of the UDP header in the scratch memory. */
function readUdp(places: SkbPlaces, otherwise: string): ProgramItem[] {
  return [
    double.load(r1, r10, NEXT),
    add.imm(r1, UDP + OVER_UDP),
    double.load(r2, r10, END),
    jumpGreater.reg(r1, r2, otherwise),
    double.store(r10, AT, r1),
    word.load(r1, r9, 0),
    toBigEndian(r1, 32),
    double.store(r10, PORTS, r1),
    half.load(r1, r9, 6),
    jumpEqual.imm(r1, 0, "tunnel unsummed"),
    ...readSummed(places),
    jumpEqual.imm(r1, SUMMED_UNNECESSARY, "tunnel summed"),
    jumpNotEqual.imm(r1, SUMMED_PARTIAL, otherwise),
    label("tunnel summed"),
    double.storeImm(r10, MARKS, TunnelMark.checksum),
    label("tunnel unsummed"),
    double.load(r2, r10, MARKS),
    or.imm(r2, TunnelMark.key),
    word.load(r1, r9, UDP),
    toBigEndian(r1, 32),
    word.load(r3, r8, tunnelPop.code),
    jumpEqual.imm(r3, TunnelCode.geneve, "tunnel geneve"),
    jumpNotEqual.imm(r1, VXLAN_FLAGS, otherwise),
    byte.load(r1, r9, UDP + 7),
    jumpNotEqual.imm(r1, 0, otherwise),
    jump("tunnel id"),
    label("tunnel geneve"),
    mov.reg(r3, r1),
    and.imm(r3, 0xffff),
    jumpNotEqual.imm(r3, TEB, otherwise),
    // Version 0, no options.
    mov.reg(r3, r1),
    shiftRight.imm(r3, 24),
    jumpNotEqual.imm(r3, 0, otherwise),
    shiftRight.imm(r1, 23),
    and.imm(r1, TunnelMark.oam),
    or.reg(r2, r1),
    label("tunnel id"),
    double.store(r10, MARKS, r2),
    word.load(r1, r9, UDP + 4),
    toBigEndian(r1, 32),
    shiftRight.imm(r1, 8),
    double.store(r10, ID, r1),
  ];
}

/** r9 is the address of the GRE header in the scratch memory. */
function readGre(otherwise: string): ProgramItem[] {
  const KEY = 0x2000;
  const SEQUENCE = 0x1000;
  return [
    word.load(r1, r9, 0),
    toBigEndian(r1, 32),
    mov.reg(r2, r1),
    and.imm(r2, 0xffff),
    jumpNotEqual.imm(r2, TEB, otherwise),
    shiftRight.imm(r1, 16),
    double.load(r3, r10, NEXT),
    add.imm(r3, 4),
    mov.reg(r2, r1),
    and.imm(r2, 0xffff & ~(KEY | SEQUENCE)),
    jumpNotEqual.imm(r2, 0, otherwise),
    mov.reg(r2, r1),
    and.imm(r2, KEY),
    jumpEqual.imm(r2, 0, "tunnel keyless"),
    add.imm(r3, 4),
    double.storeImm(r10, MARKS, TunnelMark.key),
    word.load(r2, r9, 4),
    toBigEndian(r2, 32),
    double.store(r10, ID, r2),
    label("tunnel keyless"),
    and.imm(r1, SEQUENCE),
    jumpEqual.imm(r1, 0, "tunnel unnumbered"),
    add.imm(r3, 4),
    label("tunnel unnumbered"),
    double.load(r2, r10, END),
    jumpGreater.reg(r3, r2, otherwise),
    double.store(r10, AT, r3),
  ];
}

/** r1 becomes skb->ip_summed, r0 struct sk_buff. */
function readSummed(places: SkbPlaces): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    byte.load(r1, r0, places.ipSummed.byte),
    shiftRight.imm(r1, places.ipSummed.bit),
    and.imm(r1, 3),
  ];
}

/** What is inside has to be long enough. A large segment has to be one of what is inside, whose checksum is still to be made. */
function readInner(places: SkbPlaces, otherwise: string): ProgramItem[] {
  return [
    double.load(r2, r10, AT),
    word.load(r1, r6, skb.length),
    sub.imm(r1, ETHERNET + LEAST),
    jumpLess.reg(r1, r2, otherwise),
    word.load(r1, r6, skb.gsoSize),
    jumpEqual.imm(r1, 0, "tunnel small"),
    ...readSummed(places),
    jumpNotEqual.imm(r1, SUMMED_PARTIAL, otherwise),
    half.load(r1, r0, places.csumStart),
    double.load(r2, r0, places.data),
    double.load(r3, r0, places.head),
    sub.reg(r2, r3),
    sub.reg(r1, r2),
    double.load(r2, r10, NEXT),
    jumpSignedLessOrEqual.reg(r1, r2, otherwise),
    label("tunnel small"),
    mov.reg(r1, r6),
    double.load(r2, r10, AT),
    mov.reg(r3, r10),
    add.imm(r3, INNER),
    mov.imm(r4, ETHERNET),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, otherwise),
    half.load(r1, r10, INNER + 12),
    jumpNotEqual.imm(r1, IPV6_TYPE, "tunnel long enough"),
    double.load(r2, r10, AT),
    word.load(r1, r6, skb.length),
    sub.imm(r1, ETHERNET + IPV6),
    jumpLess.reg(r1, r2, otherwise),
    label("tunnel long enough"),
  ];
}
