import { add, and, mov, or, shiftLeft, shiftRight, sub, toBigEndian } from "../alu.js";
import {
  callHelper,
  jump,
  jumpAnySet,
  jumpEqual,
  jumpGreater,
  jumpLess,
  jumpLessOrEqual,
  jumpNotEqual,
} from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { byte, double, half, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 } from "../registers.js";
import { LOOKED_AT, scratch } from "./layout.js";
import { skb } from "./skb.js";

/** Indexes of the key words that the program fills, as `W` of the flow layer names them. */
export interface KeyWords {
  readonly eth: number;
  readonly ethType: number;
  readonly vlan0: number;
  readonly vlan1: number;
  readonly nwSrc: number;
  readonly nwDst: number;
  readonly ipv6Src: number;
  readonly ipv6Label: number;
  readonly nw: number;
  readonly ndTarget: number;
  readonly arpHw: number;
  readonly l4: number;
  readonly tp: number;
  readonly igmpGroup: number;
  readonly skbPriority: number;
  readonly pktMark: number;
  readonly recircId: number;
  readonly inPort: number;
  readonly dpHash: number;
  readonly ctState: number;
  /** The first word behind the headers'. */
  readonly tunMetadata: number;
}

/** Where parsing goes when it is done: the key is whole, or the frame is not for the program. */
export interface ParseEnds {
  readonly known: string;
  readonly other: string;
}

const ETHERNET = 14;
/** The longest frame whose lengths are beyond doubt. */
const LONGEST = 65535 + ETHERNET;
const VLAN = 0x8100;
const QINQ = 0x88a8;
const TAG_PRESENT = 0x1000;
const LEAST_TYPE = 0x0600;
/** With this header, the transport's checksum may be of another destination. */
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const FRAGMENT_ANY = 0x01000000;
const FRAGMENT_LATER = 0x02000000;
/** Neighbour messages (RFC 4861), where their first option begins, and options that hold an address. */
const [SOLICIT, ADVERT, OPTION, SOURCE_ADDRESS, TARGET_ADDRESS] = [135, 136, 24, 1, 2];
/** Extension headers that are followed. */
const MAX_EXTENSIONS = 4;
/** Bytes that must lie within what is looked at behind the place of a header with a place that varies. */
const ROOM = 64;

/**
 * Reads a frame's key, word for word as `extractKey` does, where it can be sure of that: else it goes to `ends.other`. r6 is the packet, r7
 * the scratch memory; the others are lost. Words that are no header's stay as they are.
 */
export function parseFrame(words: KeyWords, ends: ParseEnds): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  const parts = { at, words, ends };
  return [
    ...loadFrame(ends),
    ...Array.from({ length: (words.tunMetadata + 1 - words.eth) >> 1 }, (_, i) =>
      double.storeImm(r7, at(words.eth) + 8 * i, 0),
    ),
    ...[0, 1, 2].flatMap((i) => copyWord(r7, 4 * i, at(words.eth + i))),
    ...readTags(parts),
    label("parse network"),
    jumpLess.imm(r1, LEAST_TYPE, ends.other),
    word.store(r7, at(words.ethType), r1),
    word.store(r7, scratch.network, r8),
    mov.reg(r5, r7),
    add.reg(r5, r8),
    jumpEqual.imm(r1, 0x0800, "parse ipv4"),
    jumpEqual.imm(r1, 0x86dd, "parse ipv6"),
    jumpEqual.imm(r1, 0x0806, "parse arp"),
    jumpEqual.imm(r1, 0x8035, "parse arp"),
    // MPLS and NSH.
    jumpEqual.imm(r1, 0x8847, ends.other),
    jumpEqual.imm(r1, 0x8848, ends.other),
    jumpEqual.imm(r1, 0x894f, ends.other),
    jump(ends.known),
    ...readArp(parts),
    ...readIpv4(parts),
    ...readIpv6(parts),
    ...readTransport(parts),
  ];
}

interface Parts {
  /** Offset in the scratch memory of a key word. */
  readonly at: (index: number) => number;
  readonly words: KeyWords;
  readonly ends: ParseEnds;
}

