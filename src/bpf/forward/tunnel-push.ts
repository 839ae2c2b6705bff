import { add, and, mov, mul, shiftRight, sub, toBigEndian, xor } from "../alu.js";
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
import { double, half, loadImm64, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "../registers.js";
import { scratch } from "./layout.js";
import type { KeyWords } from "./parse.js";
import { changeProtocol } from "./protocol-of.js";
import { skb } from "./skb.js";
import { STACK_FREE } from "./stack.js";
import { goOnward } from "./tail-call.js";
import { connectionHash } from "./tunnel-hash.js";
import { MAX_PUSHED, TunnelUnder, tunnelPush } from "./tunnel-layout.js";

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
/** The Ethernet types of IP as a program reads them of the packet. */
const IPV4_TYPE = 0x0008;
const IPV6_TYPE = 0xdd86;

/** Where adjust_room makes room: behind the Ethernet header. */
const ROOM_MAC = 1;
/** BPF_F_ADJ_ROOM_*: segments stay as long as they are; what is inside has an Ethernet header, of this length. */
const ROOM_FLAGS = (BigInt(ETHERNET) << 56n) | 0x41n;
const ROOM_IPV4 = 2;
const ROOM_IPV6 = 4;
const ROOM_GRE = 8;
const ROOM_UDP = 16;
/** BPF_F_RECOMPUTE_CSUM */
const RECOMPUTE = 1;

/** Source ports of tunnels over UDP: so many, from this one on. */
const FIRST_PORT = 32768;
const PORTS = 61000 - 32768;

const TAG = 4;
/** Tags that a packet has at most. */
const MOST_TAGS = 4;
/** Where an Ethernet header has its type. */
const TYPE = 12;

/** Places on the stack: the inner Ethernet header, how long it is, its tags. */
const INNER = STACK_FREE - 32;
const SIZE = INNER - 8;
const TAGS = SIZE - 16;
/** UDP's source port; the outer Ethernet type. */
const PORT = TAGS - 8;
const KIND = PORT - 8;
/** The part of the header that is not the same for every packet, and what is behind it up to a multiple of 8: IPv6 and UDP with eight bytes more. */
const VARYING = 72;
const HEADER = KIND - VARYING;

/**
 * The part that puts a tunnel's header in front of a packet, as the operation r8 says. A large segment stays one: that it can be one in a tunnel has been made sure of
 * (`tunnel-large.ts`).
 */
export function pushTunnel(words: KeyWords): ProgramItem[] {
  return [
    half.load(r9, r8, tunnelPush.size),
    jumpGreater.imm(r9, MAX_PUSHED, "forward lost"),
    jumpLessOrEqual.imm(r9, ETHERNET, "forward lost"),
    ...choosePort(words),
    ...takeInner(),
    ...makeRoom(),
    ...fillIn(),
    ...store(),
    half.load(r1, r8, tunnelPush.units),
    word.load(r2, r7, scratch.operation),
    add.reg(r2, r1),
    word.store(r7, scratch.operation, r2),
    word.load(r2, r7, scratch.left),
    jumpGreater.reg(r1, r2, "forward lost"),
    sub.reg(r2, r1),
    word.store(r7, scratch.left, r2),
    ...goOnward(),
  ];
}

/** Takes the tags off that the packet has, and writes the inner Ethernet header down with them. */
function takeInner(): ProgramItem[] {
  const takeTag = (at: number): ProgramItem[] => [
    word.load(r1, r6, skb.vlanPresent),
    jumpEqual.imm(r1, 0, "push tags"),
    word.load(r1, r6, skb.vlanProto),
    half.store(r10, TAGS + at, r1),
    word.load(r1, r6, skb.vlanTci),
    toBigEndian(r1, 16),
    half.store(r10, TAGS + at + 2, r1),
    mov.reg(r1, r6),
    callHelper(helper.skbVlanPop),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    double.storeImm(r10, SIZE, ETHERNET + at + TAG),
  ];
  const putTag = (at: number): ProgramItem[] => [
    half.load(r1, r10, INNER + TYPE + at),
    half.store(r10, INNER + TYPE + at + TAG, r1),
    word.load(r1, r10, TAGS + at),
    word.store(r10, INNER + TYPE + at, r1),
  ];
  return [
    double.storeImm(r10, SIZE, ETHERNET),
    ...Array.from({ length: MOST_TAGS }, (_, i) => takeTag(i * TAG)).flat(),
    word.load(r1, r6, skb.vlanPresent),
    jumpNotEqual.imm(r1, 0, "forward lost"),
    label("push tags"),
    mov.reg(r1, r6),
    mov.imm(r2, 0),
    mov.reg(r3, r10),
    add.imm(r3, INNER),
    mov.imm(r4, ETHERNET),
    callHelper(helper.skbLoadBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    double.load(r2, r10, SIZE),
    ...Array.from({ length: MOST_TAGS }, (_, i) => [
      jumpEqual.imm(r2, ETHERNET + i * TAG, "push inner"),
      ...putTag(i * TAG),
    ]).flat(),
    label("push inner"),
  ];
}

/**
 * Makes room for r9 bytes in front of the packet, and writes the inner Ethernet header behind them. The kernel knows of the tunnel where IP is in it and it is the only one; else this is but a packet
 * of the outer kind.
 */
function makeRoom(): ProgramItem[] {
  const adjustRoom = [
    mov.reg(r1, r6),
    // There is an Ethernet header already: tags come beside it.
    mov.reg(r2, r9),
    double.load(r3, r10, SIZE),
    add.reg(r2, r3),
    sub.imm(r2, ETHERNET),
    mov.imm(r3, ROOM_MAC),
    callHelper(helper.skbAdjustRoom),
  ];
  return [
    word.load(r1, r6, skb.protocol),
    jumpEqual.imm(r1, IPV4_TYPE, "push ip"),
    jumpNotEqual.imm(r1, IPV6_TYPE, "push any"),
    label("push ip"),
    ...roomFlags(r4),
    ...adjustRoom,
    jumpEqual.imm(r0, 0, "push made room"),
    word.load(r1, r6, skb.gsoSize),
    jumpNotEqual.imm(r1, 0, "forward lost"),
    label("push any"),
    half.load(r1, r8, tunnelPush.header + TYPE),
    half.store(r10, KIND, r1),
    ...changeProtocol(KIND),
    mov.imm(r4, 0),
    ...adjustRoom,
    jumpNotEqual.imm(r0, 0, "forward lost"),
    label("push made room"),
    mov.reg(r1, r6),
    mov.reg(r2, r9),
    mov.reg(r3, r10),
    add.imm(r3, INNER),
    double.load(r4, r10, SIZE),
    mov.imm(r5, RECOMPUTE),
    callHelper(helper.skbStoreBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
  ];
}

function roomFlags(to: Register): ProgramItem[] {
  return [
    half.load(r1, r8, tunnelPush.under),
    loadImm64(to, ROOM_FLAGS | BigInt(ROOM_IPV4 | ROOM_GRE)),
    jumpAnySet.imm(r1, TunnelUnder.ipv6, "room ipv6"),
    jump("room under"),
    label("room ipv6"),
    xor.imm(to, ROOM_IPV4 | ROOM_IPV6),
    label("room under"),
    and.imm(r1, TunnelUnder.udp),
    jumpEqual.imm(r1, 0, "room gre"),
    xor.imm(to, ROOM_GRE | ROOM_UDP),
    label("room gre"),
  ];
}

/** The source port that UDP will have is written down. */
function choosePort(words: KeyWords): ProgramItem[] {
  return [
    half.load(r1, r8, tunnelPush.under),
    and.imm(r1, TunnelUnder.udp),
    jumpEqual.imm(r1, 0, "push portless"),
    ...connectionHash(words),
    mul.imm(r0, PORTS),
    shiftRight.imm(r0, 32),
    add.imm(r0, FIRST_PORT),
    toBigEndian(r0, 16),
    double.store(r10, PORT, r0),
    label("push portless"),
  ];
}

/** Copies the beginning of the header to the stack, and writes lengths, IPv4's checksum and UDP's source port to it. */
function fillIn(): ProgramItem[] {
  const put16 = (at: number): ProgramItem[] => [toBigEndian(r1, 16), half.store(r10, HEADER + at, r1)];
  const length = (without: number): ProgramItem[] => [word.load(r1, r6, skb.length), sub.imm(r1, without)];
  const fold = [mov.reg(r2, r1), shiftRight.imm(r2, 16), and.imm(r1, 0xffff), add.reg(r1, r2)];
  const udp = (at: number): ProgramItem[] => [
    half.load(r2, r8, tunnelPush.under),
    and.imm(r2, TunnelUnder.udp),
    jumpEqual.imm(r2, 0, "push store"),
    ...length(at),
    ...put16(at + 4),
    double.load(r1, r10, PORT),
    half.store(r10, HEADER + at, r1),
    jump("push store"),
  ];
  return [
    ...Array.from({ length: VARYING / 8 }, (_, i) => [
      double.load(r1, r8, tunnelPush.header + 8 * i),
      double.store(r10, HEADER + 8 * i, r1),
    ]).flat(),
    half.load(r1, r8, tunnelPush.under),
    jumpAnySet.imm(r1, TunnelUnder.ipv6, "push ipv6"),
    ...length(ETHERNET),
    mov.reg(r3, r1),
    half.load(r2, r8, tunnelPush.sum),
    add.reg(r1, r2),
    ...fold,
    ...fold,
    xor.imm(r1, 0xffff),
    ...put16(ETHERNET + 10),
    mov.reg(r1, r3),
    ...put16(ETHERNET + 2),
    ...udp(ETHERNET + IPV4),
    label("push ipv6"),
    ...length(ETHERNET + IPV6),
    ...put16(ETHERNET + 4),
    ...udp(ETHERNET + IPV6),
  ];
}

/** The header goes where there is room for it. */
function store(): ProgramItem[] {
  const storeBytes = (from: ProgramItem[], place: number, flags: ProgramItem): ProgramItem[] => [
    mov.reg(r1, r6),
    mov.imm(r2, place),
    ...from,
    flags,
    callHelper(helper.skbStoreBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
  ];
  const onStack = (at: number): ProgramItem[] => [mov.reg(r3, r10), add.imm(r3, at)];
  const follows = mov.imm(r5, RECOMPUTE);
  return [
    label("push store"),
    // The sum is of what lies behind the Ethernet header.
    ...storeBytes([...onStack(HEADER), mov.imm(r4, ETHERNET)], 0, mov.imm(r5, 0)),
    ...storeBytes(
      [
        ...onStack(HEADER + ETHERNET),
        mov.reg(r4, r9),
        jumpLess.imm(r4, VARYING, "push all"),
        mov.imm(r4, VARYING),
        label("push all"),
        sub.imm(r4, ETHERNET),
      ],
      ETHERNET,
      follows,
    ),
    jumpLessOrEqual.imm(r9, VARYING, "push stored"),
    ...storeBytes(
      [mov.reg(r3, r8), add.imm(r3, tunnelPush.header + VARYING), mov.reg(r4, r9), sub.imm(r4, VARYING)],
      VARYING,
      follows,
    ),
    label("push stored"),
  ];
}