/** Copies the frame's beginning to the scratch memory; r9 becomes its length, without a tag in the metadata. */
function loadFrame(ends: ParseEnds): ProgramItem[] {
  return [
    word.load(r9, r6, skb.length),
    jumpLess.imm(r9, ETHERNET, ends.other),
    jumpGreater.imm(r9, LONGEST, ends.other),
    mov.reg(r4, r9),
    jumpLess.imm(r4, LOOKED_AT, "parse load"),
    mov.imm(r4, LOOKED_AT),
    label("parse load"),
    mov.reg(r1, r6),
    mov.imm(r2, 0),
    mov.reg(r3, r7),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, ends.other),
  ];
}

/** Copies a big-endian word of the frame into the key; r1 is lost. */
function copyWord(base: Register, from: number, to: number): ProgramItem[] {
  return [word.load(r1, base, from), toBigEndian(r1, 32), word.store(r7, to, r1)];
}

function load16(to: Register, base: Register, from: number): ProgramItem[] {
  return [half.load(to, base, from), toBigEndian(to, 16)];
}

/** Reads up to two tags, the outer one perhaps from the metadata; r1 becomes the type behind them, r8 the place of what follows it. */
function readTags({ at, words, ends }: Parts): ProgramItem[] {
  const tag = (name: string, place: number, target: number): ProgramItem[] => [
    mov.imm(r8, place),
    ...load16(r1, r7, place - 2),
    jumpEqual.imm(r1, VLAN, name),
    jumpNotEqual.imm(r1, QINQ, "parse network"),
    label(name),
    jumpLess.imm(r9, place + 4, ends.other),
    ...load16(r2, r7, place),
    shiftLeft.imm(r1, 16),
    or.reg(r1, r2),
    or.imm(r1, TAG_PRESENT),
    word.store(r7, target, r1),
  ];
  const behind = (place: number): ProgramItem[] => [mov.imm(r8, place), ...load16(r1, r7, place - 2)];
  return [
    word.load(r2, r6, skb.vlanPresent),
    jumpEqual.imm(r2, 0, "parse plain"),
    word.load(r3, r6, skb.vlanProto),
    toBigEndian(r3, 16),
    shiftLeft.imm(r3, 16),
    word.load(r2, r6, skb.vlanTci),
    and.imm(r2, 0xffff),
    or.reg(r3, r2),
    or.imm(r3, TAG_PRESENT),
    word.store(r7, at(words.vlan0), r3),
    ...tag("parse inner tag", ETHERNET, at(words.vlan1)),
    ...behind(ETHERNET + 4),
    jump("parse network"),
    label("parse plain"),
    ...tag("parse tag", ETHERNET, at(words.vlan0)),
    ...tag("parse second tag", ETHERNET + 4, at(words.vlan1)),
    ...behind(ETHERNET + 8),
  ];
}

/** Ends where fewer than `size` bytes are there from r8 on; r2 is lost. */
function need(size: number, ends: ParseEnds): ProgramItem[] {
  return [mov.reg(r2, r8), add.imm(r2, size), jumpGreater.reg(r2, r9, ends.other)];
}

function readArp({ at, words, ends }: Parts): ProgramItem[] {
  return [
    label("parse arp"),
    ...need(28, ends),
    word.load(r1, r5, 0),
    toBigEndian(r1, 32),
    jumpNotEqual.imm(r1, 0x00010800, ends.other),
    ...load16(r1, r5, 4),
    jumpNotEqual.imm(r1, 0x0604, ends.other),
    ...copyWord(r5, 14, at(words.nwSrc)),
    ...copyWord(r5, 24, at(words.nwDst)),
    ...copyWord(r5, 8, at(words.arpHw)),
    ...load16(r1, r5, 12),
    shiftLeft.imm(r1, 16),
    ...load16(r2, r5, 18),
    or.reg(r1, r2),
    word.store(r7, at(words.arpHw + 1), r1),
    ...copyWord(r5, 20, at(words.arpHw + 2)),
    ...load16(r1, r5, 6),
    jumpGreater.imm(r1, 0xff, ends.known),
    word.store(r7, at(words.nw), r1),
    jump(ends.known),
  ];
}

/** r9 becomes the datagram's end, r8 the place of its payload, r1 the protocol. */
function readIpv4({ at, words, ends }: Parts): ProgramItem[] {
  return [
    label("parse ipv4"),
    ...need(20, ends),
    byte.load(r2, r5, 0),
    and.imm(r2, 0x0f),
    shiftLeft.imm(r2, 2),
    jumpLess.imm(r2, 20, ends.other),
    mov.reg(r4, r9),
    sub.reg(r4, r8),
    jumpGreater.reg(r2, r4, ends.other),
    ...load16(r3, r5, 2),
    jumpLess.reg(r3, r2, ends.other),
    jumpGreater.reg(r3, r4, ends.other),
    mov.reg(r9, r8),
    add.reg(r9, r3),
    ...copyWord(r5, 12, at(words.nwSrc)),
    ...copyWord(r5, 16, at(words.nwDst)),
    ...load16(r3, r5, 6),
    mov.imm(r4, 0),
    and.imm(r3, 0x3fff),
    jumpEqual.imm(r3, 0, "parse ipv4 whole"),
    or.imm(r4, FRAGMENT_ANY),
    and.imm(r3, 0x1fff),
    jumpEqual.imm(r3, 0, "parse ipv4 whole"),
    or.imm(r4, FRAGMENT_LATER),
    label("parse ipv4 whole"),
    byte.load(r1, r5, 1),
    shiftLeft.imm(r1, 16),
    or.reg(r4, r1),
    byte.load(r1, r5, 8),
    shiftLeft.imm(r1, 8),
    or.reg(r4, r1),
    byte.load(r1, r5, 9),
    or.reg(r4, r1),
    word.store(r7, at(words.nw), r4),
    jumpAnySet.imm(r4, FRAGMENT_LATER, ends.known),
    add.reg(r8, r2),
    jump("parse transport"),
  ];
}

/** As `readIpv4`. */
function readIpv6({ at, words, ends }: Parts): ProgramItem[] {
  return [
    label("parse ipv6"),
    ...need(40, ends),
    mov.reg(r4, r9),
    sub.reg(r4, r2),
    ...load16(r3, r5, 4),
    jumpGreater.reg(r3, r4, ends.other),
    mov.reg(r9, r2),
    add.reg(r9, r3),
    ...Array.from({ length: 8 }, (_, i) => copyWord(r5, 8 + 4 * i, at(words.ipv6Src + i))).flat(),
    word.load(r4, r5, 0),
    toBigEndian(r4, 32),
    mov.reg(r1, r4),
    and.imm(r1, 0xfffff),
    word.store(r7, at(words.ipv6Label), r1),
    shiftRight.imm(r4, 20),
    and.imm(r4, 0xff),
    shiftLeft.imm(r4, 16),
    byte.load(r1, r5, 7),
    shiftLeft.imm(r1, 8),
    or.reg(r4, r1),
    byte.load(r1, r5, 6),
    add.imm(r8, 40),
    ...Array.from({ length: MAX_EXTENSIONS }, (_, i) => readExtension(i, ends)).flat(),
    ...[0, FRAGMENT, AUTHENTICATION, 60].map((kind) => jumpEqual.imm(r1, kind, ends.other)),
    label("parse ipv6 end"),
    jumpEqual.imm(r1, ROUTING, ends.other),
    or.reg(r4, r1),
    word.store(r7, at(words.nw), r4),
    jumpAnySet.imm(r4, FRAGMENT_LATER, ends.known),
    jump("parse transport"),
  ];
}

/** One extension header at r8, of kind r1; r1 becomes the next one's kind, r4 gathers the fragment bits. */
function readExtension(n: number, ends: ParseEnds): ProgramItem[] {
  const name = (part: string): string => `parse extension ${n} ${part}`;
  return [
    jumpEqual.imm(r1, FRAGMENT, name("there")),
    jumpEqual.imm(r1, AUTHENTICATION, name("there")),
    jumpEqual.imm(r1, 0, name("there")),
    jumpNotEqual.imm(r1, 60, "parse ipv6 end"),
    label(name("there")),
    ...need(8, ends),
    jumpGreater.imm(r8, LOOKED_AT - ROOM, ends.other),
    mov.reg(r5, r7),
    add.reg(r5, r8),
    byte.load(r3, r5, 1),
    jumpEqual.imm(r1, FRAGMENT, name("fragment")),
    jumpEqual.imm(r1, AUTHENTICATION, name("authentication")),
    add.imm(r3, 1),
    shiftLeft.imm(r3, 3),
    jump(name("skip")),
    label(name("authentication")),
    add.imm(r3, 2),
    shiftLeft.imm(r3, 2),
    jump(name("skip")),
    label(name("fragment")),
    mov.imm(r3, 8),
    ...load16(r2, r5, 2),
    jumpEqual.imm(r2, 0, name("skip")),
    or.imm(r4, FRAGMENT_ANY),
    and.imm(r2, 0xfff8),
    jumpEqual.imm(r2, 0, name("skip")),
    or.imm(r4, FRAGMENT_LATER),
    // What a later fragment goes on with is not the header its next-header field names: r1 stays.
    jump("parse ipv6 end"),
    label(name("skip")),
    add.reg(r8, r3),
    jumpGreater.reg(r8, r9, ends.other),
    byte.load(r1, r5, 0),
  ];
}

/** The header at r8 of protocol r1, before r9. */
function readTransport({ at, words, ends }: Parts): ProgramItem[] {
  const ports = [...copyWord(r5, 0, at(words.tp))];
  const kind = [
    byte.load(r1, r5, 0),
    mov.reg(r3, r1),
    shiftLeft.imm(r1, 16),
    byte.load(r2, r5, 1),
    or.reg(r1, r2),
    word.store(r7, at(words.tp), r1),
  ];
  return [
    label("parse transport"),
    jumpGreater.imm(r8, LOOKED_AT - ROOM, ends.other),
    word.store(r7, scratch.transport, r8),
    mov.reg(r5, r7),
    add.reg(r5, r8),
    jumpEqual.imm(r1, 6, "parse tcp"),
    jumpEqual.imm(r1, 17, "parse udp"),
    jumpEqual.imm(r1, 132, "parse sctp"),
    jumpEqual.imm(r1, 1, "parse icmp"),
    jumpEqual.imm(r1, 58, "parse icmpv6"),
    jumpEqual.imm(r1, 2, ends.other),
    jump(ends.known),
    label("parse tcp"),
    ...need(20, ends),
    byte.load(r3, r5, 12),
    shiftRight.imm(r3, 4),
    shiftLeft.imm(r3, 2),
    jumpLess.imm(r3, 20, ends.other),
    add.reg(r3, r8),
    jumpGreater.reg(r3, r9, ends.other),
    ...ports,
    ...load16(r1, r5, 12),
    and.imm(r1, 0xfff),
    word.store(r7, at(words.l4), r1),
    jump(ends.known),
    label("parse udp"),
    ...need(8, ends),
    ...ports,
    jump(ends.known),
    label("parse sctp"),
    ...need(12, ends),
    ...ports,
    jump(ends.known),
    label("parse icmp"),
    ...need(8, ends),
    ...kind,
    jump(ends.known),
    label("parse icmpv6"),
    ...need(8, ends),
    ...kind,
    jumpNotEqual.imm(r2, 0, ends.known),
    jumpEqual.imm(r3, SOLICIT, "parse neighbour"),
    jumpNotEqual.imm(r3, ADVERT, ends.known),
    ...readNeighbour({ at, words, ends }),
  ];
}

/** The neighbour message at r5, r8 being its place; with one option at the most, as they nearly all are. */
function readNeighbour({ at, words, ends }: Parts): ProgramItem[] {
  return [
    label("parse neighbour"),
    ...need(OPTION, ends),
    ...copyWord(r5, 4, at(words.igmpGroup)),
    ...[0, 1, 2, 3].flatMap((i) => copyWord(r5, 8 + 4 * i, at(words.ndTarget + i))),
    mov.reg(r2, r8),
    add.imm(r2, OPTION + 8),
    jumpGreater.reg(r2, r9, ends.known),
    add.imm(r2, 8),
    jumpLessOrEqual.reg(r2, r9, ends.other),
    byte.load(r1, r5, OPTION + 1),
    jumpNotEqual.imm(r1, 1, ends.other),
    byte.load(r3, r5, OPTION),
    jumpEqual.imm(r3, SOURCE_ADDRESS, "parse source"),
    jumpNotEqual.imm(r3, TARGET_ADDRESS, ends.known),
    ...load16(r2, r5, OPTION + 2),
    word.store(r7, at(words.arpHw + 1), r2),
    ...copyWord(r5, OPTION + 4, at(words.arpHw + 2)),
    jump("parse option"),
    label("parse source"),
    ...copyWord(r5, OPTION + 2, at(words.arpHw)),
    ...load16(r2, r5, OPTION + 6),
    shiftLeft.imm(r2, 16),
    word.store(r7, at(words.arpHw + 1), r2),
    label("parse option"),
    shiftLeft.imm(r3, 16),
    word.store(r7, at(words.l4), r3),
    jump(ends.known),
  ];
}
